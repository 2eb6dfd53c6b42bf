#if Postgres
public import Stowage
internal import StowageSQL

/// Reads outside a transaction: a single statement is one snapshot.
extension PostgresDriver {
    /// Looks records up, all in one statement.
    public func get(
        _ keys: [Key],
        in collection: CollectionSchema,
        includingUnknown: Bool,
        context: OperationContext,
        rows: @escaping RowHandler
    ) async throws {
        let table = try await readable(collection, context)
        if keys.isEmpty { return }
        let statement = table.get(keys, includingUnknown: includingUnknown)
        try await locating(table) {
            let pool = try openedPool()
            let result: PostgresResult?
            if keys.count <= Self.sharedKeys {
                result = try await pool.lookUp(statement, deadline: context.deadline, waitingFor: wait)
            } else {
                result = try await pool.withConnection(deadline: context.deadline, waitingFor: wait) { connection in
                    try await connection.run([statement], deadline: context.deadline).first
                }
            }
            try result?.give(to: rows, table, includingUnknown: includingUnknown)
        }
    }

    /// Answers a query page by page, in the memory of a page.
    public func query(
        _ query: DriverQuery,
        in collection: CollectionSchema,
        context: OperationContext,
        rows: @escaping RowHandler
    ) async throws {
        let table = try await readable(collection, context)
        let sql = try table.reads.select(query)
        let statement = PostgresStatement(sql.text, PostgresParameters(sql.parameters))
        try await read(context, table) { connection in
            let stream = try await connection.stream(statement, pageSize: 512, deadline: context.deadline)
            var reader: PostgresRowReader?
            try await stream.forEachPage(deadline: context.deadline) { page in
                try page.give(to: rows, table, includingUnknown: query.includesUnknown, reader: &reader)
            }
        }
    }

    /// Counts records.
    public func count(
        _ predicate: QueryPredicate,
        in collection: CollectionSchema,
        context: OperationContext
    ) async throws -> Int {
        let table = try await readable(collection, context)
        let sql = try table.reads.count(predicate)
        let statement = PostgresStatement(sql.text, PostgresParameters(sql.parameters))
        return try await read(context, table) { connection in
            guard let result = try await connection.run([statement], deadline: context.deadline).first else { return 0 }
            return Int(try result.row(0).int8(0))
        }
    }

    /// Asks the server for its version, in one round trip.
    public func health(context: OperationContext) async throws -> StorageHealth {
        let pool = try openedPool()
        let sql = "SELECT current_setting('server_version'), current_database()::text, pg_is_in_recovery()"
        return try await read(context, nil) { connection in
            guard let row = try await connection.run([PostgresStatement(sql)], deadline: context.deadline).first?.row(0)
            else { throw StorageError(.unavailable, "the database server did not answer") }
            let counts = pool.counts
            return StorageHealth(
                backendVersion: "PostgreSQL \(try row.text(0))",
                details: [
                    "database": try row.text(1), "standby": String(try row.bool(2)),
                    "connections in use": String(counts.leased), "connections idle": String(counts.idle),
                    "tasks waiting": String(counts.waiting), "pool size": String(options.poolSize),
                ]
            )
        }
    }

    /// Up to how many records are looked up in the company of other tasks' lookups, which wait for the answer.
    private static let sharedKeys = 64

    /// The table of a collection, looked for again when it was absent.
    func readable(_ collection: CollectionSchema, _ context: OperationContext) async throws -> PostgresTable {
        let table = try opened(collection)
        guard table.table.isAbsent else { return table }
        return try await table.seen { look in
            try await read(context, table) { try await $0.run([look], deadline: context.deadline).first }
        }
    }

    /// Runs a read on a connection of its own.
    func read<Answer>(
        _ context: OperationContext,
        _ table: PostgresTable?,
        _ body: (PostgresConnection) async throws -> Answer
    ) async throws -> Answer {
        try await locating(table) {
            try await openedPool().withConnection(deadline: context.deadline, waitingFor: wait, body)
        }
    }

    /// Runs a read; its errors name the collection.
    private func locating<Answer>(_ table: PostgresTable?, _ body: () async throws -> Answer) async throws -> Answer {
        do {
            return try await body()
        } catch let error as StorageError {
            let error = error.atIndex(nil)
            guard error.collection == nil, let table else { throw error }
            throw error.inCollection(table.schema.name)
        }
    }
}
#endif
