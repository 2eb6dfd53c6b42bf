#if Postgres
internal import Stowage

/// What a connection is working on for its task.
struct PostgresOperation: Sendable {
    /// Who is told the outcome.
    enum Waiter: Sendable {
        case task(CheckedContinuation<Output, any Error>)
        /// Statements of several tasks; the closure is called once.
        case batch(@Sendable (Result<Output, StorageError>) -> Void)

        var isBatch: Bool {
            if case .batch = self { true } else { false }
        }
    }

    /// What the task gets.
    enum Output: Sendable {
        case results([PostgresResult])
        /// The rows of a page, and whether it was the last.
        case page(PostgresPage?, isLast: Bool)
        /// The server takes data, or has been sent it.
        case ready
        /// The prepared statement is no longer what it was; it has not run.
        case stale(StorageError)
        /// A batch's answers up to the statement that failed, or that is no longer what it was.
        case stopped([PostgresResult], StorageError, isStale: Bool)
    }

    /// What the task waits for.
    enum Goal: Sendable {
        case results
        case page
        case copyIn
        /// That what was queued has been handed to the operating system.
        case flushed
    }

    let id: UInt64
    /// Reads the answers; `nil` only while it is reading.
    var reader: PostgresResultReader?
    var goal: Goal
    var deadline: Deadline
    /// How long the task may take to ask for more, once it has something.
    var idleLimit: Duration?
    /// The task; none while it is busy with what it got, and none when it has gone.
    var waiter: Waiter?
    /// Whether a COPY is open, which must be ended before anything else can be said.
    var isCopying = false
}

/// A task to be resumed, once the lock under which its outcome was found is free.
struct PostgresWakeUp {
    var waiter: PostgresOperation.Waiter?
    var outcome: Result<PostgresOperation.Output, StorageError>

    func perform() {
        switch waiter {
        case .task(let continuation): continuation.resume(with: outcome.mapError { $0 as any Error })
        case .batch(let completion): completion(outcome)
        case nil: break
        }
    }
}
#endif
