import Stowage
import Synchronization

/// A driver whose engine others write to before each page that is read, so that a test needs no luck to have writers
/// beside a reader.
final class InterleavingDriver: StorageDriver {
    private let base: any StorageDriver
    private let writer: @Sendable (_ turn: Int) async throws -> Void
    private let count = Atomic(0)

    init(_ base: any StorageDriver, writer: @escaping @Sendable (_ turn: Int) async throws -> Void) {
        self.base = base
        self.writer = writer
    }

    var location: StorageLocation { base.location }
    var capabilities: Capabilities { base.capabilities }
    /// How often others had their turn.
    var turns: Int { count.load(ordering: .relaxed) }

    func write() async throws { try await writer(count.add(1, ordering: .relaxed).newValue) }

    func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {
        try await base.open(collections, access: access, context: context)
    }
    func close() async throws {}
    func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        InterleavingTransaction(try await base.begin(mode, context: context), self)
    }
}

private final class InterleavingTransaction: DriverTransaction {
    private let base: any DriverTransaction
    private let driver: InterleavingDriver

    init(_ base: any DriverTransaction, _ driver: InterleavingDriver) {
        self.base = base
        self.driver = driver
    }

    func get(
        _ keys: [Key],
        in collection: CollectionSchema,
        includingUnknown: Bool,
        rows: @escaping RowHandler
    ) async throws {
        try await base.get(keys, in: collection, includingUnknown: includingUnknown, rows: rows)
    }
    func cursor(_ query: DriverQuery, in collection: CollectionSchema) async throws -> any DriverCursor {
        InterleavingCursor(try await base.cursor(query, in: collection), driver)
    }
    func count(_ predicate: QueryPredicate, in collection: CollectionSchema) async throws -> Int {
        try await driver.write()
        return try await base.count(predicate, in: collection)
    }
    func write(_ batch: WriteBatch) async throws -> [MutationOutcome] { try await base.write(batch) }
    func savepoint() async throws { try await base.savepoint() }
    func releaseSavepoint() async throws { try await base.releaseSavepoint() }
    func rollBackToSavepoint() async throws { try await base.rollBackToSavepoint() }
    func commit() async throws { try await base.commit() }
    func rollBack() async { await base.rollBack() }
}

private final class InterleavingCursor: DriverCursor {
    private let base: any DriverCursor
    private let driver: InterleavingDriver

    init(_ base: any DriverCursor, _ driver: InterleavingDriver) {
        self.base = base
        self.driver = driver
    }

    func next(_ count: Int, until deadline: Deadline, rows: @escaping RowHandler) async throws -> Bool {
        try await driver.write()
        return try await base.next(count, until: deadline, rows: rows)
    }
    func close() async { await base.close() }
}
