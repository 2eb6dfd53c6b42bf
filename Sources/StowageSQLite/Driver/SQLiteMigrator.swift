#if SQLite
internal import Stowage
internal import StowageSQL
internal import Synchronization

/// Runs migrations on the writer's connection and thread, each in a transaction of its own.
struct SQLiteMigrator {
    let writer: SQLiteWriter
    let nothing: SQLSchemaFindings
    let deadline: Deadline
    let interrupt: SQLiteInterrupt

    private var connection: SQLiteConnection { writer.connection }

    /// Applies what is pending; what is pending is asked again under each lock, since others may have been first.
    func run() throws -> [AppliedMigration] {
        var applied: [AppliedMigration] = []
        while let next = try applyNext() { applied += next }
        return applied
    }

    /// One transaction: what is adopted, or the next migration; nil when there is nothing left to do.
    private func applyNext() throws -> [AppliedMigration]? {
        try SQLiteStore.retrying(connection, until: deadline) {
            if interrupt.isCancelled, !deadline.hasPassed { throw StorageError.cancelledTask }
            try connection.synchronous(.full)
            try connection.execute("BEGIN IMMEDIATE")
            connection.deadline = deadline
            connection.interrupt = interrupt
            var current: KnownMigration?
            do {
                let plan = try connection.findings(nothing).plan()
                if plan.isEmpty {
                    connection.rollBack()
                    return nil
                }
                // Whether the state was lost can be told only when it was there from the beginning.
                for own in [CollectionSchema.migrationHistory, .state] {
                    try connection.execute(SQLSchemaWriter(SQLiteDialect()).createTable(own))
                }
                var rows = plan.adopted.map(AppliedMigration.adopted)
                // A table that another program made may lack the column for unknown members, and the indexes.
                if !rows.isEmpty {
                    let shapes = nothing.shapes(of: rows.count)
                    try addUnknownColumns(to: shapes)
                    for shape in shapes {
                        for sql in try SQLSchemaWriter(SQLiteDialect()).createIndexes(shape.schema) { try execute(sql) }
                    }
                }
                if rows.isEmpty, let next = plan.pending.first {
                    current = next.known
                    let start = ContinuousClock.now
                    try run(next.migration)
                    try connection.findings(nothing).checkApplied(next.known.number)
                    let duration = ContinuousClock.now - start
                    rows = [
                        AppliedMigration(
                            number: next.known.number,
                            name: next.known.name,
                            checksum: next.known.checksum,
                            appliedAt: .now,
                            milliseconds: duration.milliseconds
                        )
                    ]
                }
                try note(rows)
                try commit()
                return rows
            } catch {
                let failure = (error as? SQLiteFailure).map { $0.isBusy ? $0 : connection.storageError($0) } ?? error
                connection.rollBack()
                if let current, let failure = failure as? StorageError { throw failure.failing(current) }
                throw failure
            }
        }
    }

    private func commit() throws {
        do { try connection.execute("COMMIT") } catch {
            writer.noteCommitFailure(error)
            throw error
        }
        connection.deadline = nil
        connection.interrupt = nil
    }

    private func note(_ rows: [AppliedMigration]) throws {
        let insert = try SQLMutationWriter(SQLiteDialect(), SQLTable(.migrationHistory)).insert()
        for row in rows {
            try connection.with(insert) { statement in
                try statement.bind(row.row.values)
                try statement.run()
            }
        }
    }

    private func run(_ migration: SQLMigration) throws {
        try addUnknownColumns(to: migration.before)
        try run(migration.steps)
    }

    private func addUnknownColumns(to shapes: [CollectionShape]) throws {
        for shape in shapes {
            let columns = try connection.storedColumns(of: shape.name)
            if !columns.isEmpty, !columns.contains(where: { SQLiteStore.sameName($0, SQLTable.unknownColumn) }) {
                try connection.execute(SQLSchemaWriter(SQLiteDialect()).addUnknownColumn(shape.schema))
            }
        }
    }

    private func run(_ steps: [SQLMigrationStep]) throws {
        for step in steps {
            try connection.checkInterrupt()
            switch step {
            case .statement(let sql): try execute(sql)
            case .addColumn(let sql, let name, let collection):
                let columns = try connection.storedColumns(of: collection.name)
                if !columns.contains(where: { SQLiteStore.sameName($0, name) }) { try execute(sql) }
            case .script(let sql): try runScript(sql)
            case .namespace(let name, _):
                throw StorageError(.unsupported, "SQLite has no namespaces, such as \(name)")
            case .rewrite(let rewrite): try run(rewrite)
            case .replacing(let column, let collection, let steps): try replace(column, of: collection, steps)
            case .nothing: break
            }
        }
    }

