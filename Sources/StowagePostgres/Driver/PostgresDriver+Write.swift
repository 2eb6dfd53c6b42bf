#if Postgres
public import Stowage
internal import StowageSQL

/// Writes outside a transaction, and the beginning of transactions.
extension PostgresDriver {
    /// Begins a transaction.
    ///
    /// For reading it is a snapshot of this moment. For writing it is serializable, unless the context asks for less,
    /// and begins on the server with its first statement.
    public func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        try await transaction(mode, context)
    }

    private func transaction(_ mode: TransactionMode, _ context: OperationContext) async throws -> PostgresTransaction {
        let pool = try openedPool()
        if mode == .readWrite { try requireWritable() }
        let connection = try await pool.lease(deadline: context.deadline, waitingFor: wait)
        let transaction = PostgresTransaction(self, pool, connection, mode, context)
        if mode == .readOnly {
            do {
                try await transaction.beginSnapshot()
            } catch {
                await transaction.rollBack()
                throw (error as? StorageError)?.atIndex(nil) ?? error
            }
        }
        return transaction
    }

    /// Applies a batch. One that needs no reading takes one round trip, its `BEGIN` and `COMMIT` included.
    public func write(_ batch: WriteBatch, context: OperationContext) async throws -> [MutationOutcome] {
        let table = try opened(batch.collection)
        try requireWritable()
        if batch.mutations.isEmpty { return [] }
        if let outcomes = try await writeAtOnce(batch, table, context) { return outcomes }
        let transaction = try await transaction(.readWrite, context)
        do {
            let outcomes = try await transaction.write(batch)
            try await transaction.commit()
            return outcomes
        } catch {
            await transaction.rollBack()
            throw error
        }
    }

    /// The whole batch in one round trip; nil, and nothing is written, when it takes more.
    private func writeAtOnce(
        _ batch: WriteBatch,
        _ table: PostgresTable,
        _ context: OperationContext
    ) async throws -> [MutationOutcome]? {
        guard let statements = try table.atOnce(batch) else { return nil }
        let begin = PostgresSession.begin(context, byKey: batch.mutations.contains(where: PostgresTable.isByKey))
        let pool = try openedPool()
        let connection = try await pool.lease(deadline: context.deadline, waitingFor: wait)
        defer { pool.release(connection) }
        let results: [PostgresResult]
        do {
            results = try await connection.run(
                begin + statements + [PostgresSession.commit],
                commits: true,
                deadline: context.deadline
            )
        } catch let error as StorageError {
            throw await named(error, begin.count, batch, table, connection, context)
        }
        var outcomes: [MutationOutcome] = []
        for (mutation, result) in zip(batch.mutations, results.dropFirst(begin.count)) {
            // An upsert that the stored record held back: it stood alone, so nothing was written.
            guard let outcome = try table.outcome(of: mutation, from: result, returningRow: batch.returnsRows) else {
                return nil
            }
            outcomes.append(outcome)
        }
        return outcomes
    }

    /// An error with the record that it concerns.
    private func named(
        _ error: StorageError,
        _ first: Int,
        _ batch: WriteBatch,
        _ table: PostgresTable,
        _ connection: PostgresConnection,
        _ context: OperationContext
    ) async -> StorageError {
        let portable = error.atIndex(nil).inCollection(table.schema.name)
        guard let index = error.batchIndex.map({ $0 - first }), batch.mutations.indices.contains(index) else {
            return portable
        }
        let key = table.key(of: batch.mutations[index])
        var named = table.recordError(portable)
        if named.code == .constraint, table.mayMaskKey, case .insert = batch.mutations[index], let key {
            let exists = PostgresStatement(table.exists, PostgresParameters(key, of: table.schema))
            let results = try? await connection.run(
                [PostgresSession.plain("ROLLBACK"), exists],
                deadline: context.deadline
            )
            let isInBatch = batch.mutations[..<index].contains { table.key(of: $0) == key }
            if isInBatch || results?.last?.rowCount == 1 { named = table.alreadyExists(named.backend) }
        }
        return named.atIndex(index).forRecord(key?.description)
    }
}

extension PostgresTable {
    /// The statements of a batch that needs no reading and no more than a round trip's memory.
    fileprivate func atOnce(_ batch: WriteBatch) throws -> [PostgresStatement]? {
        guard batch.mutations.count < PostgresMutator.copyThreshold else { return nil }
        var statements: [PostgresStatement] = []
        statements.reserveCapacity(batch.mutations.count)
        for (index, mutation) in batch.mutations.enumerated() {
            if case .upsert(let row) = mutation, mustMerge(row), batch.mutations.count > 1 || row.unknown != nil {
                return nil
            }
            // Among statements by key it would need another setting around it.
            if Self.isScan(mutation), batch.mutations.count > 1 { return nil }
            do {
                guard let statement = try statement(for: mutation, returningRow: batch.returnsRows) else { return nil }
                try statement.parameters.check()
                statements.append(statement)
            } catch let error as StorageError {
                throw error.inCollection(schema.name).atIndex(index).forRecord(key(of: mutation)?.description)
            }
        }
        return statements
    }
}
#endif
