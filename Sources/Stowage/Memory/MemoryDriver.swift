internal import Synchronization

/// Keeps a store in memory for as long as the driver lives: the reference model of the contract.
public final class MemoryDriver: StorageDriver {
    /// In this process.
    public let location = StorageLocation(backend: "memory", description: "memory")
    /// All but what needs a disk, an engine or a second process.
    public let capabilities = Capabilities([.transactions, .nestedTransactions, .readOnlyAccess])

    private let image = Mutex(StoreImage<Row>())
    /// The collections of the store; nil before it is made.
    private let collections = Mutex<[CollectionSchema]?>(nil)
    private let writers = AsyncGate(1)

    /// An empty store.
    public init() {}

    /// Remembers the collections. A read-only opening finds a store only when it was opened for writing before.
    public func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {
        try self.collections.withLock { known in
            if access == .readOnly, known == nil {
                throw StorageError(.notFound, "there is no store in memory", advice: "Open it for writing first")
            }
            for collection in collections {
                guard let other = known?.first(where: { $0.isNamed(collection.name) }) else {
                    known = (known ?? []) + [collection]
                    continue
                }
                // Rows are kept by position: another shape would read one field as another.
                if !other.hasSameShape(as: collection) {
                    throw StorageError(.schemaMismatch, "the collection in memory has other fields")
                        .inCollection(collection.name).inField(other.firstDifference(to: collection))
                }
            }
        }
    }

    /// Keeps the records: the driver may be opened again.
    public func close() async throws {}

    /// One writer at a time; any number of readers, each with a snapshot.
    public func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        guard mode == .readWrite else {
            return ImageTransaction(snapshot, keep: { _ in }, leave: {})
        }
        try await writers.acquire(until: context.deadline, waitingFor: "another transaction to end")
        return ImageTransaction(
            snapshot,
            keep: { [self] transaction in image.withLock { $0 = transaction.current } },
            leave: { [writers] in writers.release() }
        )
    }

    /// Reads from the latest image.
    public func get(
        _ keys: [Key],
        in collection: CollectionSchema,
        includingUnknown: Bool,
        context: OperationContext,
        rows: @escaping RowHandler
    ) async throws {
        let image = snapshot
        for key in keys { if let row = try image.entry(key, in: collection) { try rows(row) } }
    }

    /// Memory is always well.
    public func health(context: OperationContext) async throws -> StorageHealth {
        StorageHealth(backendVersion: "memory")
    }

    private var snapshot: StoreImage<Row> { image.withLock { $0 } }
}
