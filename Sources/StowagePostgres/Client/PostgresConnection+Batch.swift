#if Postgres
internal import Stowage
internal import Synchronization

/// Statements of several tasks in one round trip.
extension PostgresConnection {
    /// What a batch has come to.
    enum BatchOutcome: Sendable {
        case answered([PostgresResult])
        /// What was answered before a statement failed, or was found out of date; those after it did not run.
        case stopped([PostgresResult], StorageError, isStale: Bool)
        /// The connection is gone, or was interrupted.
        case lost

        /// The answers, one for each statement up to the first that has none.
        var results: [PostgresResult] {
            switch self {
            case .answered(let results), .stopped(let results, _, _): results
            case .lost: []
            }
        }

        var progress: LookupStateMachine<PostgresPool.Lookup>.Progress {
            switch self {
            case .answered: .answered
            case .stopped(_, _, let isStale): isStale ? .stale : .failed
            case .lost: .lost
            }
        }

        var error: StorageError? {
            if case .stopped(_, let error, _) = self { error } else { nil }
        }

        init(_ outcome: Result<PostgresOperation.Output, StorageError>) {
            switch outcome {
            case .success(.results(let results)): self = .answered(results)
            case .success(.stopped(let results, let error, let isStale)):
                self = .stopped(results, error, isStale: isStale)
            default: self = .lost
            }
        }
    }

    /// Sends a batch and returns; the outcome comes later, mostly on the event loop's thread.
    func begin(
        _ statements: [PostgresStatement],
        as id: UInt64,
        completion: @escaping @Sendable (BatchOutcome) -> Void
    ) {
        let effects: PostgresEffects? = core.withLock { core in
            guard let reader = try? core.send(statements, streams: false, commits: false) else { return nil }
            core.operation = PostgresOperation(id: id, reader: reader, goal: .results, deadline: .distant)
            core.operation?.waiter = .batch { completion(BatchOutcome($0)) }
            if !core.isReading { core.watch(reading: true, writing: core.isWriting) }
            return core.progress()
        }
        guard let effects else { return completion(.lost) }
        perform(effects)
    }

    /// How many statements of a batch have been answered; `nil` when it has ended.
    func answeredCount(of id: UInt64) -> Int? {
        core.withLock { core in
            guard let operation = core.operation, operation.id == id else { return nil }
            return operation.reader?.results.count
        }
    }
}
#endif
