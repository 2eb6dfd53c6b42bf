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
            try await nothing.filled(from: connection, deadline)
        }
        return found.status(comparing: comparing)
    }

    /// Applies what is pending, under the lock.
    public func migrate(_ migrations: SchemaMigrations, context: OperationContext) async throws -> [AppliedMigration] {
        let nothing = try Self.findings(migrations)
        try await open([], naming: nothing.collections, access: .readWrite, context: context)
        let deadline = context.deadline
        return try await openedPool().withConnection(deadline: deadline, waitingFor: wait) { connection in
            // Mostly nothing is pending, and no lock is needed to see it.
            if try await nothing.filled(from: connection, deadline).plan().isEmpty { return [] }
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
    func filled(from connection: PostgresConnection, _ deadline: Deadline) async throws -> SQLSchemaFindings {
        var found = self
        let collections = collections
        // Of the histories along the search path only the one beside the tables is theirs.
        let history = CollectionSchema.migrationHistory
        let ownHistory = CollectionSchema(
            name: history.name,
            namespace: try await PostgresHome(of: collections).name(on: connection, deadline),
            fields: history.fields,
            key: history.key,
            indexes: history.indexes
        )
        let catalog = try await PostgresCatalog(of: collections + [ownHistory], on: connection, deadline: deadline)
        for (collection, table) in zip(collections, catalog.tables) {
            found.tables[ByteText(collection.name)] = table.live(of: collection)
        }
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
}
#endif
