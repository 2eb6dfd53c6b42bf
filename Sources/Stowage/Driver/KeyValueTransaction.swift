/// A transaction of the simplest driver: it puts, gets, deletes and scans.
///
/// The core evaluates queries with its ``Evaluator``, and turns mutations into gets, puts and deletes.
public protocol KeyValueTransaction: DriverTransaction {
    /// Where the core keeps what a savepoint may have to put back: `let undo = UndoJournal()`.
    var undo: UndoJournal { get }

    /// The thread that alone may use the transaction, for engines that bind one to the thread which began it.
    ///
    /// The core then calls the requirements below there, and hops once for a whole batch or scan. What it does not
    /// derive, such as ``DriverTransaction/commit()``, the author runs there by ``onThread(_:)``. Derived: nil, for an
    /// engine that answers on any thread and never waits.
    var thread: WorkerThread? { get }

    /// The record with this key, unknown members included; nil when absent.
    func row(_ key: Key, in collection: CollectionSchema) async throws -> Row?

    /// Stores a row whole under its key, over any that is there.
    func put(_ row: Row, in collection: CollectionSchema) async throws

    /// Removes the record with this key if it is there.
    func remove(_ key: Key, in collection: CollectionSchema) async throws

    /// Hands over all rows in any order, unknown members included; stops with the error that the handler throws.
    func scan(_ collection: CollectionSchema, rows: RowHandler) async throws

    /// The key of the record that holds these values in a unique index; nil when no record does.
    ///
    /// Derived by a scan: a driver for large collections with unique fields keeps an index and answers from it.
    func holder(of values: [Value], in index: IndexSchema, of collection: CollectionSchema) async throws -> Key?
}

extension KeyValueTransaction {
    /// None.
    public var thread: WorkerThread? { nil }

    /// Runs a part of the transaction on its ``thread``, or where it is called when there is none.
    public func onThread<T: Sendable>(_ body: @Sendable () async throws -> T) async throws -> T {
        guard let thread else { return try await body() }
        return try await ThreadTurn(thread).run(body)
    }
}

/// Lets a body run on a thread: as every actor does, with the thread as its executor.
private actor ThreadTurn {
    private nonisolated let thread: WorkerThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    private var isTaken = false

    init(_ thread: WorkerThread) { self.thread = thread }

    func run<T: Sendable>(_ body: @Sendable () async throws -> T) async throws -> T {
        // The actor's own state must be touched: Swift 6.3 leaves out the hop of a function that only calls on, and the
        // body, which runs where its caller runs, would then stay on the thread that it came from.
        isTaken = true
        return try await body()
    }
}
