import Stowage
import Synchronization

/// A third party's adapter, the least that an author writes: rows in a dictionary, one writer at a time.
final class ShelfDriver: StorageDriver {
    typealias Tables = [ByteText: [Key: Row]]
    let location = StorageLocation(backend: "shelf", description: "a shelf")
    let capabilities = Capabilities([.transactions, .nestedTransactions, .readOnlyAccess])
    private let store = Mutex<(version: Int, tables: Tables)>((0, [:]))
    private let isMade = Mutex(false)

    func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {
        try isMade.withLock { isMade in
            if access == .readOnly, !isMade { throw StorageError(.notFound, "there is no shelf") }
            isMade = true
        }
    }
    func close() async throws {}
    func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        ShelfTransaction(self, store.withLock { $0 })
    }

    func keep(_ mine: (version: Int, tables: Tables)) throws {
        try store.withLock { store in
            guard store.version == mine.version else { throw StorageError(.conflict, "another writer came first") }
            store = (mine.version + 1, mine.tables)
        }
    }
}

final class ShelfTransaction: KeyValueTransaction {
    let undo = UndoJournal()
    private let driver: ShelfDriver
    private let work: Mutex<(version: Int, tables: ShelfDriver.Tables)>

    init(_ driver: ShelfDriver, _ store: (version: Int, tables: ShelfDriver.Tables)) {
        self.driver = driver
        work = Mutex(store)
    }
    func row(_ key: Key, in collection: CollectionSchema) async throws -> Row? {
        work.withLock { $0.tables[ByteText(collection.name)]?[key] }
    }
    func put(_ row: Row, in collection: CollectionSchema) async throws {
        let key = collection.key(of: row.values)
        work.withLock { $0.tables[ByteText(collection.name), default: [:]][key] = row }
    }
    func remove(_ key: Key, in collection: CollectionSchema) async throws {
        work.withLock { $0.tables[ByteText(collection.name)]?[key] = nil }
    }
    func scan(_ collection: CollectionSchema, rows: RowHandler) async throws {
        for row in work.withLock({ $0.tables[ByteText(collection.name)] ?? [:] }).values { try rows(row) }
    }
    func commit() async throws { try driver.keep(work.withLock { $0 }) }
    func rollBack() async {}
}

/// A list that a row handler fills.
final class Collected: Sendable {
    private let rows = Mutex<[Row]>([])
    func append(_ row: Row) { rows.withLock { $0.append(row) } }
    var all: [Row] { rows.withLock { $0 } }
}
