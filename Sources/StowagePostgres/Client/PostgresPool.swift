#if Postgres
package import Stowage
internal import Synchronization

/// The sizes and times of a pool.
package struct PostgresPoolConfiguration: Sendable {
    /// The most connections open at once.
    package var size = 8
    /// How long an unused connection is kept.
    package var idleTime: Duration = .seconds(60)
    /// How long any connection is kept.
    package var lifetime: Duration = .seconds(3600)
    /// The statements that each connection keeps prepared; zero behind a proxy that pools transactions.
    package var preparedStatements = 256
    /// Statements that each new connection runs before it is used, such as `SET search_path TO …`.
    package var setupScript: String?

    /// The defaults.
    package init() {}
}

/// Connections to one database, opened when they are needed and shared by any number of tasks.
///
/// ``PoolStateMachine`` decides; this carries it out. Waiting for a connection costs no thread. Those in line are served
/// in order, each until its deadline or its cancellation.
package final class PostgresPool: Sendable {
    /// Who is in line.
    struct Waiter {
        /// Told once, with no lock held.
        let answer: @Sendable (Result<PostgresConnection, any Error>) -> Void
        let deadline: Deadline
        let wait: String
        var timer: UInt64?
    }

    struct State {
        var machine: PoolStateMachine
        var connections: [UInt64: PostgresConnection] = [:]
        var numbers: [ObjectIdentifier: UInt64] = [:]
        var waiters: [UInt64: Waiter] = [:]
        var connectors: [UInt64: PostgresConnector] = [:]
        var closers: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        var isSweepScheduled = false
        var isClosed = false
    }

    let endpoint: PostgresEndpoint
    let configuration: PostgresPoolConfiguration
    let loop: PostgresEventLoop
    let state: Mutex<State>
    let lookups: Mutex<Lookups>

    /// Reads the URL; connects to nothing yet.
    package init(url: String, configuration: PostgresPoolConfiguration = .init()) throws {
        endpoint = try PostgresEndpoint(url: url)
        guard configuration.size > 0 else {
            throw StorageError(.configuration, "a connection pool needs room for at least one connection")
        }
        self.configuration = configuration
        loop = try PostgresEventLoop()
        let limits = PoolStateMachine.Limits(
            size: configuration.size,
            idleTime: configuration.idleTime,
            lifetime: configuration.lifetime
        )
        state = Mutex(State(machine: PoolStateMachine(limits: limits)))
        lookups = Mutex(Lookups(poolSize: configuration.size))
    }

    deinit {
        let (connections, connectors) = state.withLock { (Array($0.connections.values), Array($0.connectors.values)) }
        for connector in connectors { connector.abandon() }
        for connection in connections { connection.close() }
        loop.stop()
    }

    /// How many connections are in which state, and how many tasks wait.
    package var counts: (leased: Int, idle: Int, connecting: Int, waiting: Int) {
        state.withLock {
            ($0.machine.leasedCount, $0.machine.idleCount, $0.machine.connectingCount, $0.machine.waitingCount)
        }
    }

    // MARK: Leases

    /// Lends a connection for the time of a closure.
    ///
    /// Whatever the closure leaves behind, an open transaction or an unread stream, is cleaned up after it.
    ///
    /// - Parameters:
    ///   - deadline: For the wait; statements have their own.
    ///   - wait: What a timeout says was waited for, such as "a connection to read sessions".
    @discardableResult
    package func withConnection<Answer>(
        deadline: Deadline,
        waitingFor wait: String = "a free connection",
        _ body: (PostgresConnection) async throws -> Answer
    ) async throws -> Answer {
        let connection = try await lease(deadline: deadline, waitingFor: wait)
        defer { release(connection) }
        return try await body(connection)
    }

    /// Lends a connection until ``release(_:)``, for a transaction that lives across calls.
    package func lease(
        deadline: Deadline,
        waitingFor wait: String = "a free connection"
    ) async throws -> PostgresConnection {
        try deadline.check(waitingFor: wait)
        while true {
            if let connection = try leaseAtOnce() { return connection }
            let connection = try await join(deadline: deadline, wait)
            if connection.beginLease() { return connection }
            drop(connection)
            try deadline.check(waitingFor: wait)
        }
    }

    /// Lends a connection that is idle; `nil` when there is none.
    func leaseAtOnce() throws -> PostgresConnection? {
        while let connection = try leaseIdle() {
            if connection.beginLease() { return connection }
            drop(connection)
        }
        return nil
    }

    /// Lends a connection to whom waits for it without a task; cancelled by its deadline alone.
    func lease(
        deadline: Deadline,
        waitingFor wait: String,
        answer: @escaping @Sendable (Result<PostgresConnection, any Error>) -> Void
    ) {
        join(loop.newID(), deadline: deadline, wait) { [weak self] outcome in
            guard let self, case .success(let connection) = outcome, !connection.beginLease() else {
                return answer(outcome)
            }
            self.drop(connection)
            self.lease(deadline: deadline, waitingFor: wait, answer: answer)
        }
    }

    /// Takes a connection back. Every lease ends with exactly one call.
    package func release(_ connection: PostgresConnection) {
        switch connection.endLease() {
        case .clean: returned(connection)
        case .cleaning: break
        case .lost: lost(connection)
        }
    }

    private func leaseIdle() throws -> PostgresConnection? {
        try state.withLock { state in
            guard !state.machine.isClosing else { throw Self.closedError }
            return state.machine.leaseIdle().flatMap { state.connections[$0] }
        }
    }

    /// Closes a connection that turned out to be dead.
    private func drop(_ connection: PostgresConnection) {
        connection.close()
        lost(connection)
    }

    private func join(deadline: Deadline, _ wait: String) async throws -> PostgresConnection {
        let id = loop.newID()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                join(id, deadline: deadline, wait) { continuation.resume(with: $0) }
                if Task.isCancelled { leave(id, isTimeout: false) }
            }
        } onCancel: {
            leave(id, isTimeout: false)
        }
    }

    private func join(
        _ id: UInt64,
        deadline: Deadline,
        _ wait: String,
        answer: @escaping @Sendable (Result<PostgresConnection, any Error>) -> Void
    ) {
        let work = state.withLock { state -> PoolWork? in
            guard !state.machine.isClosing else { return nil }
            state.waiters[id] = Waiter(answer: answer, deadline: deadline, wait: wait)
            let work = take(state.machine.join(id, now: .now), &state)
            if state.waiters[id] != nil {
                state.waiters[id]?.timer = loop.schedule(at: deadline.instant) { [weak self] in
                    self?.leave(id, isTimeout: true)
                }
            }
            return work
        }
        guard let work else { return answer(.failure(Self.closedError)) }
        perform(work)
    }

    /// How things stand, for a timeout's message.
    func situation() -> String { state.withLock { describe($0.machine) } }

    private func describe(_ machine: PoolStateMachine) -> String {
        machine.standingCount == 0
            ? " (no connection to \(endpoint) yet)"
            : " (\(machine.leasedCount) of \(configuration.size) are in use, \(machine.waitingCount) others wait)"
    }

    /// Takes a waiter out of the line whose time is up or whose task was cancelled.
    private func leave(_ id: UInt64, isTimeout: Bool) {
        let (waiter, situation) = state.withLock { state -> (Waiter?, String) in
            guard state.machine.leave(id) else { return (nil, "") }
            return (state.waiters.removeValue(forKey: id), describe(state.machine))
        }
        guard let waiter else { return }
        if let timer = waiter.timer { loop.cancel(timer) }
        waiter.answer(
            .failure(
                isTimeout ? waiter.deadline.timeout(waitingFor: waiter.wait + situation) : StorageError.cancelledTask
            )
        )
    }

    static var closedError: StorageError {
        StorageError(.closed, "the database was closed", advice: "Open it again")
    }
}
#endif
