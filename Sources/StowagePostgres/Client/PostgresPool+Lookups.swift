#if Postgres
package import Stowage
internal import Synchronization

/// Small reads of many tasks, sent together.
///
/// ``LookupStateMachine`` decides; this carries it out. A task whose lookup finds a free lane sends it itself; the others
/// are sent by the event loop's thread, a batch as soon as the one before has been answered.
extension PostgresPool {
    /// What a task waits for.
    final class Lookup: Sendable {
        enum Answer: Sendable {
            case result(PostgresResult)
            /// It should use a connection of its own.
            case alone
        }

        let statement: PostgresStatement
        let deadline: Deadline
        let wait: String
        /// Not checked, since it is resumed once: by whoever takes the lookup out of the state machine, which gives it to
        /// nobody else.
        let continuation: UnsafeContinuation<Answer, any Error>

        /// The lookups that one statement can answer together with this one.
        var group: ObjectIdentifier? {
            guard let gathering = statement.gathering, statement.parameters.isGatherable else { return nil }
            return ObjectIdentifier(gathering)
        }

        init(
            _ statement: PostgresStatement,
            _ deadline: Deadline,
            _ wait: String,
            _ continuation: UnsafeContinuation<Answer, any Error>
        ) {
            self.statement = statement
            self.deadline = deadline
            self.wait = wait
            self.continuation = continuation
        }
    }

    struct Lookups {
        /// A batch under way.
        struct Running {
            let connection: PostgresConnection
            let operation: UInt64
            /// How far it was when the watch last looked, and how often it was no further.
            var answered = -1
            var stillCount = 0
        }

        var machine: LookupStateMachine<Lookup>
        var running: [UInt64: Running] = [:]
        var timer: (at: Deadline, id: UInt64)?
        var isWatched = false

        init(poolSize: Int) {
            // A lane may hold its connection for long; the others must get on as well.
            machine = LookupStateMachine(limits: .init(lanes: poolSize < 4 ? 1 : 2))
        }
    }

