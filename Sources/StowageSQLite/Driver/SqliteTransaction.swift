#if SQLite
public import Stowage
internal import StowageSQL
internal import Synchronization

extension SqliteDriver {
    /// Begins a transaction.
    ///
    /// For reading it is a snapshot on a reader of its own. For writing it takes the writer, first come first served,
    /// and the file's write lock at once (`BEGIN IMMEDIATE`): it is serializable and never has to be repeated.
    public func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        let store = try openedStore()
        let deadline = context.deadline
        switch mode {
        case .readOnly:
            let reader = try await store.readers.take(until: deadline)
            do {
                _ = try openedStore()
                try await SQLiteBusy.retrying(reader, until: deadline) { try reader.beginSnapshot() }
            } catch {
                store.readers.giveBack(reader)
                throw error
            }
            return SqliteTransaction(self, reader, writer: nil, context) { store.readers.giveBack(reader) }
        case .readWrite:
            guard let writer = store.writer else { throw Self.readOnly(path) }
            try await writer.gate.acquire(
                until: deadline,
                waitingFor: "the writer of \(self.path), held by a transaction of this program"
            )
            do {
                _ = try openedStore()
                try writer.checkUsable()
                let connection = writer.connection
                try await SQLiteBusy.retrying(connection, until: deadline) {
                    try connection.synchronous(context.durability)
                    try connection.execute("BEGIN IMMEDIATE")
                }
            } catch {
                writer.gate.release()
                throw error
            }
            return SqliteTransaction(self, writer.connection, writer: writer, context) { writer.gate.release() }
        }
    }
}

/// A transaction on one connection, which it has to itself until it ends.
final class SqliteTransaction: DriverTransaction {
    let driver: SqliteDriver
    let connection: SQLiteConnection
    let writer: SQLiteWriter?
    let context: OperationContext
    private let giveBack: @Sendable () -> Void
    private let state = Mutex(State())

    private struct State {
        var isOver = false
        var cursors: [SqliteCursor] = []
        /// Why SQLite gave the transaction up.
        var failure: StorageError?
    }

    init(
        _ driver: SqliteDriver,
        _ connection: SQLiteConnection,
        writer: SQLiteWriter?,
        _ context: OperationContext,
        giveBack: @escaping @Sendable () -> Void
    ) {
        self.driver = driver
        self.connection = connection
        self.writer = writer
        self.context = context
        self.giveBack = giveBack
    }

    deinit { end(checkpointing: false) }

    // MARK: Reads

    func get(
        _ keys: [Key],
        in collection: CollectionSchema,
        includingUnknown: Bool,
        rows: @escaping RowHandler
    )
        async throws
    {
        let (_, table) = try driver.opened(collection, isRunning: true)
        try run(table) {
            let table = try table.seen(by: connection)
            for key in keys { try connection.get(key, in: table, includingUnknown: includingUnknown, rows: rows) }
        }
    }

    func cursor(_ query: DriverQuery, in collection: CollectionSchema) async throws -> any DriverCursor {
        let (_, table) = try driver.opened(collection, isRunning: true)
        return try run(table) {
            let table = try table.seen(by: connection)
            let sql = try table.reads.select(query)
            let statement = try connection.take(sql.text)
            do { try statement.bind(sql.parameters) } catch {
                connection.giveBack(statement)
                throw error
            }
            let row = SQLiteRow(statement, of: table.table, includingUnknown: query.includesUnknown)
            let cursor = SqliteCursor(statement, row, table, connection, self)
            state.withLock { $0.cursors.append(cursor) }
            return cursor
        }
    }

    func count(_ predicate: QueryPredicate, in collection: CollectionSchema) async throws -> Int {
        let (_, table) = try driver.opened(collection, isRunning: true)
        return try run(table) { try connection.count(predicate, in: table.seen(by: connection)) }
    }

    // MARK: Writes

    func write(_ batch: WriteBatch) async throws -> [MutationOutcome] {
        guard writer != nil else { throw StorageError(.readOnly, "the transaction is for reading only") }
        let (_, table) = try driver.opened(batch.collection, isRunning: true)
        if batch.mutations.isEmpty { return [] }
        guard batch.isLong else { return try run(table) { try apply(batch, table) } }
        return try await long(table) { [self] in try apply(batch, table) }
    }

