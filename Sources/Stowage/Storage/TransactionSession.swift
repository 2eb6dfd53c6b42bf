internal import Synchronization

/// A running transaction: one call at a time, never used after its end, and never committed after a failure that its
/// driver could not contain (TXN-2).
package final class TransactionSession: Sendable {
    package let database: StorageDatabase
    let mode: TransactionMode
    let deadline: Deadline
    private let transaction: any DriverTransaction
    private let state = Mutex(State())

    private struct State {
        var isBusy = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        /// Set at the end, or by the first failure: later calls throw it.
        var ended: StorageError?
        var isFinished = false
        var isRolledBack = false
    }

    init(database: StorageDatabase, mode: TransactionMode, deadline: Deadline, transaction: any DriverTransaction) {
        self.database = database
        self.mode = mode
        self.deadline = deadline
        self.transaction = transaction
    }

    /// Whether the body is still running.
    var isActive: Bool { state.withLock { !$0.isFinished } }

    /// The failure that ended the transaction, while its body was running.
    var failure: StorageError? { state.withLock { $0.isFinished ? nil : $0.ended } }

    func requireWritable() throws {
        if mode == .readOnly { throw StorageError(.readOnly, "a read-only transaction cannot write") }
        try database.requireWritable()
    }

    /// Runs one call of the transaction after those before it.
    func perform<T>(_ body: (any DriverTransaction) async throws -> T) async throws -> T {
        await acquire()
        defer { release() }
        if let ended = state.withLock({ $0.ended }) { throw ended }
        do {
            try deadline.check(waitingFor: "the transaction's body to end")
            return try await body(transaction)
        } catch let error as StorageError {
            if !error.leavesTransactionUsable { fail(error) }
            throw error
        } catch {
            // A decoding error of the app's own, thrown while rows were handed over: the engine is fine, but the
            // statement was not read to its end.
            let failure =
                error is CancellationError ? .cancelledTask : StorageError(.invalidValue, "a row handler threw")
            fail(failure)
            throw error is CancellationError ? failure : error
        }
    }

    private func fail(_ error: StorageError) { state.withLock { if $0.ended == nil { $0.ended = error } } }

    /// Runs a part of the body that rolls back alone (TXN-2).
    func nested<T: Sendable>(_ body: () async throws -> T) async throws -> T {
        try database.driver.capabilities.require(.nestedTransactions, for: "nested transactions")
        try await perform { try await $0.savepoint() }
        do {
            let result = try await body()
            if Task.isCancelled { throw StorageError.cancelledTask }
            try await perform { try await $0.releaseSavepoint() }
            return result
        } catch {
            // When the whole transaction has failed there is nothing to go back to; the outermost one ends it.
            if state.withLock({ $0.ended }) == nil {
                try await perform { try await $0.rollBackToSavepoint() }
            }
            throw error
        }
    }

    /// Ends the transaction by a commit, or by the failure that it met.
    func commit() async throws {
        await acquire()
        defer { release() }
        if let ended = state.withLock({ $0.ended }) {
            await end()
            throw ended
        }
        do {
            try deadline.check(waitingFor: "the transaction's body to end")
            if mode == .readOnly {
                await end()
            } else {
                finish()
                try await transaction.commit()
            }
        } catch {
            await end()
            throw error
        }
    }

    /// Ends the transaction without keeping its writes.
    func rollBack() async {
        await acquire()
        defer { release() }
        await end()
    }

    /// Ends the transaction because its time is over, while its body may still be running.
    func expire(_ error: StorageError) async {
        fail(error)
        await acquire()
        defer { release() }
        await end()
    }

    private func finish() {
        state.withLock { state in
            state.isFinished = true
            if state.ended == nil {
                state.ended = StorageError(.invalidArgument, "a transaction is used after its end")
            }
        }
    }

    private func end() async {
        let isFirst = state.withLock { state in
            defer { state.isRolledBack = true }
            return !state.isRolledBack
        }
        finish()
        if isFirst { await transaction.rollBack() }
    }

    private func acquire() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if !state.isBusy {
                    state.isBusy = true
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    private func release() {
        state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.waiting.isEmpty {
                state.isBusy = false
                return nil
            }
            return state.waiting.removeFirst()
        }?.resume()
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
