import ConformanceKit
import Stowage
import Synchronization

/// A store whose transactions are kept apart as far as it is told: from serializable down to not at all.
struct LooseDriver: StorageDriver {
    enum Isolation: String, Sendable, CaseIterable {
        /// Writers are refused when anything was committed since they began.
        case serializable
        /// Writers are refused when what they write was committed since: write skew.
        case snapshot
        /// Writers are never refused: lost updates.
        case lastWriterWins
        /// Writes are seen before they are committed: dirty reads.
        case none
        /// Every other handle reads what was true one commit ago.
        case stale
    }

    typealias Rows = [String: [Key: Row]]

    /// What the handles share.
    final class Store: Sendable {
        let state = Mutex(State())
        struct State {
            var rows: Rows = [:]
            var before: Rows = [:]
            var version = 0
            var written: [Key: Int] = [:]
            var handles = 0
        }
    }

    let store: Store
    let isolation: Isolation
    /// Whether it is one of the handles that lag behind.
    let lags: Bool

    init(_ store: Store, _ isolation: Isolation) {
        self.store = store
        self.isolation = isolation
        let number = store.state.withLock { state in
            state.handles += 1
            return state.handles
        }
        // The kit's first handle only asks for the capabilities.
        lags = isolation == .stale && number % 2 == 1
    }

    let location = StorageLocation(backend: "loose", description: "memory")
    let capabilities = Capabilities([.transactions, .nestedTransactions])
    func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {}
    func close() async throws {}
    func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        LooseTransaction(self, isReadOnly: mode == .readOnly)
    }
}

private final class LooseTransaction: KeyValueTransaction {
    let undo = UndoJournal()
    private let driver: LooseDriver
    private let work: Mutex<(rows: LooseDriver.Rows, version: Int, written: [Key: String], before: [Key: Row?])>

    init(_ driver: LooseDriver, isReadOnly: Bool) {
        self.driver = driver
        let start = driver.store.state.withLock { state in
            (isReadOnly && driver.lags ? state.before : state.rows, state.version)
        }
        work = Mutex((start.0, start.1, [:], [:]))
    }

    private var isShared: Bool { driver.isolation == .none }

    func row(_ key: Key, in collection: CollectionSchema) async throws -> Row? {
        if isShared { return driver.store.state.withLock { $0.rows[collection.name]?[key] } }
        return work.withLock { $0.rows[collection.name]?[key] }
    }

    func put(_ row: Row, in collection: CollectionSchema) async throws {
        change(collection.key(of: row.values), to: row, in: collection)
    }

    func remove(_ key: Key, in collection: CollectionSchema) async throws { change(key, to: nil, in: collection) }

    private func change(_ key: Key, to row: Row?, in collection: CollectionSchema) {
        work.withLock { work in
            work.written[key] = collection.name
            work.rows[collection.name, default: [:]][key] = row
            guard isShared else { return }
            driver.store.state.withLock { state in
                if work.before[key] == nil { work.before[key] = .some(state.rows[collection.name]?[key]) }
                state.rows[collection.name, default: [:]][key] = row
            }
        }
    }

    func scan(_ collection: CollectionSchema, rows handler: RowHandler) async throws {
        let rows =
            isShared
            ? driver.store.state.withLock { $0.rows[collection.name] } : work.withLock { $0.rows[collection.name] }
        for row in (rows ?? [:]).values { try handler(row) }
    }

    func commit() async throws {
        let (rows, version, written) = work.withLock { ($0.rows, $0.version, $0.written) }
        if written.isEmpty { return }
        try driver.store.state.withLock { state in
            switch driver.isolation {
            case .serializable, .stale:
                if state.version != version { throw StorageError(.conflict, "another writer came first") }
            case .snapshot:
                if written.keys.contains(where: { state.written[$0, default: 0] > version }) {
                    throw StorageError(.conflict, "another writer came first")
                }
            case .lastWriterWins, .none: break
            }
            state.version += 1
            state.before = state.rows
            for (key, collection) in written {
                state.rows[collection, default: [:]][key] = rows[collection]?[key]
                state.written[key] = state.version
            }
        }
    }

    func rollBack() async {
        guard isShared else { return }
        let (before, written) = work.withLock { ($0.before, $0.written) }
        driver.store.state.withLock { state in
            for (key, row) in before { if let collection = written[key] { state.rows[collection]?[key] = row } }
        }
    }
}

/// A harness over such a store.
final class LooseHarness: ConformanceHarness {
    let adapter: String
    let abilities: Set<HarnessAbility> = []
    private let isolation: LooseDriver.Isolation
    private let stores = Mutex<[HarnessLocation: LooseDriver.Store]>([:])

    init(_ isolation: LooseDriver.Isolation) {
        self.isolation = isolation
        adapter = "\(isolation)"
    }

    func open(at location: HarnessLocation, access: StorageAccess, options: StorageOptions) throws -> StorageDatabase {
        let store = stores.withLock { stores in
            let store = stores[location] ?? LooseDriver.Store()
            stores[location] = store
            return store
        }
        return StorageDatabase(driver: LooseDriver(store, isolation), access: access, options: options)
    }

    func destroy(_ location: HarnessLocation) async throws { stores.withLock { _ = $0.removeValue(forKey: location) } }
}
