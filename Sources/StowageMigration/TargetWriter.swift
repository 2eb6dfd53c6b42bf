internal import Stowage

/// Transactions on a target that run again after a conflict.
struct TargetWriter: Sendable {
    let database: StorageDatabase

    private static var attempts: Int { 10 }

    /// Runs a body in a transaction and commits it.
    ///
    /// - Parameters:
    ///   - isLong: Whether it may take longer than a call's deadline; the wait for its beginning may not.
    ///   - isolation: What the body needs; the database's own by default.
    func transaction<Result>(
        isLong: Bool = false,
        isolation: Isolation? = nil,
        _ body: (any DriverTransaction) async throws -> Result
    ) async throws -> Result {
        var tries = 0
        while true {
            do {
                return try await once(isLong, isolation, body)
            } catch let error as StorageError where error.code == .conflict && error.isRetryable {
                tries += 1
                if tries == Self.attempts { throw error }
                // Uneven pauses, so that two who met do not meet again.
                try await Task.sleep(for: .microseconds(Int64.random(in: 0...(1000 << Int64(min(tries, 6))))))
            }
        }
    }

    private func once<Result>(
        _ isLong: Bool,
        _ isolation: Isolation?,
        _ body: (any DriverTransaction) async throws -> Result
    ) async throws -> Result {
        let transaction: any DriverTransaction
        if isLong {
            transaction = try await BoundedBegin.transaction(.readWrite, of: database, isolation: isolation)
        } else {
            var context = database.options.context()
            context.isolation = isolation ?? context.isolation
            transaction = try await database.driver.begin(.readWrite, context: context)
        }
        do {
            let result = try await body(transaction)
            if Task.isCancelled { throw StorageError.cancelledTask }
            try await transaction.commit()
            return result
        } catch {
            await transaction.rollBack()
            throw error is CancellationError ? StorageError.cancelledTask : error
        }
    }
}
