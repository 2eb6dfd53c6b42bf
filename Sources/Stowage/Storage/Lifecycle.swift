internal import Synchronization

/// Counts what is running, so that closing waits for it and refuses what comes later (LIF-1).
final class Lifecycle: Sendable {
    private enum Phase { case open, closing, closed }
    private struct State {
        var phase = Phase.open
        var running = 0
        /// Waits for the last running call.
        var drain: CheckedContinuation<Void, Never>?
        /// Further callers of close.
        var others: [CheckedContinuation<Void, Never>] = []
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
        let drained = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.running -= 1
            guard state.running == 0 else { return nil }
            defer { state.drain = nil }
            return state.drain
        }
        drained?.resume()
    }

    /// Runs `body` once, after the last running call has ended; later and concurrent callers wait for the first.
    ///
    /// - Throws: `timeout` when calls are still running at the deadline; the storage then stays closed to new ones.
    func close(deadline: Deadline, _ body: () async throws -> Void) async throws {
        let isFirst = state.withLock { state in
            guard state.phase == .open else { return false }
            state.phase = .closing
            return true
        }
        guard isFirst else { return await waitForOther() }
        let watch = Task {
            try await Task.sleep(until: deadline.instant, clock: .continuous)
            self.state.withLock { state in
                defer { state.drain = nil }
                return state.drain
            }?.resume()
        }
        await withCheckedContinuation { continuation in
            let isDrained = state.withLock { state in
                if state.running == 0 { return true }
                state.drain = continuation
                return false
            }
            if isDrained { continuation.resume() }
        }
        watch.cancel()
        defer { finish() }
        if state.withLock({ $0.running > 0 }) {
            throw deadline.timeout(waitingFor: "the calls that are still running, to close the storage")
        }
        try await body()
    }

    private func waitForOther() async {
        await withCheckedContinuation { continuation in
            let isClosed = state.withLock { state in
                if state.phase == .closed { return true }
                state.others.append(continuation)
                return false
            }
            if isClosed { continuation.resume() }
        }
    }

    private func finish() {
        let others = state.withLock { state in
            state.phase = .closed
            defer { state.others = [] }
            return state.others
        }
        for other in others { other.resume() }
    }
}
