#if Postgres
internal import Stowage
internal import StowageSQL
internal import Synchronization

/// Runs migrations on a connection of its own, each in a transaction of its own.
struct PostgresMigrator {
    let connection: PostgresConnection
    let nothing: SQLSchemaFindings
    let deadline: Deadline

    /// One lock for each schema in which the store may be found: programs whose search paths share a schema exclude each
    /// other. In one order, so that they do not wait for each other; advisory locks are the database's already.
    private static let lock = """
        SELECT pg_advisory_xact_lock(k.key) FROM (
          SELECT DISTINCT hashtextextended('stowage migrations of ' || s.name, 0) AS key
          FROM unnest(current_schemas(false)::text[] || $1) AS s(name) ORDER BY 1 OFFSET 0) AS k
        """

    /// Runs SQL of the app's own where it cannot end the migration's transaction.
    ///
    /// Sent as it is, a COMMIT in it takes effect the moment the server meets it. To split the text beforehand would take
    /// Postgres' own lexer: quotes whose meaning a setting changes, dollar quotes, nested comments, `BEGIN ATOMIC … END`.
    /// Inside a DO block the server itself refuses what controls transactions, in the text and in every procedure that it
    /// calls, and looks at each statement only once those before it have run. The text travels as a parameter, through a
    /// setting that ends with the transaction. It gets a last statement because PL/pgSQL refuses a text that ends in
    /// SELECT INTO, which it has another meaning for.
    private static let script = """
        DO 'BEGIN EXECUTE current_setting(''stowage.script'') || chr(10) || ''; SELECT 1''; END'
        """

    /// Applies what is pending; what is pending is asked again under each lock, since others may have been first.
    func run() async throws -> [AppliedMigration] {
        var applied: [AppliedMigration] = []
        while true {
            do {
                guard let next = try await applyNext() else { return applied }
                applied += next
            } catch let error as StorageError where error.code == .conflict && !deadline.hasPassed {
                // A program that holds locks in another order; nothing of the migration has stayed.
                try await send([PostgresSession.plain("ROLLBACK")])
            }
        }
    }

    @discardableResult
    private func send(_ statements: [PostgresStatement], commits: Bool = false) async throws -> [PostgresResult] {
        try await connection.run(statements, commits: commits, deadline: deadline)
    }

    /// One transaction: what is adopted, or the next migration; nil when there is nothing left to do.
    private func applyNext() async throws -> [AppliedMigration]? {
        try await begin()
        try await PostgresHome(of: nothing.collections).enter(on: connection, deadline)
        let plan = try await nothing.filled(from: connection, deadline).plan()
        if plan.isEmpty {
            try await send([PostgresSession.plain("ROLLBACK")])
            return nil
        }
        // Whether the state was lost can be told only when it was there from the beginning.
        let own = try [CollectionSchema.migrationHistory, .state].map(SQLSchemaWriter(PostgresDialect()).createTable)
        try await send(own.map(PostgresSession.plain))
        var rows = plan.adopted.map(AppliedMigration.adopted)
        // A table that another program made may lack the column for unknown members, and the indexes.
        if !rows.isEmpty { try await addUnknownColumns(to: nothing.shapes(of: rows.count)) }
        for shape in nothing.shapes(of: rows.count) where !rows.isEmpty {
            let indexes = try SQLSchemaWriter(PostgresDialect()).createIndexes(shape.schema)
            if !indexes.isEmpty { try await send(indexes.map(PostgresSession.plain)) }
        }
        if rows.isEmpty, let (known, migration) = plan.pending.first {
            let start = ContinuousClock.now
            do {
                try await run(migration)
                try await nothing.filled(from: connection, deadline).checkApplied(known.number)
            } catch let error as StorageError where error.code == .timeout {
                throw deadline.timeout(
                    waitingFor: "migration \(known.title), or a lock of its tables that another session holds"
                ).advising("Give the call a longer deadline, or try again when the store is idle").from(error.backend)
            } catch let error as StorageError where error.code != .conflict {
                throw error.atIndex(nil).failing(known)
            }
            let duration = (ContinuousClock.now - start).components
            rows = [
                AppliedMigration(
                    number: known.number,
                    name: known.name,
                    checksum: known.checksum,
                    appliedAt: .now,
                    milliseconds: duration.seconds * 1000 + duration.attoseconds / 1_000_000_000_000_000
                )
            ]
        }
        let table = SQLTable(.migrationHistory)
        let insert = try SQLMutationWriter(PostgresDialect(), table).insert()
        let notes = rows.map { PostgresStatement(insert, PostgresParameters($0.row, of: table), isPrepared: false) }
        try await send(notes + [PostgresSession.commit], commits: true)
        return rows
    }

    private func begin() async throws {
        do {
            try await send([
                PostgresSession.plain("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"),
                PostgresSession.plain("SET LOCAL lock_timeout = \(max(deadline.remainingMilliseconds, 1))"),
                PostgresStatement(
                    Self.lock,
                    [.textArray(nothing.collections.compactMap(\.namespace))],
                    isPrepared: false
                ),
            ])
        } catch let error as StorageError where error.code == .timeout {
            throw deadline.timeout(waitingFor: "the lock under which migrations run, held by another session")
                .from(error.backend)
        }
    }

    private func run(_ migration: SQLMigration) async throws {
        try await addUnknownColumns(to: migration.before)
        try await run(migration.steps)
    }

