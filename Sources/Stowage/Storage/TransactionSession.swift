internal import Synchronization

/// A running transaction: one call at a time, never used after its end, and never committed after a failure that its
/// driver could not contain (TXN-2).
package final class TransactionSession: Sendable {
    package let database: StorageDatabase
    let mode: TransactionMode
    let deadline: Deadline
    private let transaction: any DriverTransaction
    private let turns: TransactionTurns
    private let state = Mutex(State())

    private struct State {
        /// Set at the end, or by the first failure: later calls throw it.
        var failure: StorageError?
        /// Whether the body may not use it any more.
        var isFinished = false
        /// Whether the driver's transaction has ended.
        var isEnded = false
        /// The cursors that the driver has open, closed before the transaction ends.
        var cursors: [ObjectIdentifier: any DriverCursor] = [:]
    }

    init(database: StorageDatabase, mode: TransactionMode, deadline: Deadline, transaction: any DriverTransaction) {
        self.database = database
        self.mode = mode
        self.deadline = deadline
        self.transaction = transaction
        turns = TransactionTurns(deadline: deadline)
    }

    /// Whether the body is still running.
    var isActive: Bool { state.withLock { !$0.isFinished } }

    /// The failure that ended the transaction while its body was running.
    var failure: StorageError? { state.withLock { $0.isFinished ? nil : $0.failure } }

    /// What further calls are told: the failure or the end; nil while it is usable.
    var ending: StorageError? { state.withLock { $0.failure } }

    func requireWritable() throws {
        if mode == .readOnly { throw StorageError(.readOnly, "a read-only transaction cannot write") }
        try database.requireWritable()
    }

    /// Runs one call of the transaction after those before it.
    func perform<T>(_ body: (any DriverTransaction) async throws -> T) async throws -> T {
        if Task.isCancelled { throw StorageError.cancelledTask }
        try await turns.take()
        defer { turns.release() }
        return try await call(body)
    }

    /// Calls the driver. The caller has the turn.
    private func call<T>(_ body: (any DriverTransaction) async throws -> T) async throws -> T {
        if let failure = state.withLock({ $0.failure }) { throw failure }
        // Before the driver is called, nothing has happened to the transaction.
        if Task.isCancelled { throw StorageError.cancelledTask }
        do {
            if deadline.hasPassed { throw deadline.timeout(waitingFor: "the transaction's body to end") }
            return try await body(transaction)
        } catch let error as StorageError {
            if !error.leavesTransactionUsable { fail(error) }
            throw error
        } catch is CancellationError {
            fail(.cancelledTask)
            throw StorageError.cancelledTask
        } catch {
            // The statement was not read to its end, so the engine's side of the transaction is not known.
            fail(StorageError(.invalidValue, "a row could not be taken"))
            throw error
        }
    }

    private func fail(_ error: StorageError) {
        state.withLock { if $0.failure == nil { $0.failure = error } }
        turns.open()
    }

    // MARK: Nested transactions

    /// Runs a part of the body that rolls back alone (TXN-2).
    ///
    /// Parts that are begun side by side wait for each other, and calls from outside a part wait for its end: otherwise
    /// the rollback of one would undo what another was told is done.
    func nested<T: Sendable>(_ body: () async throws -> T) async throws -> T {
        try database.driver.capabilities.require(.nestedTransactions, for: "nested transactions")
        try await turns.take()
        do {
            defer { turns.release() }
            try await call { try await $0.savepoint() }
            turns.push()
        }
        let scope = turns.current
        do {
            let result = try await turns.within(scope) {
                let result = try await body()
                if Task.isCancelled { throw StorageError.cancelledTask }
                return result
            }
            try await leave(scope) { try await $0.releaseSavepoint() }
            return result
        } catch {
            // When the whole transaction has failed there is nothing to go back to; the outermost one ends it.
            if state.withLock({ $0.failure }) == nil {
                try await leave(scope) { try await $0.rollBackToSavepoint() }
            } else {
                turns.pop(scope)
            }
            throw error
        }
    }

    /// Ends a nested part, also when its task was cancelled.
    private func leave(_ scope: Int, _ body: (any DriverTransaction) async throws -> Void) async throws {
        await turns.takeAnyway()
        defer {
            turns.pop(scope)
            turns.release()
        }
        if let failure = state.withLock({ $0.failure }) { throw failure }
        do {
            try await body(transaction)
        } catch {
            let failure = error as? StorageError ?? .cancelledTask
            fail(failure)
            throw failure
        }
    }

    // MARK: Cursors

    /// Opens a cursor that the session closes at the latest when the transaction ends.
    func cursor(_ query: DriverQuery, in collection: CollectionSchema) async throws -> any DriverCursor {
        try await perform { transaction in
            let cursor = try await transaction.cursor(query, in: collection)
            state.withLock { $0.cursors[ObjectIdentifier(cursor)] = cursor }
            return cursor
        }
    }

    /// Closes a cursor, unless the end of the transaction has done so.
    func close(_ cursor: any DriverCursor) async {
        await turns.takeAnyway()
        defer { turns.release() }
        if state.withLock({ $0.cursors.removeValue(forKey: ObjectIdentifier(cursor)) }) != nil { await cursor.close() }
    }

    private func closeCursors() async {
        let open = state.withLock { state in
            defer { state.cursors = [:] }
            return state.cursors.values
        }
        for cursor in open { await cursor.close() }
    }

    // MARK: The end

    /// Ends the transaction by a commit, or by the failure that it met.
    func commit() async throws {
        await turns.takeAnyway()
        defer { turns.release() }
        if let failure = state.withLock({ $0.failure }) {
            await end()
            throw failure
        }
        if deadline.hasPassed {
            await end()
            throw deadline.timeout(waitingFor: "the transaction's body to end")
        }
        guard mode == .readWrite || database.driver.commitsReads else { return await end() }
        finish()
        await closeCursors()
        do {
            try await transaction.commit()
            state.withLock { $0.isEnded = true }
        } catch {
            await end()
            throw error
        }
    }

    /// Ends the transaction without keeping its writes.
    func rollBack() async {
        await turns.takeAnyway()
        defer { turns.release() }
        await end()
    }

    /// Ends the transaction because its time is over, while its body may still be running.
    func expire(_ error: StorageError) async {
        fail(error)
        await rollBack()
    }

    private func finish() {
        state.withLock { state in
            state.isFinished = true
            if state.failure == nil {
                state.failure = StorageError(.invalidArgument, "a transaction is used after its end")
            }
        }
        turns.open()
    }

    private func end() async {
        let isFirst = state.withLock { state in
            defer { state.isEnded = true }
            return !state.isEnded
        }
        finish()
        await closeCursors()
        if isFirst { await transaction.rollBack() }
    }
}

extension StorageError {
    /// Whether a transaction that met this error is as it was before the call; see ``DriverTransaction``.
    package var leavesTransactionUsable: Bool {
        switch code {
        case .alreadyExists, .constraint, .invalidArgument, .invalidValue, .unsupported, .readOnly: true
        // A revision that differs is an answer; two transactions that cannot be ordered are not.
        case .conflict: !isRetryable
        default: false
        }
    }
}

/// The transactions whose bodies the current task runs in.
package enum ActiveTransaction {
    @TaskLocal static var sessions: [TransactionSession] = []

    /// Throws `invalidArgument` inside a transaction of the database: outside it, a call could wait for itself (TXN-6).
    static func refuse(_ database: StorageDatabase, doing what: String) throws {
        let sessions = sessions
        if !sessions.isEmpty, sessions.contains(where: { $0.database === database && $0.isActive }) {
            throw StorageError(
                .invalidArgument,
                "\(what) inside a transaction's body",
                advice: "Use the transaction that the body is given"
            )
        }
    }
}
