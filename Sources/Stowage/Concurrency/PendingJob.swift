internal import Synchronization

/// Work that waits to be begun by another thread: given up while it waits, told to end early once it runs.
///
/// This is the difference to a ``BoundedWait``: a write that has begun is never reported as given up, since nobody
/// would know whether it took place.
package final class PendingJob<T: Sendable>: Sendable {
    private enum State {
        case idle
        case queued(CheckedContinuation<T, any Error>, DeadlineTimer.Ticket?)
        case running(CheckedContinuation<T, any Error>, DeadlineTimer.Ticket?)
        case over
        case givenUp(StorageError)
    }

    private let state = Mutex(State.idle)
    private let onInterrupt: (@Sendable () -> Void)?
    private let isLeftBehind: Bool

    /// - Parameters:
    ///   - onInterrupt: Called from any thread when the deadline passes or the task is cancelled while it runs.
    ///   - isLeftBehind: Whether the caller then goes on without it; its result is dropped by the thread that runs it.
    package init(onInterrupt: (@Sendable () -> Void)?, isLeftBehind: Bool = false) {
        self.onInterrupt = onInterrupt
        self.isLeftBehind = isLeftBehind
    }

    /// Queues the job and waits for its end.
    ///
    /// - Parameter enqueue: Hands the job to the thread that will ``begin()`` and ``finish(_:)`` it.
    package func result(
        until deadline: Deadline,
        waitingFor wait: @escaping @Sendable () -> String,
        enqueue: () -> Void
    ) async throws -> T {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let early: StorageError? = state.withLock { state in
                    if case .givenUp(let error) = state { return error }
                    state = .queued(continuation, nil)
                    return nil
                }
                if let early {
                    continuation.resume(throwing: early)
                    return
                }
                let ticket = DeadlineTimer.shared.schedule(at: deadline) { [self] in
                    giveUp { deadline.timeout(waitingFor: wait()) }
                }
                let isUnused = state.withLock { state in
                    guard case .queued(let continuation, _) = state else { return true }
                    state = .queued(continuation, ticket)
                    return false
                }
                if isUnused { DeadlineTimer.shared.cancel(ticket) } else { enqueue() }
            }
        } onCancel: {
            giveUp { StorageError.cancelledTask }
        }
    }

    /// Whether somebody still waits for it to begin.
    package var isQueued: Bool {
        state.withLock { if case .queued = $0 { true } else { false } }
    }

    /// Whether it was begun and has not ended.
    package var isRunning: Bool {
        state.withLock { if case .running = $0 { true } else { false } }
    }

    /// Begins the work; false when it was given up.
    package func begin() -> Bool {
        state.withLock { state in
            guard case .queued(let continuation, let ticket) = state else { return false }
            state = .running(continuation, ticket)
            return true
        }
    }

    /// Ends the work that was begun.
    package func finish(_ result: Result<T, any Error>) {
        let (waiting, ticket): (CheckedContinuation<T, any Error>?, DeadlineTimer.Ticket?) = state.withLock { state in
            guard case .running(let continuation, let ticket) = state else { return (nil, nil) }
            state = .over
            return (continuation, ticket)
        }
        if let ticket { DeadlineTimer.shared.cancel(ticket) }
        waiting?.resume(with: result)
    }

    private func giveUp(_ error: () -> StorageError) {
        let previous = state.withLock { state in
            let previous = state
            switch state {
            case .idle: state = .givenUp(error())
            case .queued: state = .over
            case .running: if isLeftBehind { state = .over }
            case .over, .givenUp: break
            }
            return previous
        }
        switch previous {
        case .queued(let continuation, let ticket):
            if let ticket { DeadlineTimer.shared.cancel(ticket) }
            continuation.resume(throwing: error())
        case .running(let continuation, let ticket):
            onInterrupt?()
            guard isLeftBehind else { return }
            if let ticket { DeadlineTimer.shared.cancel(ticket) }
            continuation.resume(throwing: error())
        case .idle, .over, .givenUp: break
        }
    }
}
