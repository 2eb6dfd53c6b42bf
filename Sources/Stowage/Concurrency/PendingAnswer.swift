internal import Synchronization

/// A request that waits in a queue until somebody takes it, and is then waited for to its end.
///
/// While it is queued its deadline or a cancellation ends it without any effect. Once it is taken its effects have
/// begun, and only its answer can tell what they were.
package final class PendingAnswer<Answer: Sendable>: Sendable {
    private enum State {
        case queued(CheckedContinuation<Answer, any Error>?, DeadlineTimer.Ticket?)
        case taken(CheckedContinuation<Answer, any Error>?)
        case over(Result<Answer, any Error>?)
    }

    private let state = Mutex(State.queued(nil, nil))

    package init() {}

    /// Waits for the answer.
    ///
    /// - Throws: `timeout` saying what was waited for, or `cancelled`, when the request was not taken before.
    package func answer(
        until deadline: Deadline,
        waitingFor wait: @escaping @Sendable () -> String
    ) async throws -> Answer {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let early: Result<Answer, any Error>? = state.withLock { state in
                    switch state {
                    case .queued: state = .queued(continuation, nil)
                    case .taken: state = .taken(continuation)
                    case .over(let result): return result
                    }
                    return nil
                }
                if let early { return continuation.resume(with: early) }
                let ticket = DeadlineTimer.shared.schedule(at: deadline) { [self] in
                    giveUp(deadline.timeout(waitingFor: wait()))
                }
                let isUnused = state.withLock { state in
                    guard case .queued(let continuation, _) = state else { return true }
                    state = .queued(continuation, ticket)
                    return false
                }
                if isUnused { DeadlineTimer.shared.cancel(ticket) }
            }
        } onCancel: {
            giveUp(StorageError.cancelledTask)
        }
    }

    /// Takes the request; false when it was given up.
    package func take() -> Bool {
        let ticket: DeadlineTimer.Ticket?? = state.withLock { state in
            guard case .queued(let continuation, let ticket) = state else { return nil }
            state = .taken(continuation)
            return .some(ticket)
        }
        guard let ticket else { return false }
        if let ticket { DeadlineTimer.shared.cancel(ticket) }
        return true
    }

    /// Gives the answer, once.
    package func finish(_ result: Result<Answer, any Error>) {
        let waiting: CheckedContinuation<Answer, any Error>? = state.withLock { state in
            switch state {
            case .queued(let continuation, _), .taken(let continuation):
                state = .over(continuation == nil ? result : nil)
                return continuation
            case .over: return nil
            }
        }
        waiting?.resume(with: result)
    }

    private func giveUp(_ error: StorageError) {
        let isQueued = state.withLock { state in
            if case .queued = state { true } else { false }
        }
        // Between the two locks it may be taken: then the answer decides, and this is dropped.
        guard isQueued, take() else { return }
        finish(.failure(error))
    }
}
