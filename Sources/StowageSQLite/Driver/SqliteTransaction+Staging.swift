#if SQLite
internal import Stowage
internal import StowageSQL

/// Filling a table aside and putting it into place.
extension SqliteTransaction: StagingTransaction {
    func stage(_ collection: CollectionSchema, as staging: CollectionSchema) async throws {
        let (_, table) = try driver.opened(collection, isRunning: true)
        try await long(table) { [self] in
            try connection.execute("DROP TABLE IF EXISTS \(SQLiteDialect().table(staging))")
            let copied = table.table.foreignColumns.isEmpty ? try definition(of: collection, for: staging) : nil
            try connection.execute(try copied ?? SQLSchemaWriter(SQLiteDialect()).createTable(staging))
        }
    }

    func publish(_ staging: CollectionSchema, as collection: CollectionSchema) async throws -> Bool {
        let (_, table) = try driver.opened(collection, isRunning: true)
        return try await long(table) { [self] in
            // The transaction holds the write lock: what is empty now stays so.
            if try connection.with("SELECT 1 FROM \(table.name) LIMIT 1", { try $0.step() }) {
                throw StorageError(.alreadyExists, "the collection holds records").inCollection(collection.name)
            }
            let staged = try SQLiteDialect().table(staging)
            if try canSwap(staging, collection) {
                try connection.execute("DROP TABLE \(table.name)")
                try connection.execute("ALTER TABLE \(staged) RENAME TO \(table.name)")
                for sql in try SQLSchemaWriter(SQLiteDialect()).createIndexes(collection) {
                    try connection.execute(sql)
                }
                return true
            } else {
                var columns = collection.fields.map { SQLiteDialect().column($0) }
                if table.table.keepsUnknown { columns.append(SQLiteDialect().quoted(SQLTable.unknownColumn)) }
                let list = columns.joined(separator: ", ")
                try connection.with("INSERT INTO \(table.name) (\(list)) SELECT \(list) FROM \(staged)") {
                    try $0.run()
                }
                try connection.execute("DROP TABLE \(staged)")
                return false
            }
        }
    }

    func drop(_ staging: CollectionSchema) async throws {
        let sql = try "DROP TABLE IF EXISTS \(SQLiteDialect().table(staging))"
        try run(nil) { try connection.execute(sql) }
    }

    /// The statement that makes another table with the columns of a collection's, in their order; nil when the stored
    /// text does not begin as expected.
    private func definition(of collection: CollectionSchema, for staging: CollectionSchema) throws -> String? {
        guard let body = try body(of: collection) else { return nil }
        return try "CREATE TABLE \(SQLiteDialect().table(staging))\(body)"
    }

    /// What follows the name in a table's stored definition.
    private func body(of collection: CollectionSchema) throws -> Substring? {
        let sql = try connection.with("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?1") { statement in
            try statement.bind(text: collection.name, at: 1)
            return try statement.step() ? statement.text(0) : nil
        }
        let start = "CREATE TABLE \(SQLiteDialect().quoted(collection.name))"
        guard let sql, sql.utf8.starts(with: start.utf8) else { return nil }
        return sql.dropFirst(start.count)
    }

    /// Whether a renamed staging table is the same as the real one would be: nothing hangs on the table but the indexes
    /// that are made for every such table.
    private func canSwap(_ staging: CollectionSchema, _ collection: CollectionSchema) throws -> Bool {
        guard let old = try body(of: collection), let new = try body(of: staging),
            old.utf8.elementsEqual(new.utf8)
        else { return false }
        let own = SQLSchemaWriter(SQLiteDialect()).indexNames(collection)
        // A view or a trigger anywhere may name the table; a foreign key of another one certainly matters.
        let hanging = """
            SELECT type, name FROM sqlite_master WHERE type IN ('view', 'trigger') OR type = 'index' AND tbl_name = ?1
              AND sql IS NOT NULL
            UNION ALL SELECT 'reference', m.name FROM sqlite_master m, pragma_foreign_key_list(m.name) WHERE m.type = 'table'
            """
        return try connection.with(hanging) { statement in
            try statement.bind(text: collection.name, at: 1)
            var indexes = 0
            while try statement.step() {
                guard statement.text(0) == "index", let name = statement.text(1), own.contains(name) else {
                    return false
                }
                indexes += 1
            }
            return indexes == own.count
        }
    }
}
#endif
