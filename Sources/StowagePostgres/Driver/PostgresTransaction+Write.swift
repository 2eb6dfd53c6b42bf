#if Postgres
internal import Stowage
internal import StowageSQL

extension PostgresTransaction {
    /// Applies a batch behind a savepoint that travels with it, so that an error of the caller's undoes it alone.
    func write(_ batch: WriteBatch) async throws -> [MutationOutcome] {
        if mode == .readOnly { throw StorageError(.readOnly, "the transaction is for reading only") }
        let table = try driver.opened(batch.collection)
        if batch.mutations.isEmpty { return [] }
        return try await undoingFailures("stowage_write") {
            var mutator = PostgresMutator(self, table, batch)
            return try await mutator.apply(batch.mutations)
        }
    }

    /// Whether a record is stored under a key, after a statement of the batch has failed: it may have broken the key
    /// and an index, and the server names whichever it meets first.
    func existsAfterFailure(_ key: Key, in table: PostgresTable) async -> Bool {
        guard table.mayMaskKey, goBack(to: "stowage_write") else { return false }
        let exists = PostgresStatement(table.exists, PostgresParameters(key, of: table.schema))
        guard let result = try? await run([exists]).first else { return false }
        return result.rowCount > 0
    }
}
#endif
