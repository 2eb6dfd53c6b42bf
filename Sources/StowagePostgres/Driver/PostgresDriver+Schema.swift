#if Postgres
public import Stowage
internal import StowageSQL
internal import Synchronization

/// Schema migrations (SCH-1, SCH-2): each in one transaction, under an advisory lock that goes with it, also behind a
/// proxy that pools transactions.
extension PostgresDriver: SchemaDriver {
    /// The SQL that runs, migration by migration.
    public func schemaTexts(of migrations: SchemaMigrations) throws -> [String] {
        try SQLMigrationWriter(PostgresDialect()).migrations(migrations).map(\.text)
    }

    /// Reads the history and the catalogs.
    public func schemaStatus(
        of migrations: SchemaMigrations,
        access: StorageAccess,
        comparing: Bool,
        context: OperationContext
    ) async throws -> SchemaStatus {
        let nothing = try Self.findings(migrations)
        try await open([], naming: nothing.collections, access: access, context: context)
        let deadline = context.deadline
        let found = try await openedPool().withConnection(deadline: deadline, waitingFor: wait) { connection in
            try await nothing.filled(from: connection, withRules: comparing, deadline)
        }
        return found.status(comparing: comparing)
    }

    /// Applies what is pending, under the lock.
    public func migrate(_ migrations: SchemaMigrations, context: OperationContext) async throws -> [AppliedMigration] {
        let nothing = try Self.findings(migrations)
        try await open([], naming: nothing.collections, access: .readWrite, context: context)
        let deadline = context.deadline
        return try await openedPool().withConnection(deadline: deadline, waitingFor: wait) { connection in
            // Mostly nothing is pending, and no lock is needed to see it. Anything else is looked at again under the lock:
            // tables and history are two reads, and another process may have made both in between.
            if let found = try? await nothing.filled(from: connection, deadline).plan(), found.isEmpty { return [] }
            let migrator = PostgresMigrator(connection: connection, nothing: nothing, deadline: deadline)
            do {
                return try await migrator.run()
            } catch let error as StorageError { throw error.atIndex(nil) }
        }
    }

    private static func findings(_ migrations: SchemaMigrations) throws -> SQLSchemaFindings {
        try SQLSchemaFindings(migrations, PostgresDialect(), isSame: TextOrder.equal)
    }
}

extension SQLSchemaFindings {
    /// Fills in what the database says.
    ///
    /// - Parameter withRules: Whether to ask for the tables' rules too.
    func filled(
        from connection: PostgresConnection,
        withRules: Bool = false,
        _ deadline: Deadline
    ) async throws -> SQLSchemaFindings {
        var found = self
        let collections = collections
        // Of the histories along the search path only the one beside the tables is theirs.
        let home = try await PostgresHome(of: collections).name(on: connection, deadline)
        let own = Self.ownCollections.map { $0.inNamespace(home) }
        let ownHistory = CollectionSchema.migrationHistory.inNamespace(home)
        let all = collections + own + [ownHistory]
        let catalog = try await PostgresCatalog(of: all, on: connection, deadline: deadline)
        for (collection, table) in zip(collections, catalog.tables) {
            found.tables[ByteText(collection.name)] = table.live(of: collection)
            guard withRules, !table.isAbsent else { continue }
            let name = PostgresDialect().table(collection)
            found.tables[ByteText(collection.name)]?.rules =
                try await PostgresDriver.constraints(on: name, connection, deadline)
        }
        for (collection, table) in zip(own, catalog.tables.dropFirst(collections.count)) {
            found.ownTables[ByteText(collection.name)] = table.live(of: collection)
        }
        found.historyIsUnlogged = catalog.tables.last?.isUnlogged == true
        found.relations = try await relations(in: home, on: connection, deadline)
        guard catalog.tables.last?.isAbsent == false else { return found }
        let table = try PostgresTable(SQLTable(ownHistory))
        let sql = try table.reads.select(DriverQuery(order: [SortKey("number")]))
        let statement = PostgresStatement(sql.text, PostgresParameters(sql.parameters), isPrepared: false)
        let rows = Mutex<[AppliedMigration]>([])
        do {
            let result = try await connection.run([statement], deadline: deadline).first
            try result?.give(
                to: { row in
                    let applied = try AppliedMigration(row)
                    rows.withLock { $0.append(applied) }
                },
                table,
                includingUnknown: false
            )
        } catch let error as StorageError {
            throw error.atIndex(nil).inCollection(table.schema.name)
        }
        found.history = rows.withLock { $0 }
        return found
    }

    /// What has the names that migrations give, in the schemas where they give them.
    private func relations(
        in home: String?,
        on connection: PostgresConnection,
        _ deadline: Deadline
    ) async throws -> [SQLRelation] {
        guard let home else { return [] }
        let sql = """
            SELECT c.relname::text, nullif(n.nspname::text, $3), t.relname::text
            FROM unnest($1, $2) AS w(name, namespace)
            JOIN pg_catalog.pg_namespace n ON n.nspname = CASE WHEN w.namespace = '' THEN $3 ELSE w.namespace END
            JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
            LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = c.oid
            LEFT JOIN pg_catalog.pg_class t ON t.oid = x.indrelid
            """
        let names = names
        let statement = PostgresStatement(
            sql,
            [.textArray(names.map(\.name)), .textArray(names.map { $0.namespace ?? "" }), .text(home)],
            isPrepared: false
        )
        var found: [SQLRelation] = []
        try await connection.run([statement], deadline: deadline).first?.forEachRow { row in
            found.append(
                SQLRelation(
                    name: try row.text(0),
                    namespace: try row.isNull(1) ? nil : row.text(1),
                    table: try row.isNull(2) ? nil : row.text(2)
                )
            )
        }
        return found
    }
}

extension CollectionSchema {
    func inNamespace(_ namespace: String?) -> CollectionSchema {
        CollectionSchema(name: name, namespace: namespace, fields: fields, key: key, indexes: indexes)
    }
}
#endif