    private func addUnknownColumns(to shapes: [CollectionShape]) async throws {
        let collections = shapes.map(\.schema)
        let catalog = try await PostgresCatalog(of: collections, on: connection, deadline: deadline)
        for (collection, table) in zip(collections, catalog.tables) where !table.isAbsent {
            guard table.lacks(collection).unknownColumn else { continue }
            let statement = try SQLSchemaWriter(PostgresDialect()).addUnknownColumn(collection)
            try await send([PostgresSession.plain(statement)])
        }
    }

    private func run(_ steps: [SQLMigrationStep]) async throws {
        for step in steps {
            switch step {
            case .statement(let sql), .addColumn(let sql, _, _):
                do {
                    try await send([PostgresSession.plain(sql)])
                } catch let error as StorageError { throw error.ofStatement(sql) }
            case .namespace(let name, _):
                // Creating one asks for a privilege even when it is there.
                let statements = try await PostgresDriver.namespaces([name], on: connection, deadline)
                try await send(statements.map(PostgresSession.plain))
            case .script(let sql):
                do {
                    try await run(script: sql)
                } catch let error as StorageError { throw error.ofStatement(sql) }
            case .rewrite(let rewrite): try await run(rewrite)
            case .replacing(let column, let collection, let steps):
                // The server drops them with the column, without a word.
                let definitions = try await definitions(on: column, of: collection)
                try await run(steps)
                for sql in definitions {
                    do {
                        try await send([PostgresSession.plain(sql)])
                    } catch let error as StorageError { throw error.ofStatement(sql) }
                }
            case .nothing: break
            }
        }
    }

    /// What makes the constraints and indexes again that stand on a column, word for word.
    private func definitions(on column: String, of collection: CollectionSchema) async throws -> [String] {
        let sql = """
            SELECT CASE WHEN o.oid IS NULL THEN pg_get_indexdef(d.objid)
              ELSE format('ALTER TABLE %s ADD CONSTRAINT %I %s', d.refobjid::regclass, o.conname, pg_get_constraintdef(o.oid))
              END
            FROM pg_catalog.pg_attribute a
            JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid
              AND d.refobjsubid = a.attnum AND d.deptype = 'a'
            LEFT JOIN pg_catalog.pg_constraint o ON d.classid = 'pg_constraint'::regclass AND o.oid = d.objid
            LEFT JOIN pg_catalog.pg_class i ON d.classid = 'pg_class'::regclass AND i.oid = d.objid
            WHERE a.attrelid = to_regclass($1) AND a.attname = $2 AND (o.conrelid = a.attrelid AND o.contype <> 'n' OR i.relkind IN ('i', 'I'))
            GROUP BY d.objid, d.refobjid, o.oid, o.conname
            ORDER BY o.oid, d.objid
            """
        let table = PostgresDialect().table(collection)
        let statement = PostgresStatement(sql, [.text(table), .text(column)], isPrepared: false)
        var found: [String] = []
        try await send([statement]).first?.forEachRow { found.append(try $0.text(0)) }
        return found
    }

    private func run(script sql: String) async throws {
        do {
            try await send([
                PostgresStatement("SELECT set_config('stowage.script', $1, true)", [.text(sql)], isPrepared: false),
                PostgresSession.plain(Self.script),
            ])
        } catch let error as StorageError where ["0A000", "2D000"].contains(error.backend?.code) {
            throw StorageError(
                .unsupported,
                "its SQL has a statement that the server does not run inside the migration's transaction",
                advice: "Leave BEGIN, COMMIT, ROLLBACK, SAVEPOINT and COPY FROM STDIN out of it; nothing was changed"
            ).from(error.backend)
        }
    }

    private func run(_ rewrite: RecordRewrite) async throws {
        let pages = SQLRewritePages(rewrite, PostgresDialect())
        let table = try PostgresTable(pages.table)
        // Whole rows are written back as they were read: nobody may change them in between.
        try await send([PostgresSession.plain("LOCK TABLE \(table.name) IN SHARE ROW EXCLUSIVE MODE")])
        let update = try pages.update()
        var last: [Value]?
        while true {
            let sql = try table.reads.select(pages.select(after: last))
            let select = PostgresStatement(sql.text, PostgresParameters(sql.parameters), isPrepared: false)
            let rows = try await rows(select, table)
            var statements: [PostgresStatement] = []
            var keys: [Key] = []
            for row in rows where pages.concerns(row) {
                guard let changed = try rewrite.changed(row) else { continue }
                statements.append(
                    PostgresStatement(update, PostgresParameters(pages.parameters(of: changed)), isPrepared: false)
                )
                keys.append(rewrite.collection.key(of: row.values))
            }
            do {
                if !statements.isEmpty { try await send(statements) }
            } catch let error as StorageError {
                let key = error.batchIndex.flatMap { keys.indices.contains($0) ? keys[$0].description : nil }
                throw error.atIndex(nil).forRecord(key).inCollection(rewrite.collection.name)
            }
            guard rows.count == SQLRewritePages.size, let row = rows.last else { return }
            last = rewrite.collection.key.map { row.values[$0] }
        }
    }

    private func rows(_ select: PostgresStatement, _ table: PostgresTable) async throws -> [Row] {
        let page = Mutex<[Row]>([])
        do {
            let result = try await send([select]).first
            try result?.give(
                to: { reader in
                    let row = try reader.row(of: table.schema)
                    page.withLock { $0.append(row) }
                },
                table,
                includingUnknown: true
            )
        } catch let error as StorageError { throw error.inCollection(table.schema.name) }
        return page.withLock { $0 }
    }
}
#endif
