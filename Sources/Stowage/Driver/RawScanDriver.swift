/// A stored record as a raw scan finds it.
public enum RawRecord: Sendable {
    /// A record whose every value has its field's type, and where it stands.
    case row(Row, place: StorageError.Place)
    /// A record that cannot be read: the error names it, its field and its place as far as they can be told.
    case damaged(StorageError)
}

/// A driver that can go through a damaged collection, so that all of its damage is found at once and not the first alone.
///
/// Optional. Without it, what a cursor's row handler can read is all there is; a store that refuses to open because of
/// one record needs this. A driver that offers it declares ``Capabilities/Feature/rawScan``.
public protocol RawScanDriver: StorageDriver {
    /// Hands over every stored record of a collection, in any order, those that are damaged in their place. One with
    /// several faults is handed over once for each. A value that a cursor would round (VAL-5) is a fault too.
    ///
    /// The store need not be open, and is only read; nothing is created, repaired or left out.
    ///
    /// - Throws: `notFound` when there is no store; `corrupt` when records cannot be told apart at all.
    func rawScan(
        _ collection: CollectionSchema,
        context: OperationContext,
        records: @escaping @Sendable (RawRecord) throws -> Void
    ) async throws

    /// Whether what a cursor hands over is all that is stored, to the last digit: false when reading rounds a value
    /// (VAL-5), which a raw scan then names. Derived: true.
    func readsExactly(_ collection: CollectionSchema, context: OperationContext) async throws -> Bool
}

extension RawScanDriver {
    /// True: nothing is rounded.
    public func readsExactly(_ collection: CollectionSchema, context: OperationContext) async throws -> Bool { true }
}