    /// Runs long work on a thread of its own, which leaves Swift's threads to others.
    func long<Result: Sendable>(
        _ table: SQLiteTable,
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try context.deadline.check(waitingFor: "a transaction on \(driver.path)")
        let interrupt = SQLiteInterrupt()
        return try await driver.thread.run(
            deadline: context.deadline,
            waitingFor: "the writer's thread",
            onInterrupt: { interrupt.cancel() }
        ) { [self] in
            connection.interrupt = interrupt
            defer { connection.interrupt = nil }
            return try run(table, body)
        }
    }

    private func apply(_ batch: WriteBatch, _ table: SQLiteTable) throws -> [MutationOutcome] {
        try connection.with("SAVEPOINT stowage_write") { try $0.run() }
        do {
            let outcomes = try SQLiteMutator(connection, table, for: batch.collection).apply(batch)
            try connection.with("RELEASE stowage_write") { try $0.run() }
            return outcomes
        } catch {
            let error = connection.storageError(error)
            connection.deadline = nil
            connection.interrupt = nil
            if !connection.isIdle { try connection.execute("ROLLBACK TO stowage_write; RELEASE stowage_write") }
            throw error
        }
    }

    /// Runs SQL inside the transaction, and notices when SQLite gave the transaction up.
    ///
    /// - Parameter deadline: That of a cursor's page, which holds in place of the transaction's.
    func run<Result>(
        _ table: SQLiteTable?,
        until deadline: Deadline? = nil,
        _ body: () throws -> Result
    ) throws -> Result {
        let failure = try state.withLock { state in
            if state.isOver { throw StorageError(.invalidArgument, "the transaction has ended") }
            return state.failure
        }
        if let failure { throw failure }
        connection.deadline = deadline ?? context.deadline
        defer { connection.deadline = nil }
        if Task.isCancelled { throw StorageError.cancelledTask }
        do { return try body() } catch {
            let portable = table?.storageError(error, on: connection) ?? connection.storageError(error)
            if connection.isIdle, let portable = portable as? StorageError {
                state.withLock { $0.failure = portable }
            }
            throw portable
        }
    }

    // MARK: Savepoints

    func savepoint() async throws { try run(nil) { try connection.execute("SAVEPOINT stowage_nested") } }

    func releaseSavepoint() async throws { try run(nil) { try connection.execute("RELEASE stowage_nested") } }

    func rollBackToSavepoint() async throws {
        try unwinding { try connection.execute("ROLLBACK TO stowage_nested; RELEASE stowage_nested") }
    }

    /// Runs what undoes: also after a cancellation or past the deadline.
    private func unwinding(_ body: () throws -> Void) throws {
        if let failure = state.withLock({ $0.failure }) { throw failure }
        do { try body() } catch { throw connection.storageError(error) }
    }

    // MARK: End

    func commit() async throws {
        guard let writer else { return end(checkpointing: false) }
        do {
            if let failure = state.withLock({ $0.failure }) { throw failure }
            try await driver.thread.run(deadline: context.deadline, waitingFor: "the writer's thread") { [self] in
                closeCursors()
                do { try connection.execute("COMMIT") } catch {
                    writer.noteCommitFailure(error)
                    throw connection.storageError(error)
                }
            }
        } catch {
            end(checkpointing: false)
            throw error
        }
        end(checkpointing: true)
    }

    func rollBack() async { end(checkpointing: false) }

    private func closeCursors() {
        let cursors = state.withLock { state in
            defer { state.cursors = [] }
            return state.cursors
        }
        for cursor in cursors { cursor.end() }
    }

    /// A cursor has ended by itself.
    func forget(_ cursor: SqliteCursor) { state.withLock { state in state.cursors.removeAll { $0 === cursor } } }

    /// Rolls back what was not committed, and gives the connection back, once.
    private func end(checkpointing: Bool) {
        let isFirst = state.withLock { state in
            defer { state.isOver = true }
            return !state.isOver
        }
        guard isFirst else { return }
        closeCursors()
        connection.rollBack()
        guard checkpointing, let writer else { return giveBack() }
        writer.thread.enqueue { [giveBack] in
            writer.checkpointIfDue()
            giveBack()
        }
    }
}

extension WriteBatch {
    /// Whether applying it may take long enough to be worth a hop.
    fileprivate var isLong: Bool {
        mutations.count > 64
            || mutations.contains { mutation in
                switch mutation {
                case .updateAll, .deleteAll, .replaceAll: true
                default: false
                }
            }
    }
}
#endif
