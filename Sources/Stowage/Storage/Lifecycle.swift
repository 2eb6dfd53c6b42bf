internal import Synchronization

/// Counts what is running, so that closing waits for it and refuses what comes later (LIF-1).
final class Lifecycle: Sendable {
    private enum Phase { case open, closing, closed }
    private struct State {
        var phase = Phase.open
        var running = 0
        /// Gives the driver back; run once nothing is running any more.
        var shutDown: (@Sendable () async throws -> Void)?
        var result: Result<Void, any Error>?
        var waiters: [BoundedWait<Void>] = []
    }
    private let state = Mutex(State())

    /// Begins a call.
    func enter() throws {
        try state.withLock { state in
            guard state.phase == .open else { throw StorageError(.closed, "the storage is closed") }
            state.running += 1
        }
    }

    /// Ends a call.
    func leave() {
        state.withLock { $0.running -= 1 }
        shutDownWhenIdle()
    }

    /// Runs `shutDown` once, after the last running call has ended. Everybody who closes waits for that end.
    ///
    /// - Throws: what `shutDown` throws; `timeout` when calls are still running at the deadline. The storage stays
    ///   closed to new calls then, and is shut down when the last of them ends.
    func close(deadline: Deadline, _ shutDown: @escaping @Sendable () async throws -> Void) async throws {
        let wait = BoundedWait<Void>()
        let known: Result<Void, any Error>? = state.withLock { state in
            if state.phase == .open {
                state.phase = .closing
                state.shutDown = shutDown
            }
            if let result = state.result { return result }
            state.waiters.append(wait)
            return nil
        }
        if let known { return try known.get() }
        shutDownWhenIdle()
        try await wait.answer(
            until: deadline,
            waitingFor: { "the calls that are still running, to close the storage" },
            onGivingUp: {}
        )
    }

    private func shutDownWhenIdle() {
        let shutDown: (@Sendable () async throws -> Void)? = state.withLock { state in
            guard state.phase == .closing, state.running == 0 else { return nil }
            defer { state.shutDown = nil }
            return state.shutDown
        }
        guard let shutDown else { return }
        // A task of its own: closing goes on when the task of the last call, or of the first closer, is cancelled.
        Task {
            let result: Result<Void, any Error>
            do {
                result = .success(try await shutDown())
            } catch {
                result = .failure(error)
            }
            let waiters = state.withLock { state in
                state.phase = .closed
                state.result = result
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.decide(result) }
        }
    }
}
