// One-shot operations for drivers that have no better way: a transaction for each.
extension StorageDriver {
    /// A read-only transaction is ended by a rollback.
    public var commitsReads: Bool { false }

    /// Begins a read and ends it.
    public func health(context: OperationContext) async throws -> StorageHealth {
        try await reading(context) { _ in StorageHealth(backendVersion: location.backend) }
    }

    /// Reads by key in a read of its own.
    public func get(
        _ keys: [Key],
        in collection: CollectionSchema,
        includingUnknown: Bool,
        context: OperationContext,
        rows: @escaping RowHandler
    ) async throws {
        try await reading(context) {
            try await $0.get(keys, in: collection, includingUnknown: includingUnknown, rows: rows)
        }
    }

    /// Answers a query in a read of its own.
    public func query(
        _ query: DriverQuery,
        in collection: CollectionSchema,
        context: OperationContext,
        rows: @escaping RowHandler
    ) async throws {
        try await reading(context) { try await $0.query(query, in: collection, until: context.deadline, rows: rows) }
    }

    /// Counts in a read of its own.
    public func count(
        _ predicate: QueryPredicate,
        in collection: CollectionSchema,
        context: OperationContext
    ) async throws -> Int {
        try await reading(context) { try await $0.count(predicate, in: collection) }
    }

    /// Writes in a transaction of its own.
    public func write(_ batch: WriteBatch, context: OperationContext) async throws -> [MutationOutcome] {
        let transaction = try await begin(.readWrite, context: context)
        do {
            let outcomes = try await transaction.write(batch)
            try context.deadline.check(waitingFor: "the end of a write")
            try await transaction.commit()
            return outcomes
        } catch {
            await transaction.rollBack()
            throw error
        }
    }

    private func reading<T>(
        _ context: OperationContext,
        _ body: (any DriverTransaction) async throws -> T
    ) async throws -> T {
        let transaction = try await begin(.readOnly, context: context)
        do {
            let result = try await body(transaction)
            await transaction.rollBack()
            return result
        } catch {
            await transaction.rollBack()
            throw error
        }
    }
}

extension DriverTransaction {
    /// Hands over all rows of an answer.
    package func query(
        _ query: DriverQuery,
        in collection: CollectionSchema,
        until deadline: Deadline,
        rows: @escaping RowHandler
    ) async throws {
        let cursor = try await cursor(query, in: collection)
        do {
            while try await cursor.next(1024, until: deadline, rows: rows) {}
            await cursor.close()
        } catch {
            await cursor.close()
            throw error
        }
    }

    /// Counts by reading the answer.
    public func count(_ predicate: QueryPredicate, in collection: CollectionSchema) async throws -> Int {
        let order = collection.key.map { SortKey(collection.fields[$0].name) }
        let count = Counter()
        try await query(DriverQuery(predicate, order: order), in: collection, until: .distant) { _ in count.add() }
        return count.value
    }
}
