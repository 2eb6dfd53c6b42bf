#if SQLite
internal import CSQLite
public import Stowage
internal import StowageSQL

/// Schema migrations (SCH-1, SCH-2): each in one immediate transaction, which holds the file's write lock.
extension SqliteDriver: SchemaDriver {
    /// The SQL that runs, migration by migration.
    public func schemaTexts(of migrations: SchemaMigrations) throws -> [String] {
        try SQLMigrationWriter(SQLiteDialect()).migrations(migrations).map(\.text)
    }

    /// Reads the history and the live tables, from one snapshot.
    public func schemaStatus(
        of migrations: SchemaMigrations,
        access: StorageAccess,
        comparing: Bool,
        context: OperationContext
    ) async throws -> SchemaStatus {
        let nothing = try Self.findings(migrations)
        // Opening for writing would make the file.
        guard try SQLiteFile.holdsBytes(path) else { return nothing.status(comparing: false) }
        try await open([], access: access, context: context)
        return try await findings(nothing, withRules: comparing, context).status(comparing: comparing)
    }

    /// Applies what is pending, under the file's write lock.
    public func migrate(_ migrations: SchemaMigrations, context: OperationContext) async throws -> [AppliedMigration] {
        let nothing = try Self.findings(migrations)
        try await open([], access: .readWrite, context: context)
        // Mostly nothing is pending, and no lock is needed to see it.
        do {
            if try await findings(nothing, context).plan().isEmpty { return [] }
        } catch let error as StorageError where error.place == nil {
            throw error.at(StorageError.Place(path: path))
        }
        let store = try openedStore()
        guard let writer = store.writer else { throw Self.readOnly(path) }
        let deadline = context.deadline
        try await writer.gate.acquire(until: deadline, waitingFor: "the writer of \(self.path)")
        defer { writer.gate.release() }
        let interrupt = SQLiteInterrupt()
        return try await thread.run(
            deadline: deadline,
            waitingFor: "the writer of \(self.path)",
            onInterrupt: { interrupt.cancel() }
        ) {
            try writer.checkUsable()
            return try SQLiteMigrator(writer: writer, nothing: nothing, deadline: deadline, interrupt: interrupt).run()
        }
    }

    private static func findings(_ migrations: SchemaMigrations) throws -> SQLSchemaFindings {
        try SQLSchemaFindings(migrations, SQLiteDialect(), isSame: SQLiteStore.sameName)
    }

    private func findings(
        _ nothing: SQLSchemaFindings,
        withRules: Bool = false,
        _ context: OperationContext
    ) async throws -> SQLSchemaFindings {
        let store = try openedStore()
        let reader = try await store.readers.take(until: context.deadline)
        defer { store.readers.giveBack(reader) }
        do {
            return try await SQLiteBusy.retrying(reader, until: context.deadline) {
                try reader.beginSnapshot()
                defer { reader.rollBack() }
                return try reader.findings(nothing, withRules: withRules)
            }
        } catch { throw reader.storageError(error) }
    }
}

extension SQLiteConnection {
    /// Fills in what the file says.
    ///
    /// - Parameter withRules: Whether to ask for the tables' rules too.
    func findings(_ nothing: SQLSchemaFindings, withRules: Bool = false) throws -> SQLSchemaFindings {
        var found = nothing
        found.history = try history()
        for collection in nothing.collections {
            var table = try liveTable(collection.name)
            if withRules, !table.isAbsent { table.rules = try constraints(on: collection.name) }
            found.tables[ByteText(collection.name)] = table
        }
        for collection in SQLSchemaFindings.ownCollections {
            found.ownTables[ByteText(collection.name)] = try liveTable(collection.name)
        }
        found.relations = try relations()
        return found
    }

    private func relations() throws -> [SQLRelation] {
        let sql = """
            SELECT name, CASE WHEN type = 'index' THEN tbl_name END FROM sqlite_master
            WHERE type IN ('table', 'view', 'index') AND name NOT LIKE 'sqlite~_%' ESCAPE '~'
            """
        return try with(sql) { statement in
            var found: [SQLRelation] = []
            while try statement.step() {
                found.append(SQLRelation(name: statement.text(0) ?? "", table: statement.text(1)))
            }
            return found
        }
    }

    private func history() throws -> [AppliedMigration] {
        let schema = CollectionSchema.migrationHistory
        if try storedColumns(of: schema.name).isEmpty { return [] }
        let table = SQLTable(schema)
        let sql = try SQLQueryWriter(SQLiteDialect(), table).select(DriverQuery(order: [SortKey("number")]))
        do {
            return try with(sql.text) { statement in
                try statement.bind(sql.parameters)
                let row = SQLiteRow(statement, of: table, includingUnknown: false)
                var history: [AppliedMigration] = []
                while try statement.step(row) { history.append(try AppliedMigration(row)) }
                return history
            }
        } catch let failure as SQLiteFailure where failure.primaryCode == SQLITE_ERROR {
            throw StorageError(
                .schemaMismatch,
                "the history of migrations is a table of another form",
                advice: "Restore the table or a backup; nothing was changed"
            ).inCollection(schema.name).at(StorageError.Place(path: path, table: schema.name))
                .from(StorageError.BackendCode(failure.name))
        } catch let error as StorageError {
            throw error.inCollection(schema.name).at(StorageError.Place(path: path, table: schema.name))
        }
    }
}
#endif
