#if Postgres
internal import CLibPQ
internal import Stowage

/// Bringing a connection back after a statement was interrupted, or after a lease ended in the middle of something.
extension PostgresConnectionCore {
    /// Leaves the running operation: the task is answered at once, and the connection is cleaned behind its back.
    ///
    /// A task that commits is answered when the server has said what became of the commit, or when the connection is
    /// given up: mostly the cancel comes before it, and then nothing is unknown (TXN-5).
    ///
    /// - Returns: What a thread of its own has to cancel; `nil` when there is nothing to interrupt.
    mutating func interrupt(_ error: StorageError) -> (PostgresEffects, PGCancelHandle?, UInt64) {
        guard let handle, operation != nil, cleaning == nil else { return (PostgresEffects(), nil, 0) }
        let commits = operation?.reader?.commits ?? false
        let isUnsettled = commits && operation?.waiter != nil
        let answer = commits ? StorageError.lostDuringCommit(because: error) : error
        interruption = answer
        var effects = PostgresEffects()
        if !isUnsettled {
            effects.wakeUp = PostgresWakeUp(waiter: operation?.waiter, outcome: .failure(answer))
            operation?.waiter = nil
            operation?.reader?.discards = true
        }
        operation?.goal = .results
        _ = operation?.reader?.takePage()
        let id = loop.newID()
        cleaning = Cleaning(id: id, isDrained: false, unsettled: isUnsettled ? error : nil)
        guard let cancel = cancel(handle.pointer) else {
            let lost = lose(answer)
            effects.change = lost.change
            effects.wakeUp = effects.wakeUp ?? lost.wakeUp
            return (effects, nil, 0)
        }
        if operation?.isCopying == true { endCopy(handle.pointer) } else { flush() }
        let progress = progress()
        effects.change = progress.change
        effects.wakeUp = effects.wakeUp ?? progress.wakeUp
        return (effects, cancel, id)
    }

    /// Tells the interrupted task what became of its commit, which the server has just said.
    mutating func settle(_ reader: PostgresResultReader) -> PostgresWakeUp? {
        guard let error = cleaning?.unsettled, let waiter = operation?.waiter else { return nil }
        operation?.waiter = nil
        cleaning?.unsettled = nil
        interruption = error
        guard let failure = reader.error else {
            return PostgresWakeUp(waiter: waiter, outcome: .success(.results(reader.results)))
        }
        guard failure.backend?.code == "57014" else {
            return PostgresWakeUp(waiter: waiter, outcome: .failure(failure))
        }
        let answer = reader.hasFailedLast ? StorageError.lostDuringCommit(because: error) : error
        return PostgresWakeUp(waiter: waiter, outcome: .failure(answer))
    }

    /// The error for a task that waits while its connection is given up.
    private var lossWhileCleaning: StorageError {
        cleaning?.unsettled.map { .lostDuringCommit(because: $0) } ?? .lostConnection
    }

    private mutating func cancel(_ connection: OpaquePointer) -> PGCancelHandle? {
        guard let pointer = PQgetCancel(connection) else { return nil }
        let handle = PGCancelHandle(pointer: pointer, number: loop.newID())
        cleaning?.pendingCancel = handle.number
        return handle
    }

    /// A cancel for a statement that goes on although it was cancelled.
    mutating func cancelAgain(_ id: UInt64) -> PGCancelHandle? {
        guard let handle, let state = cleaning, state.id == id, !state.isDrained, state.pendingCancel == nil else {
            return nil
        }
        return cancel(handle.pointer)
    }

    /// Closes the connection if this cleaning is still under way, and this cancel, when one is given, still pending.
    mutating func giveUp(_ id: UInt64, _ cancel: PGCancelHandle?) -> PostgresEffects {
        guard let state = cleaning, state.id == id else { return PostgresEffects() }
        if let cancel, state.pendingCancel != cancel.number { return PostgresEffects() }
        return lose(lossWhileCleaning)
    }

    /// The cancel has been delivered, or could not be.
    mutating func cancelEnded(_ id: UInt64, succeeded: Bool) -> PostgresEffects {
        guard cleaning?.id == id else { return PostgresEffects() }
        // Should it still be under way somewhere, it would hit a neighbour's statement.
        guard succeeded else { return lose(lossWhileCleaning) }
        cleaning?.pendingCancel = nil
        return advanceCleaning(drainedWith: nil, isDrained: cleaning?.isDrained ?? false)
    }

    /// Takes the next step once what was sent has been answered and nothing can be cancelled any more: one round trip,
    /// which also catches a cancel that arrives late.
    mutating func advanceCleaning(drainedWith error: StorageError?, isDrained: Bool = true) -> PostgresEffects {
        guard let handle, let state = cleaning else { return PostgresEffects() }
        if isDrained, !state.isDrained {
            cleaning?.isDrained = true
            operation = nil
        }
        guard isDrained || state.isDrained, state.pendingCancel == nil else { return PostgresEffects() }
        guard state.isResetting else { return reset(handle.pointer) }
        guard error == nil, PQtransactionStatus(handle.pointer) == PQTRANS_IDLE else { return lose(.lostConnection) }
        operation = nil
        cleaning = nil
        return PostgresEffects(change: isReleased ? .clean : nil)
    }

    private mutating func reset(_ connection: OpaquePointer) -> PostgresEffects {
        cleaning?.isResetting = true
        let isIdle = PQtransactionStatus(connection) == PQTRANS_IDLE
        guard leavePipelineMode(connection), PQsendQuery(connection, isIdle ? "" : "ROLLBACK") == 1 else {
            return lose(.lostConnection)
        }
        var reader = PostgresResultReader(steps: [], isPipelined: false, commits: false)
        reader.discards = true
        operation = PostgresOperation(
            id: loop.newID(),
            reader: reader,
            goal: .results,
            deadline: .after(.seconds(10))
        )
        flush()
        return progress()
    }

    /// Starts cleaning a connection that is between statements.
    mutating func rollBack() -> PostgresEffects {
        guard let handle else { return PostgresEffects() }
        cleaning = Cleaning(id: loop.newID(), isDrained: true)
        return reset(handle.pointer)
    }
}

extension StorageError {
    /// A commit whose answer was not waited for.
    static func lostDuringCommit(because cause: StorageError) -> StorageError {
        StorageError(
            .commitUnknown,
            "\(cause.message), while the server was committing",
            advice: "Read the records to see whether the change took place before repeating it"
        ).causedBy(cause)
    }
}
#endif
