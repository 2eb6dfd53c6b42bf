#if Postgres
internal import CLibPQ
internal import Stowage
internal import StowageSQL
internal import Synchronization

/// A transaction on one connection, which it has to itself until it ends.
///
/// Statements that answer nothing, `BEGIN` and savepoints among them, wait for the next one that does and travel with
/// it: a call costs one round trip.
final class PostgresTransaction: DriverTransaction {
    let driver: PostgresDriver
    let mode: TransactionMode
    let context: OperationContext
    private let pool: PostgresPool
    private let connection: PostgresConnection
    let state: Mutex<State>

    struct State {
        var pending: [PostgresStatement]
        /// How often what was pending has been sent.
        var flushes = 0
        var depth = 0
        /// The savepoint depths at which the open cursors were declared; the server closes them with their savepoints.
        var cursors: [Int: Int] = [:]
        var nextCursor = 0
        /// A failed statement that only a savepoint can take back.
        var aborted: StorageError?
        /// Why the transaction is lost.
        var failure: StorageError?
        var isOver = false
    }

    init(
        _ driver: PostgresDriver,
        _ pool: PostgresPool,
        _ connection: PostgresConnection,
        _ mode: TransactionMode,
        _ context: OperationContext
    ) {
        self.driver = driver
        self.mode = mode
        self.context = context
        self.pool = pool
        self.connection = connection
        let begin = mode == .readWrite ? PostgresSession.begin(context, byKey: true) : []
        state = Mutex(State(pending: begin))
    }

    deinit { end() }

    /// Takes the snapshot of a read.
    func beginSnapshot() async throws {
        if isSerializable {
            do {
                _ = try await connection.run(PostgresSession.beginSerializableRead, deadline: context.deadline)
                return
            } catch let error as StorageError where error.code == .unsupported {
                // A standby, which was asked for by name, has snapshots only.
            }
        }
        _ = try await connection.run(PostgresSession.beginSnapshot, deadline: context.deadline)
    }

    var isSerializable: Bool { context.isolation == .serializable }

    // MARK: Running statements

    /// Leaves statements that answer nothing to the next ones.
    func queue(_ statements: [PostgresStatement]) { state.withLock { $0.pending += statements } }

    /// Runs statements behind what is pending, in one round trip, and answers with their results.
    ///
    /// An error's batch index is the position of the statement that failed; it has none when it was another's.
    func run(
        _ statements: [PostgresStatement],
        commits: Bool = false,
        deadline: Deadline? = nil
    ) async throws -> [PostgresResult] {
        let deadline = deadline ?? context.deadline
        // What would not be sent must not take with it what is pending.
        for statement in statements { try statement.parameters.check() }
        try deadline.check(waitingFor: "a transaction on \(driver.location)")
        let pending = try state.withLock { state in
            try Self.check(state)
            defer { state.pending = [] }
            state.flushes += 1
            return state.pending
        }
        if pending.isEmpty, statements.isEmpty { return [] }
        do {
            let results = try await connection.run(pending + statements, commits: commits, deadline: deadline)
            return Array(results.dropFirst(pending.count))
        } catch let error as StorageError {
            let index = error.batchIndex.map { $0 - pending.count }.flatMap { $0 < 0 ? nil : $0 }
            fail(error.atIndex(nil), isLost: index == nil)
            throw error.atIndex(index)
        }
    }

    static func check(_ state: State) throws {
        if state.isOver { throw StorageError(.invalidArgument, "the transaction has ended") }
        if let failure = state.failure ?? state.aborted { throw failure }
    }

    /// Notes a failure: until a savepoint takes it back, nothing else runs, and nothing is committed (TXN-2).
    private func fail(_ error: StorageError, isLost: Bool) {
        let canGoBack = !isLost && error.leavesTransactionUsable && connection.transactionStatus == .failed
        state.withLock { state in
            if canGoBack { state.aborted = error } else { state.failure = state.failure ?? error }
        }
    }

    /// Runs a read; its errors name the collection.
    func reading<Answer>(_ table: PostgresTable, _ body: () async throws -> Answer) async throws -> Answer {
        do {
            return try await body()
        } catch let error as StorageError {
            throw error.atIndex(nil).inCollection(error.collection ?? table.schema.name)
        }
    }

    // MARK: Reads

    /// The table of a collection, looked for again when it was absent.
    func readable(_ collection: CollectionSchema) async throws -> PostgresTable {
        let table = try driver.opened(collection)
        guard table.table.isAbsent else { return table }
        return try await table.seen { look in try await run([look]).first }
    }

    func get(
        _ keys: [Key],
        in collection: CollectionSchema,
        includingUnknown: Bool,
        rows: @escaping RowHandler
    ) async throws {
        if keys.isEmpty { return }
        let table = try await readable(collection)
        try await reading(table) {
            let results = try await run([table.get(keys, includingUnknown: includingUnknown)])
            try results.first?.give(to: rows, table, includingUnknown: includingUnknown)
        }
    }

    func count(_ predicate: QueryPredicate, in collection: CollectionSchema) async throws -> Int {
        let table = try await readable(collection)
        return try await reading(table) {
            let sql = try table.reads.count(predicate)
            let results = try await run(scanning([PostgresStatement(sql.text, PostgresParameters(sql.parameters))]))
            guard let result = results.dropFirst(isSerializable ? 1 : 0).first else { return 0 }
            return Int(try result.row(0).int8(0))
        }
    }

    /// Lets the planner choose freely for statements that look for more than keys.
    func scanning(_ statements: [PostgresStatement]) -> [PostgresStatement] {
        isSerializable ? [PostgresSession.scansOn] + statements + [PostgresSession.scansOff] : statements
    }

    // MARK: Copy

    /// Loads rows in bulk.
    func copy(_ sql: String, producer: () async throws -> [UInt8]?) async throws {
        _ = try await run([])
        do {
            try await connection.copyIn(sql, deadline: context.deadline, producer: producer)
        } catch let error as StorageError {
            fail(error.atIndex(nil), isLost: false)
            throw error.atIndex(nil)
        }
    }

    // MARK: End

    func commit() async throws {
        // The reads of a serializable transaction count among the others only once it is committed.
        guard mode == .readWrite || isSerializable else { return end() }
        defer { end() }
        let hasBegun = try state.withLock { state in
            try Self.check(state)
            return state.flushes > 0
        }
        // Nothing was ever asked: there is nothing to commit.
        guard hasBegun else { return }
        do {
            let results = try await run([PostgresSession.commit], commits: mode == .readWrite)
            // The server answers the COMMIT of a failed transaction with a ROLLBACK, and no error.
            guard results.last?.commandTag == "COMMIT" else {
                throw StorageError(
                    .invalidArgument,
                    "a failed transaction was committed, and the server rolled it back"
                )
            }
        } catch let error as StorageError {
            throw error.atIndex(nil)
        }
    }

    func rollBack() async { end() }

    /// Gives the connection back, once; what is open on it is rolled back behind our back.
    private func end() {
        let isFirst = state.withLock { state in
            defer { state.isOver = true }
            return !state.isOver
        }
        if isFirst { pool.release(connection) }
    }
}

extension PostgresParameters {
    /// Refuses what libpq could not send, before anything else is sent.
    func check() throws {
        if let problem { throw problem }
        if count > 65_535 { throw StorageError(.invalidArgument, "a statement has more than 65,535 parameters") }
    }
}

extension PostgresResult {
    /// What the statement did, as the server says it: `COMMIT`.
    fileprivate var commandTag: String { PQcmdStatus(pointer).map { String(cString: $0) } ?? "" }
}
#endif
