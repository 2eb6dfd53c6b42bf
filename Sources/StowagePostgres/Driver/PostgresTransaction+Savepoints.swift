#if Postgres
internal import Stowage
internal import Synchronization

/// Parts of a transaction that can be undone alone (TXN-2).
extension PostgresTransaction {
    /// Runs a part that is undone alone when it fails with an error that a caller can cause.
    func undoingFailures<Answer>(_ name: String, _ body: () async throws -> Answer) async throws -> Answer {
        let flushes = try state.withLock { state in
            try Self.check(state)
            state.pending.append(PostgresSession.savepoint(name))
            return state.flushes
        }
        do {
            let answer = try await body()
            queue([PostgresSession.release(name)])
            return answer
        } catch {
            state.withLock { state in
                if state.failure != nil { return }
                state.aborted = nil
                if state.flushes == flushes {
                    // Nothing was sent: what the failed part left for later goes, with the savepoint.
                    let start = state.pending.lastIndex { $0.sql == PostgresSession.savepoint(name).sql }
                    state.pending.removeSubrange((start ?? state.pending.endIndex)...)
                } else {
                    state.pending = PostgresSession.rollBack(to: name)
                }
            }
            throw error
        }
    }

    /// Goes back to a savepoint that stays, when a statement has failed behind it; whether it can.
    func goBack(to name: String) -> Bool {
        state.withLock { state in
            guard state.failure == nil, state.aborted != nil else { return false }
            state.aborted = nil
            state.pending = [PostgresSession.plain("ROLLBACK TO SAVEPOINT \(name)")]
            return true
        }
    }

    func savepoint() async throws {
        try state.withLock { state in
            try Self.check(state)
            state.depth += 1
            state.pending.append(PostgresSession.savepoint("stowage_nested"))
        }
    }

    func releaseSavepoint() async throws {
        try state.withLock { state in
            try Self.check(state)
            state.depth -= 1
            for (cursor, depth) in state.cursors where depth > state.depth { state.cursors[cursor] = state.depth }
            state.pending.append(PostgresSession.release("stowage_nested"))
        }
    }

    func rollBackToSavepoint() async throws {
        try state.withLock { state in
            if state.isOver { throw StorageError(.invalidArgument, "the transaction has ended") }
            if let failure = state.failure { throw failure }
            state.aborted = nil
            state.depth -= 1
            for (cursor, depth) in state.cursors where depth > state.depth { state.cursors[cursor] = nil }
            state.pending += PostgresSession.rollBack(to: "stowage_nested")
        }
    }
}
#endif
