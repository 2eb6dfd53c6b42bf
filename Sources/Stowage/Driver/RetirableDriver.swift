/// A driver whose whole store can be taken out of use, once its records have been moved elsewhere.
///
/// Optional, for stores that are one file. A driver that offers it declares ``Capabilities/Feature/retirement``.
public protocol RetirableDriver: StorageDriver {
    /// Where the store would stand afterwards.
    var retiredLocation: StorageLocation { get }

    /// Throws what would keep the store from being renamed, as far as it can be seen: before a move that is to end so.
    /// Nothing is changed, and the driver need not be open.
    ///
    /// - Throws: `alreadyExists` when something has the new name, `permission` or `readOnly` when the folder cannot be
    ///   written.
    func checkRetirement(context: OperationContext) async throws

    /// Renames the store, after a check, while no other program can write to it. The driver is closed afterwards.
    ///
    /// - Parameters:
    ///   - context: How long the wait for other programs may take.
    ///   - check: Reads the store as it is about to be renamed, and throws when it must stay.
    /// - Throws: `alreadyExists` when something has the new name, `conflict` when another program uses the store, and
    ///   what `check` throws; the store stays then.
    func retire(
        context: OperationContext,
        check: @escaping @Sendable (any DriverTransaction) async throws -> Void
    ) async throws
}

extension RetirableDriver {
    /// Finds nothing against it.
    public func checkRetirement(context: OperationContext) async throws {}
}
