internal import Synchronization

/// One wait for an answer that somebody else gives, ended at the latest by a deadline or by cancellation.
///
/// Whoever comes first decides: the answer, the deadline or the cancellation; the others find it decided. The giver
/// of the answer learns which, so that it can hand on what nobody took.
package final class BoundedWait<Answer: Sendable>: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Answer, any Error>, DeadlineTimer.Ticket?)
        case decided(Result<Answer, any Error>)
        case over
    }

    private let state = Mutex(State.idle)

    package init() {}

    /// Waits for the answer.
    ///
    /// - Parameters:
    ///   - onGivingUp: Called when the deadline or a cancellation ended the wait; removes the waiter from its queue.
    package func answer(
        until deadline: Deadline,
        waitingFor wait: @escaping @Sendable () -> String,
        onGivingUp: @escaping @Sendable () -> Void
    ) async throws -> Answer {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let early: Result<Answer, any Error>? = state.withLock { state in
                    if case .decided(let result) = state {
                        state = .over
                        return result
                    }
                    state = .waiting(continuation, nil)
                    return nil
                }
                if let early {
                    continuation.resume(with: early)
                    return
                }
                let ticket = DeadlineTimer.shared.schedule(at: deadline) { [self] in
                    if decide(.failure(deadline.timeout(waitingFor: wait()))) { onGivingUp() }
                }
                let isUnused = state.withLock { state in
                    guard case .waiting(let continuation, _) = state else { return true }
                    state = .waiting(continuation, ticket)
                    return false
                }
                if isUnused { DeadlineTimer.shared.cancel(ticket) }
            }
        } onCancel: {
            if decide(.failure(StorageError.cancelledTask)) { onGivingUp() }
        }
    }

    /// Gives the answer. False when the wait is over already.
    @discardableResult
    package func decide(_ result: Result<Answer, any Error>) -> Bool {
        let previous = state.withLock { state in
            let previous = state
            switch state {
            case .idle: state = .decided(result)
            case .waiting: state = .over
            case .decided, .over: break
            }
            return previous
        }
        switch previous {
        case .idle: return true
        case .waiting(let continuation, let ticket):
            if let ticket { DeadlineTimer.shared.cancel(ticket) }
            continuation.resume(with: result)
            return true
        case .decided, .over: return false
        }
    }
}
