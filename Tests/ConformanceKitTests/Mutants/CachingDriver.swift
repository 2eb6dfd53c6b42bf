import Stowage
import Synchronization

/// A driver that remembers what it read by key until it writes itself: other handles' writes are not seen (TXN-4).
final class CachingDriver: StorageDriver {
    private let base: any StorageDriver
    private let cache = Mutex<[Key: Row]>([:])

    init(_ base: any StorageDriver) { self.base = base }

    var location: StorageLocation { base.location }
    var capabilities: Capabilities { base.capabilities }
    func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {
        try await base.open(collections, access: access, context: context)
    }
    func close() async throws { try await base.close() }
    func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        try await base.begin(mode, context: context)
    }

    func get(
        _ keys: [Key],
        in collection: CollectionSchema,
        includingUnknown: Bool,
        context: OperationContext,
        rows: @escaping RowHandler
    ) async throws {
        for key in keys {
            if let row = cache.withLock({ $0[key] }) {
                try rows(row)
                continue
            }
            try await base.get([key], in: collection, includingUnknown: true, context: context) { [self] reader in
                let row = try reader.row(of: collection)
                cache.withLock { $0[key] = row }
                try rows(row)
            }
        }
    }

    func write(_ batch: WriteBatch, context: OperationContext) async throws -> [MutationOutcome] {
        cache.withLock { $0 = [:] }
        return try await base.write(batch, context: context)
    }
}
