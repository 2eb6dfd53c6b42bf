internal import Stowage

/// Begins transactions that may take long once they have begun: only the wait for their beginning has a short deadline.
enum BoundedBegin {
    /// So far off that only an abandoned transaction meets it.
    private static let whole = Duration.seconds(86_400)

    static func transaction(
        _ mode: TransactionMode,
        of database: StorageDatabase,
        isolation: Isolation? = nil
    ) async throws -> any DriverTransaction {
        var context = database.options.context()
        let deadline = context.deadline
        context.deadline = .after(whole)
        context.isolation = isolation ?? context.isolation
        let (driver, begun) = (database.driver, context)
        return try await withThrowingTaskGroup(of: (any DriverTransaction)?.self) { group in
            group.addTask { try await driver.begin(mode, context: begun) }
            group.addTask {
                try? await Task.sleep(until: deadline.instant, clock: .continuous)
                return nil
            }
            do {
                if let first = try await group.next(), let transaction = first {
                    group.cancelAll()
                    return transaction
                }
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
            // It may have begun at the last moment: then nobody else would end it.
            let isCancelled = Task.isCancelled
            while let late = try? await group.next() { await late?.rollBack() }
            throw isCancelled
                ? StorageError.cancelledTask
                : deadline.timeout(waitingFor: "a transaction on \(driver.location)")
        }
    }
}
