/// A transaction over all record types of a database, as ``StorageDatabase/transaction(_:options:_:)`` gives it to its
/// body.
public struct StorageTransaction: Sendable {
    let session: TransactionSession

    /// The storage as it is inside this transaction: it sees its own writes, and they are kept or lost together.
    public func storage<Storage: DatabaseStorage>(
        _ storage: Storage
    ) -> RecordStorage<Storage.Record, Storage.State> {
        RecordStorage(handle: storage.handle.within(session))
    }

    /// Runs a part of the body that rolls back alone when it throws (TXN-2).
    @discardableResult
    public func transaction<T: Sendable>(
        _ body: nonisolated(nonsending) (StorageTransaction) async throws -> T
    ) async throws -> T {
        try await session.nested { try await body(self) }
    }
}

extension StorageDatabase {
    /// Runs a transaction: all of its writes are kept, or none.
    ///
    /// It is serializable (TXN-1), rolls back when the body throws or the task is cancelled, and starts the body again,
    /// with jitter until the deadline, when it could not be put in an order with others (TXN-3). So the body should
    /// have no effects outside the database. The deadline covers the whole body (LIF-2): when it passes, the writes are
    /// rolled back and the locks given back at once; a body that is busy elsewhere learns it at its next call, or at
    /// its end.
    ///
    /// - Parameters:
    ///   - mode: `readOnly` is one snapshot that blocks no writer (TXN-6).
    ///   - options: The deadline and levels; those of the database by default.
    ///   - body: What to do, through the transaction alone: using a storage itself throws `invalidArgument` (TXN-6).
    /// - Returns: What the body returns.
    /// - Throws: What the body throws; `conflict` is retried and ends as `timeout`; `commitUnknown` when nobody knows
    ///   whether the writes were kept (TXN-5).
    @discardableResult
    public func transaction<T: Sendable>(
        _ mode: TransactionMode = .readWrite,
        options: StorageOptions? = nil,
        _ body: nonisolated(nonsending) (StorageTransaction) async throws -> T
    ) async throws -> T {
        try ActiveTransaction.refuse(self, doing: "beginning another transaction")
        try driver.capabilities.require(.transactions, for: "transactions")
        if mode == .readWrite { try requireWritable() }
        if !stateMark.isSet { throw StorageError.notInitialized }
        let context = (options ?? self.options).context()
        return try await running {
            try await retrying(until: context.deadline) { try await attempt(mode, context, body) }
        }
    }

    private func attempt<T: Sendable>(
        _ mode: TransactionMode,
        _ context: OperationContext,
        _ body: nonisolated(nonsending) (StorageTransaction) async throws -> T
    ) async throws -> T {
        try context.deadline.check(waitingFor: "a transaction to begin")
        let session = TransactionSession(
            database: self,
            mode: mode,
            deadline: context.deadline,
            transaction: try await driver.begin(mode, context: context)
        )
        // The body may sleep while it holds locks: at the deadline they are given back without waiting for it.
        let watch = Task {
            try await Task.sleep(until: context.deadline.instant, clock: .continuous)
            await session.expire(context.deadline.timeout(waitingFor: "the transaction's body to end"))
        }
        defer { watch.cancel() }
        do {
            let result = try await ActiveTransaction.$sessions.withValue(ActiveTransaction.sessions + [session]) {
                try await body(StorageTransaction(session: session))
            }
            if Task.isCancelled { throw StorageError.cancelledTask }
            try await session.commit()
            return result
        } catch {
            // Asked before the end, which leaves a failure of its own.
            let failure = session.failure
            await session.rollBack()
            // A body that swallows a conflict, or wraps it in an error of its own, must still run again (TXN-3).
            if let failure, failure.code == .conflict { throw failure }
            throw error
        }
    }
}

extension DatabaseStorage {
    /// Runs a transaction over the records of this storage; see ``StorageDatabase/transaction(_:options:_:)``.
    ///
    /// ```swift
    /// try await accounts.transaction { accounts in
    ///     guard let from = try await accounts.get("a"), from.balance >= 10 else { throw NotEnough() }
    ///     try await accounts.update("a") { $0.balance = from.balance - 10 }
    ///     …
    /// }
    /// ```
    ///
    /// Inside a transaction it nests: what the body writes rolls back alone when it throws (TXN-2).
    @discardableResult
    public func transaction<T: Sendable>(
        _ mode: TransactionMode = .readWrite,
        _ body: nonisolated(nonsending) (RecordStorage<Record, State>) async throws -> T
    ) async throws -> T {
        switch handle.route.executor {
        case .database(let database):
            try await database.transaction(mode, options: handle.options) { try await body($0.storage(self)) }
        case .transaction(let session):
            try await session.nested { try await body(RecordStorage(handle: handle)) }
        }
    }
}