    /// Runs one statement that reads a few rows and changes nothing, outside a transaction, in the company of others.
    ///
    /// Giving up, by cancellation or deadline, drops the answer and disturbs nobody. A statement that was not answered
    /// since its connection was lost or blocked runs again on another, within its deadline.
    ///
    /// - Parameter wait: What a timeout says was waited for, as in ``withConnection(deadline:waitingFor:_:)``.
    package func lookUp(
        _ statement: PostgresStatement,
        deadline: Deadline,
        waitingFor wait: String = "a free connection"
    ) async throws -> PostgresResult {
        try statement.parameters.check()
        try deadline.check(waitingFor: wait)
        let id = loop.newID()
        let answer = try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                let lookup = Lookup(statement, deadline, wait, continuation)
                let action = lookups.withLock { lookups in
                    setTimer(deadline, &lookups)
                    return lookups.machine.submit(id, lookup, group: lookup.group)
                }
                if action == .acquire { acquireLane() }
                // A cancellation before the lookup was submitted has found nothing to abandon.
                if Task.isCancelled { abandon(id) }
            }
        } onCancel: {
            abandon(id)
        }
        switch answer {
        case .result(let result): return result
        case .alone:
            return try await withConnection(deadline: deadline, waitingFor: wait) { connection in
                let results = try await connection.run([statement], deadline: deadline)
                guard let result = results.first else { throw StorageError.lostConnection }
                return result
            }
        }
    }

    private func abandon(_ id: UInt64) {
        let lookup = lookups.withLock { $0.machine.abandon(id) }
        lookup?.continuation.resume(throwing: StorageError.cancelledTask)
    }

    // MARK: Lanes

    private func acquireLane() {
        do {
            if let connection = try leaseAtOnce() { return laneAcquired(connection) }
        } catch {
            return laneNotAcquired(error)
        }
        let deadline = lookups.withLock { $0.machine.requestsInLine.map(\.deadline).max() } ?? .after(.seconds(30))
        lease(deadline: deadline, waitingFor: "a free connection") { [weak self] outcome in
            guard let self else {
                if case .success(let connection) = outcome { connection.close() }
                return
            }
            switch outcome {
            case .success(let connection): self.laneAcquired(connection)
            case .failure(let error): self.laneNotAcquired(error)
            }
        }
    }

    private func laneAcquired(_ connection: PostgresConnection) {
        carryOut(decide(on: connection) { $0.acquired() })
    }

    private func laneNotAcquired(_ error: any Error) {
        if (error as? StorageError)?.code == .timeout {
            let action = lookups.withLock { $0.machine.acquireTimedOut() }
            if action == .acquire { acquireLane() }
            return
        }
        for lookup in lookups.withLock({ $0.machine.notAcquired() }) { lookup.continuation.resume(throwing: error) }
    }

    /// An action with all that it needs.
    private struct Step {
        var action: LookupStateMachine<Lookup>.Action
        let connection: PostgresConnection
        var operation: UInt64 = 0
        /// The lookups of each statement.
        var members: [[Lookup]] = []

        /// What is sent. Made once the lock is free.
        var statements: [PostgresStatement] {
            members.compactMap { members in
                guard members.count > 1, let gathering = members[0].statement.gathering else {
                    return members.first?.statement
                }
                return gathering.statement(for: members.map(\.statement))
            }
        }
    }

    /// The answers of a batch's statements, taken apart for its lookups.
    private struct Answers {
        let results: [PostgresResult]
        private var gathered: (statement: Int, answers: PostgresGathering.Answers)?

        init(_ results: [PostgresResult]) { self.results = results }

        /// The answer at a position; those of one statement are asked for in a row.
        mutating func answer(at position: LookupStateMachine<Lookup>.Position) -> Lookup.Answer {
            let result = results[position.statement]
            if position.memberCount == 1 { return .result(result) }
            let answers: PostgresGathering.Answers
            if let gathered, gathered.statement == position.statement {
                answers = gathered.answers
            } else {
                answers = PostgresGathering.Answers(result, memberCount: position.memberCount)
                gathered = (position.statement, answers)
            }
            return answers[position.member].map(Lookup.Answer.result) ?? .alone
        }
    }

    private func decide(
        on connection: PostgresConnection,
        _ event: (inout LookupStateMachine<Lookup>) -> LookupStateMachine<Lookup>.Action
    ) -> Step {
        lookups.withLock { lookups in
            let action = event(&lookups.machine)
            return prepare(action, on: connection, &lookups)
        }
    }

    /// With the lock held.
    private func prepare(
        _ action: LookupStateMachine<Lookup>.Action,
        on connection: PostgresConnection,
        _ lookups: inout Lookups
    ) -> Step {
        var step = Step(action: action, connection: connection)
        if case .send(let batch) = action {
            step.operation = loop.newID()
            step.members = lookups.machine.statements(of: batch)
            lookups.running[batch] = Lookups.Running(connection: connection, operation: step.operation)
            watch(&lookups)
        }
        return step
    }

    private func carryOut(_ step: Step) {
        switch step.action {
        case .nothing: break
        case .acquire: acquireLane()
        case .giveBack(let acquires):
            release(step.connection)
            if acquires { acquireLane() }
        case .send(let batch):
            let connection = step.connection
            // The connection holds the closure only while the batch is under way.
            connection.begin(step.statements, as: step.operation) { [weak self] outcome in
                guard let self else { return connection.close() }
                self.ended(batch, on: connection, outcome)
            }
        }
    }

    private func ended(_ batch: UInt64, on connection: PostgresConnection, _ outcome: PostgresConnection.BatchOutcome) {
        let mustYield = mustYield(connection)
        let (ending, step) = lookups.withLock { lookups in
            lookups.running[batch] = nil
            let ending = lookups.machine.ended(
                batch,
                outcome.progress,
                answered: outcome.results.count,
                mustYield: mustYield
            )
            return (ending, prepare(ending.next, on: connection, &lookups))
        }
        // The next batch goes first, so that the server works while tasks are woken.
        carryOut(step)
        var answers = Answers(outcome.results)
        for (lookup, position) in ending.answered {
            lookup.continuation.resume(returning: answers.answer(at: position))
        }
        if let failed = ending.failed {
            failed.continuation.resume(throwing: outcome.error ?? StorageError.lostConnection)
        }
        for lookup in ending.alone { lookup.continuation.resume(returning: .alone) }
    }

    /// Whether others want the connection, or it has been kept for long enough.
    private func mustYield(_ connection: PostgresConnection) -> Bool {
        state.withLock { state in
            guard let id = state.numbers[ObjectIdentifier(connection)] else { return true }
            return state.machine.mustComeBack(id, now: .now)
        }
    }

    // MARK: Time

    /// How often batches under way are looked at, and how often one has to be found where it was to count as blocked.
    private static let watchPause: Duration = .milliseconds(20)
    private static let stillLimit = 2

    private func watch(_ lookups: inout Lookups) {
        guard !lookups.isWatched else { return }
        lookups.isWatched = true
        loop.schedule(at: .now + Self.watchPause) { [weak self] in self?.look() }
    }

    /// Takes what is blocked away from batches that do not get on.
    private func look() {
        let running = lookups.withLock { lookups in
            lookups.isWatched = false
            if !lookups.running.isEmpty { watch(&lookups) }
            return lookups.running
        }
        for (batch, state) in running {
            // It may end at any moment; then nothing here finds it.
            guard let answered = state.connection.answeredCount(of: state.operation) else { continue }
            let relief = lookups.withLock { lookups in
                guard var state = lookups.running[batch] else { return LookupStateMachine<Lookup>.Relief() }
                state.stillCount = state.answered == answered ? state.stillCount + 1 : 0
                state.answered = answered
                lookups.running[batch] = state
                guard state.stillCount >= Self.stillLimit else { return .init() }
                return lookups.machine.stalled(batch, answered: answered)
            }
            for lookup in relief.alone { lookup.continuation.resume(returning: .alone) }
            if relief.isForsaken { state.connection.interrupt(state.operation, .cancelledTask) }
            if relief.next == .acquire { acquireLane() }
        }
    }

    /// One timer serves all lookups: it is set anew only when a deadline is earlier, and looks when it fires.
    private func setTimer(_ deadline: Deadline, _ lookups: inout Lookups) {
        if let timer = lookups.timer {
            guard deadline < timer.at else { return }
            loop.cancel(timer.id)
        }
        let id = loop.schedule(at: deadline.instant) { [weak self] in self?.timerHasFired() }
        lookups.timer = (deadline, id)
    }

    private func timerHasFired() {
        let now = ContinuousClock.now
        let situation = situation()
        let overdue = lookups.withLock { lookups in
            lookups.timer = nil
            var ids: [UInt64] = []
            var next: Deadline?
            for (id, lookup) in lookups.machine.liveRequests {
                if lookup.deadline.instant <= now {
                    ids.append(id)
                } else {
                    next = min(next ?? lookup.deadline, lookup.deadline)
                }
            }
            if let next { setTimer(next, &lookups) }
            return ids.compactMap { id -> (Lookup, Bool)? in
                let isSent = lookups.machine.isSent(id)
                return lookups.machine.abandon(id).map { ($0, isSent) }
            }
        }
        for (lookup, isSent) in overdue {
            let wait = isSent ? "the database server's answer" : lookup.wait + situation
            lookup.continuation.resume(throwing: lookup.deadline.timeout(waitingFor: wait))
        }
    }
}
#endif
