#if SQLite
public import Stowage
internal import StowageSQL
internal import Synchronization

/// Keeps collections in one SQLite file.
///
/// ```swift
/// let driver = SqliteDriver(path: "/var/lib/app/sessions.db")
/// ```
///
/// The file is in WAL mode: readers and the one writer do not block each other, in this process and in others. Single
/// lookups run on the caller's thread; everything that could wait for a lock or the disk has a thread of its own.
/// Writes that come at once share one commit. The database is an ordinary one: every SQLite tool reads it.
public final class SqliteDriver: StorageDriver {
    /// How a file is used.
    public struct Options: Sendable {
        /// How many connections read at once. They are opened when needed.
        public var readers: Int
        /// The length of the write-ahead log, in pages of 4 KB, from which on it is copied into the file.
        public var checkpointPages: Int

        /// Makes options.
        public init(readers: Int = 4, checkpointPages: Int = 1000) {
            self.readers = max(1, readers)
            self.checkpointPages = max(1, checkpointPages)
        }
    }

    /// The file, by its absolute path.
    public let location: StorageLocation
    /// All that the contract names.
    public let capabilities = Capabilities(
        [
            .transactions, .nestedTransactions, .durability, .multipleProcesses, .readOnlyAccess, .indexes, .plan,
            .schemaMigrations, .staging, .rawScan, .retirement,
        ],
        maximumRecordBytes: 1_000_000_000
    )

    let path: String
    let options: Options
    let thread = WorkerThread(name: "stowage-sqlite")
    /// One opening or closing at a time.
    let opening = AsyncGate(1)
    private let state = Mutex(State())

    private struct State {
        var store: SQLiteStore?
        var tables: [SQLiteTable] = []
        var isClosed = false
    }

    /// Names a file; nothing is touched before ``open(_:access:context:)``.
    ///
    /// - Parameter path: A path, already free of `~`. Folders and the file are made when they are absent.
    public init(path: String, options: Options = Options()) {
        self.path = SQLiteFile.absolute(path)
        self.options = options
        location = StorageLocation(backend: "sqlite", description: self.path)
    }

    // MARK: State

    /// The open store and the table of a collection.
    ///
    /// - Parameter isRunning: Whether the caller has a transaction, for whose end a closing waits.
    func opened(_ collection: CollectionSchema, isRunning: Bool = false) throws -> (SQLiteStore, SQLiteTable) {
        try state.withLock { state in
            if state.isClosed, !isRunning { throw Self.closed }
            guard let store = state.store else { throw Self.notOpen }
            for table in state.tables where table.describes(collection) { return (store, table) }
            throw StorageError(.invalidArgument, "the collection was not opened").inCollection(collection.name)
        }
    }

    /// The open store.
    func openedStore() throws -> SQLiteStore {
        try state.withLock { state in
            if state.isClosed { throw Self.closed }
            guard let store = state.store else { throw Self.notOpen }
            return store
        }
    }

    static var closed: StorageError { StorageError(.closed, "the storage was closed") }
    private static var notOpen: StorageError { StorageError(.invalidArgument, "the storage was not opened") }

    /// Whether it is open, and which collections are not known yet.
    func missing(of collections: [CollectionSchema]) throws -> (store: SQLiteStore?, collections: [CollectionSchema]) {
        try state.withLock { state in
            if state.isClosed { throw Self.closed }
            return (state.store, collections.filter { wanted in !state.tables.contains { $0.describes(wanted) } })
        }
    }

    /// Whether any collection is open.
    var hasTables: Bool { state.withLock { !$0.tables.isEmpty } }

    func keep(_ store: SQLiteStore) { state.withLock { $0.store = store } }

    func keep(_ tables: [SQLTable]) throws {
        try state.withLock { state in
            for table in tables {
                let number = state.tables.reduce(0) { $0 + $1.numberCount }
                state.tables.append(try SQLiteTable(table, firstNumber: number))
            }
        }
    }

    /// Waits for what runs, checkpoints, and closes the file. Later calls throw `closed`.
    public func close() async throws {
        await withCheckedContinuation { continuation in opening.whenAcquired { continuation.resume() } }
        defer { opening.release() }
        let store = state.withLock { state in
            state.isClosed = true
            return state.store
        }
        guard let store else { return }
        await store.readers.close()
        await store.writer?.close()
        state.withLock { state in
            state.tables = []
            state.store = nil
        }
    }
}
#endif