    /// Puts a column in the place of another one. SQLite refuses to drop a column that a trigger, a view or an index
    /// names, and its triggers would run for every row that is filled; so all of them go before, and come again word for
    /// word, as in section 7 of its document on ALTER TABLE.
    private func replace(_ column: String, of collection: CollectionSchema, _ steps: [SQLMigrationStep]) throws {
        let dependents = try connection.dependents(on: column, of: collection.name)
        for dependent in dependents.reversed() { try execute(dependent.drop) }
        do { try run(steps) } catch let error as StorageError where error.code == .unsupported {
            throw StorageError(
                .schemaMismatch,
                "the table itself names the column: in a CHECK, a generated column or a constraint",
                advice:
                    "Make the table anew without that, or write the migration as SQL for SQLite; nothing was changed"
            ).inCollection(collection.name).inField(column).from(error.backend)
        }
        for dependent in dependents { try execute(dependent.create) }
    }

    /// Runs SQL of the app's own, which must leave the transaction to us: what it committed could not be undone.
    private func runScript(_ sql: String) throws {
        func refusal() -> StorageError {
            StorageError(
                .unsupported,
                "its SQL begins or ends a transaction, or attaches a file",
                advice: "Leave BEGIN, COMMIT, END, ROLLBACK, ATTACH and DETACH out of it; nothing was changed"
            )
        }
        do { try connection.withoutTransactionControl { try connection.execute(sql) } } catch let failure
            as SQLiteFailure
            where !failure.isBusy
        {
            if failure.isDenied { throw refusal().from(StorageError.BackendCode(failure.name)).ofStatement(sql) }
            guard let error = connection.storageError(failure) as? StorageError else { throw failure }
            throw error.ofStatement(sql)
        }
        if connection.isIdle { throw refusal().ofStatement(sql) }
    }

    private func execute(_ sql: String) throws {
        do { try connection.execute(sql) } catch let failure as SQLiteFailure where !failure.isBusy {
            guard let error = connection.storageError(failure) as? StorageError else { throw failure }
            throw error.ofStatement(sql)
        }
    }

    private func run(_ rewrite: RecordRewrite) throws {
        let pages = SQLRewritePages(rewrite, SQLiteDialect())
        let table = try SQLiteTable(pages.table, firstNumber: nil)
        let update = try pages.update()
        var last: [Value]?
        while true {
            try connection.checkInterrupt()
            let page = Mutex<[Row]>([])
            do {
                try connection.query(pages.select(after: last), in: table) { reader in
                    let row = try reader.row(of: pages.table.schema)
                    page.withLock { $0.append(row) }
                }
            } catch let error as StorageError {
                throw error.inCollection(rewrite.collection.name)
            }
            let rows = page.withLock { $0 }
            for row in rows where pages.concerns(row) {
                guard let changed = try rewrite.changed(row) else { continue }
                do {
                    try connection.with(update) { statement in
                        try statement.bind(pages.parameters(of: changed))
                        try statement.run()
                    }
                } catch {
                    let key = rewrite.collection.key(of: row.values).description
                    throw (table.storageError(error, on: connection) as? StorageError)?.forRecord(key) ?? error
                }
            }
            guard rows.count == SQLRewritePages.size, let row = rows.last else { return }
            last = rewrite.collection.key.map { row.values[$0] }
        }
    }
}

extension SQLiteConnection {
    /// What would keep a column from being dropped, in the order in which it can be made again: the table's indexes that
    /// may name it, then all views and triggers of the file, since SQLite looks at all of them.
    fileprivate func dependents(on column: String, of table: String) throws -> [(drop: String, create: String)] {
        let sql = """
            SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL
              AND (type IN ('view', 'trigger')
                OR type = 'index' AND tbl_name = ?1 COLLATE NOCASE AND instr(lower(sql), lower(?2)) > 0)
            ORDER BY CASE type WHEN 'index' THEN 0 WHEN 'view' THEN 1 ELSE 2 END, rowid
            """
        return try with(sql) { statement in
            try statement.bind(text: table, at: 1)
            try statement.bind(text: column, at: 2)
            var found: [(drop: String, create: String)] = []
            while try statement.step() {
                let (type, name) = (statement.text(0) ?? "", SQLiteDialect().quoted(statement.text(1) ?? ""))
                // A trigger of a view goes with it.
                found.append(("DROP \(type.uppercased()) IF EXISTS \(name)", statement.text(2) ?? ""))
            }
            return found
        }
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
#endif
