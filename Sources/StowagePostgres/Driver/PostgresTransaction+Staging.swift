#if Postgres
internal import Stowage
internal import StowageSQL

/// Filling a table aside and putting it into place.
extension PostgresTransaction: StagingTransaction {
    func stage(_ collection: CollectionSchema, as staging: CollectionSchema) async throws {
        let table = try driver.opened(collection)
        let dialect = PostgresDialect()
        let staged = dialect.table(staging)
        // One at a time: tables of one name that are made at once break the catalog's own unique index.
        var statements = [
            "SELECT pg_advisory_xact_lock(hashtextextended('stowage staging', 0))", "DROP TABLE IF EXISTS \(staged)",
        ]
        if table.table.foreignColumns.isEmpty {
            // Column for column as the real table, which a migration may have ordered otherwise than a new one.
            let like = "LIKE \(table.name) INCLUDING ALL EXCLUDING INDEXES EXCLUDING STATISTICS EXCLUDING COMMENTS"
            let key = collection.key.map { dialect.column(collection.fields[$0]) }.joined(separator: ", ")
            statements.append("CREATE TABLE \(staged) (\(like))")
            statements.append("ALTER TABLE \(staged) ADD PRIMARY KEY (\(key))")
        } else {
            statements.append(try SQLSchemaWriter(dialect).createTable(staging))
        }
        try await reading(table) { _ = try await run(statements.map(PostgresSession.plain)) }
    }

    func publish(_ staging: CollectionSchema, as collection: CollectionSchema) async throws -> Bool {
        let table = try driver.opened(collection)
        let dialect = PostgresDialect()
        let staged = dialect.table(staging)
        return try await reading(table) {
            let results = try await run([
                PostgresSession.plain("SET LOCAL lock_timeout = '30s'"),
                PostgresSession.plain("LOCK TABLE \(table.name), \(staged) IN ACCESS EXCLUSIVE MODE"),
                PostgresSession.plain("SELECT EXISTS (SELECT 1 FROM \(table.name))"),
                PostgresStatement(
                    Self.swap,
                    [
                        .text(table.name), .text(staged),
                        .textArray(SQLSchemaWriter(dialect).indexNames(collection).sorted()),
                    ],
                    isPrepared: false
                ),
            ])
            guard results.count == 4 else { throw StorageError.lostConnection }
            if try results[2].row(0).bool(0) {
                throw StorageError(.alreadyExists, "the collection holds records").inCollection(collection.name)
            }
            let answer = results[3].row(0)
            var statements: [String]
            let canSwap = try answer.bool(0)
            if canSwap {
                let (oldKey, newKey) = (try answer.text(1), try answer.text(2))
                statements = [
                    "DROP TABLE \(table.name)",
                    "ALTER TABLE \(staged) RENAME TO \(dialect.quoted(collection.name))",
                    "ALTER TABLE \(table.name) RENAME CONSTRAINT \(dialect.quoted(newKey)) TO \(dialect.quoted(oldKey))",
                ]
                statements += try SQLSchemaWriter(dialect).createIndexes(collection)
            } else {
                var columns = collection.fields.map { dialect.column($0) }
                if table.table.keepsUnknown { columns.append(dialect.quoted(SQLTable.unknownColumn)) }
                let list = columns.joined(separator: ", ")
                statements = [
                    "INSERT INTO \(table.name) (\(list)) SELECT \(list) FROM \(staged)", "DROP TABLE \(staged)",
                ]
            }
            do {
                _ = try await run(statements.map(PostgresSession.plain))
            } catch let error as StorageError {
                throw error.atIndex(nil).backend?.code == "23505" ? table.recordError(error) : error
            }
            return canSwap
        }
    }

    func drop(_ staging: CollectionSchema) async throws {
        _ = try await run([PostgresSession.plain("DROP TABLE IF EXISTS \(PostgresDialect().table(staging))")])
    }

    /// Whether a renamed staging table is the same as the real one: in the same schema, the same columns, and nothing hangs on the table
    /// but its key and the indexes that are made for every such table. Then the names of the two keys.
    private static let swap = """
        WITH t AS (SELECT to_regclass($1)::oid AS old, to_regclass($2)::oid AS new),
        shape AS (
          SELECT a.attrelid, array_agg((a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attcollation, a.attidentity,
            a.attgenerated, pg_get_expr(d.adbin, d.adrelid))::text ORDER BY a.attnum) AS columns
          FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum, t
          WHERE a.attrelid IN (t.old, t.new) AND a.attnum > 0 AND NOT a.attisdropped GROUP BY a.attrelid)
        SELECT coalesce(
          c.relkind = 'r' AND c.relnamespace = n.relnamespace AND c.relpersistence = 'p' AND c.relowner = n.relowner AND c.relacl IS NULL
          AND c.reloptions IS NULL AND NOT c.relrowsecurity AND c.relreplident = 'd' AND c.reltablespace = 0
          AND k.conname IS NOT NULL AND l.conname IS NOT NULL
          AND (SELECT columns FROM shape WHERE attrelid = t.old) = (SELECT columns FROM shape WHERE attrelid = t.new)
          AND (SELECT coalesce(array_agg(i.relname::text ORDER BY i.relname::text COLLATE "C"), '{}') FROM pg_index x
            JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = t.old AND NOT x.indisprimary) = $3
          AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = t.old AND attacl IS NOT NULL)
          AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = t.old)
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = t.old AND contype NOT IN ('p', 'n')
            OR confrelid = t.old)
          AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = t.old OR inhparent = t.old)
          AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = t.old)
          AND NOT EXISTS (SELECT FROM pg_publication_rel WHERE prrelid = t.old)
          AND NOT EXISTS (SELECT FROM pg_description WHERE classoid = 'pg_class'::regclass AND objoid = t.old)
          AND NOT EXISTS (SELECT FROM pg_depend WHERE refclassid = 'pg_class'::regclass AND refobjid = t.old
            AND classid = 'pg_rewrite'::regclass), false),
          k.conname::text, l.conname::text
        FROM t JOIN pg_class c ON c.oid = t.old JOIN pg_class n ON n.oid = t.new
        LEFT JOIN pg_constraint k ON k.conrelid = t.old AND k.contype = 'p'
        LEFT JOIN pg_constraint l ON l.conrelid = t.new AND l.contype = 'p'
        """
}
#endif
