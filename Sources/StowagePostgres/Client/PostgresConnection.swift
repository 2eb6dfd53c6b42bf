#if Postgres
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif
internal import CLibPQ
package import Stowage
internal import Synchronization

/// One connection to a Postgres server, in libpq's non-blocking mode.
///
/// It is leased from a ``PostgresPool`` and used by one task at a time; a second statement while one is running throws
/// `invalidArgument`. A statement is sent by the task itself; the event loop's thread reads the answer and resumes the
/// task once it is complete. When the task is cancelled or its deadline passes, it is resumed at once, and the
/// connection is cleaned behind its back (`PQcancel`, drain, `ROLLBACK`); until the lease ends, every further call throws
/// the same error.
package final class PostgresConnection: Sendable, PostgresEventLoop.Client {
    let loop: PostgresEventLoop
    let core: Mutex<PostgresConnectionCore>
    /// Tells the pool what has become of a connection that no task holds.
    private let onChange: @Sendable (PostgresConnection, PostgresEffects.Change) -> Void

    init(
        _ handle: PGConnectionHandle,
        loop: PostgresEventLoop,
        cacheCapacity: Int,
        onChange: @escaping @Sendable (PostgresConnection, PostgresEffects.Change) -> Void
    ) throws {
        self.loop = loop
        self.onChange = onChange
        core = Mutex(PostgresConnectionCore(handle, loop: loop, cacheCapacity: cacheCapacity))
        do {
            // With the lock held: the loop may report the socket before its token is known here.
            try core.withLock { try $0.register(self) }
        } catch {
            PQfinish(handle.pointer)
            throw error
        }
    }

    deinit {
        core.withLock { _ = $0.lose(.lostConnection) }
    }

    // MARK: Statements

    /// Runs statements in one round trip and answers with one result for each.
    ///
    /// They share one Sync: when one fails, those after it do not run, and outside a transaction those before it are
    /// undone. The error is that of the statement that failed.
    ///
    /// - Parameters:
    ///   - commits: Whether the last one is a `COMMIT`, or one of them writes outside a transaction: then a lost answer
    ///     is `commitUnknown` (TXN-5).
    package func run(
        _ statements: [PostgresStatement],
        commits: Bool = false,
        deadline: Deadline
    ) async throws -> [PostgresResult] {
        var isRepeated = false
        while true {
            let output = try await perform(.results, deadline: deadline) { core in
                try core.send(statements, streams: false, commits: commits)
            }
            switch output {
            case .results(let results):
                return results
            case .stale(let error):
                // What was prepared is out of date. Outside a transaction nothing has happened: prepare it anew, once.
                guard !isRepeated, transactionStatus == .none else { throw error }
                isRepeated = true
            case .page, .ready, .stopped:
                throw StorageError.lostConnection
            }
        }
    }

    /// Runs one statement and gives each of its rows once, in order, after all have arrived.
    ///
    /// The closure runs in the calling task. For more rows than should be in memory at once, use ``stream``.
    ///
    /// - Returns: The number of rows that the statement wrote or read.
    @discardableResult
    package func query(
        _ sql: String,
        _ parameters: PostgresParameters = [],
        commits: Bool = false,
        deadline: Deadline,
        onRow: (PostgresRow) throws -> Void = { _ in }
    ) async throws -> Int {
        let results = try await run([PostgresStatement(sql, parameters)], commits: commits, deadline: deadline)
        guard let result = results.first else { throw StorageError.lostConnection }
        try result.forEachRow(onRow)
        return result.affectedRows
    }

    /// Runs a text of any number of statements without values, and drops what they answer.
    package func execute(_ script: String, commits: Bool = false, deadline: Deadline) async throws {
        _ = try await perform(.results, deadline: deadline) { core in
            try core.send(script: script, commits: commits)
        }
    }

    /// What the connection's transaction is doing.
    package var transactionStatus: PostgresTransactionStatus {
        core.withLock { core in
            guard let handle = core.handle, core.cleaning == nil, core.operation == nil else { return .unknown }
            switch PQtransactionStatus(handle.pointer) {
            case PQTRANS_IDLE: return .none
            case PQTRANS_INTRANS: return .open
            case PQTRANS_INERROR: return .failed
            default: return .unknown
            }
        }
    }

    /// The server process that serves this connection, as in `pg_stat_activity`.
    package var processID: Int { core.withLock { $0.handle.map { Int(PQbackendPID($0.pointer)) } ?? 0 } }

    /// The server's version, as in 150018.
    package var serverVersion: Int { core.withLock { $0.handle.map { Int(PQserverVersion($0.pointer)) } ?? 0 } }

    // MARK: Waiting

    /// Sends something new and waits for its outcome.
    func perform(
        _ goal: PostgresOperation.Goal,
        deadline: Deadline,
        _ send: (inout PostgresConnectionCore) throws -> PostgresResultReader
    ) async throws -> PostgresOperation.Output {
        try deadline.check(waitingFor: "the connection's turn")
        let id = loop.newID()
        return try await wait(for: id) { core in
            let reader = try send(&core)
            core.operation = PostgresOperation(id: id, reader: reader, goal: goal, deadline: deadline)
        }
    }

    /// Waits for the operation with this identifier to reach its next goal, which a closure sets.
    ///
    /// The closure runs under the lock, so that nothing can arrive between sending and waiting.
    func wait(
        for id: UInt64,
        _ prepare: (inout PostgresConnectionCore) throws -> Void
    ) async throws -> PostgresOperation.Output {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let effects = core.withLock { core in
                    do {
                        try prepare(&core)
                    } catch {
                        return Result<PostgresEffects, any Error>.failure(error)
                    }
                    core.operation?.waiter = .task(continuation)
                    self.setTimer(&core)
                    if !core.isReading { core.watch(reading: true, writing: core.isWriting) }
                    return .success(core.progress())
                }
                switch effects {
                case .success(let effects): perform(effects)
                case .failure(let error): continuation.resume(throwing: error)
                }
                // A cancellation before the task was waiting has found nothing to interrupt.
                if Task.isCancelled { loop.submit { self.interrupt(id, .cancelledTask) } }
            }
        } onCancel: {
            loop.submit { self.interrupt(id, .cancelledTask) }
        }
    }

    // MARK: On the event loop's thread

    func socketIsReady() {
        perform(core.withLock { $0.transfer() })
    }

    func perform(_ effects: PostgresEffects) {
        effects.wakeUp?.perform()
        if let change = effects.change { onChange(self, change) }
    }

    /// One timer serves many statements: it is set anew only when a deadline is earlier, and looks when it fires.
    func setTimer(_ core: inout PostgresConnectionCore) {
        guard let deadline = core.operation?.deadline else { return }
        if let timer = core.timer {
            guard deadline < timer.at else { return }
            loop.cancel(timer.id)
        }
        let id = loop.schedule(at: deadline.instant) { [weak self] in self?.timerHasFired() }
        core.timer = (deadline, id)
    }

    private func timerHasFired() {
        let overdue: (UInt64, StorageError)? = core.withLock { core in
            core.timer = nil
            guard let operation = core.operation, core.cleaning == nil else { return nil }
            guard operation.deadline.hasPassed else {
                setTimer(&core)
                return nil
            }
            let wait = operation.waiter == nil ? "more of the data to be asked for" : "the database server's answer"
            return (operation.id, operation.deadline.timeout(waitingFor: wait))
        }
        if let (id, error) = overdue { interrupt(id, error) }
    }
}
#endif
