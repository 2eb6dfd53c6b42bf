#if SQLite
internal import CSQLite
internal import Stowage
internal import StowageSQL

/// Replacing everything: what `writeState` does (STA-1).
extension SQLiteMutator {
    /// Makes these rows the only ones; those whose key stays keep what the schema does not know.
    func replaceAll(_ rows: [Row]) throws -> Int {
        let keys = try checked(rows)
        try deleteAll(except: Set(keys))
        try connection.execute("SAVEPOINT stowage_replace")
        do {
            for (index, row) in rows.enumerated() {
                do { _ = try upsert(row) } catch let failure as SQLiteFailure where failure.isConstraint {
                    guard failure.code == SQLiteFailure.unique else { throw located(failure, index, keys[index]) }
                    throw failure
                }
            }
            try connection.execute("RELEASE stowage_replace")
        } catch let failure as SQLiteFailure where failure.code == SQLiteFailure.unique {
            // The end state breaks no index that the schema knows: values change places.
            try connection.execute("ROLLBACK TO stowage_replace; RELEASE stowage_replace")
            try replaceStaged(rows, keys)
        }
        return rows.count
    }

    private func located(_ failure: SQLiteFailure, _ index: Int, _ key: Key) -> any Error {
        guard let error = table.storageError(failure, on: connection) as? StorageError else { return failure }
        return error.atIndex(index).forRecord(key.description)
    }

    /// The keys, after the new state has been checked by itself: it says what stands in the store afterwards, so a
    /// broken rule is seen, and its record named, before anything is written.
    private func checked(_ rows: [Row]) throws -> [Key] {
        let schema = table.schema
        var keys: [Key] = []
        var seen = Set<Key>()
        var uniques = schema.uniqueIndexes.map { (index: $0, values: Set<[Value]>()) }
        for (index, row) in rows.enumerated() {
            let key = schema.key(of: row.values)
            func refuse(_ code: StorageError.Code, _ message: String) -> StorageError {
                StorageError(code, message).inCollection(schema.name).atIndex(index).forRecord(key.description)
            }
            guard seen.insert(key).inserted else { throw refuse(.alreadyExists, "two records have this id") }
            keys.append(key)
            for number in uniques.indices {
                let fields = uniques[number].index.fields
                let values = fields.map { row.values[$0] }
                if values.contains(where: \.isNull) { continue }
                guard uniques[number].values.insert(values).inserted else {
                    throw refuse(.constraint, "another record holds this unique value")
                        .inField(fields.map { schema.fields[$0].name }.joined(separator: ", "))
                        .from(
                            StorageError.BackendCode("SQLITE_CONSTRAINT_UNIQUE", constraint: uniques[number].index.name)
                        )
                }
            }
        }
        return keys
    }

    private func deleteAll(except keys: Set<Key>) throws {
        let schema = table.schema
        if keys.isEmpty {
            try connection.with("DELETE FROM \(table.name)") { try $0.run() }
            return
        }
        let dialect = SQLiteDialect()
        let columns = schema.key.map { dialect.column(schema.fields[$0]) }.joined(separator: ", ")
        let keySchema = CollectionSchema(
            name: schema.name,
            fields: schema.key.map { schema.fields[$0] },
            key: Array(schema.key.indices),
            indexes: []
        )
        let gone = try connection.with("SELECT \(columns) FROM \(table.name)") { statement in
            var gone: [Key] = []
            let row = SQLiteRow(statement, of: SQLTable(keySchema, keepsUnknown: false), includingUnknown: false)
            while try statement.step(row) {
                let key = Key(try row.row(of: keySchema).values)
                if !keys.contains(key) { gone.append(key) }
            }
            return gone
        }
        for key in gone { _ = try run(table.delete, key.values) }
    }

    /// The long way: all kept rows move to a temporary table without the indexes, are changed there, and come back.
    private func replaceStaged(_ rows: [Row], _ keys: [Key]) throws {
        let dialect = SQLiteDialect()
        let keep = "temp.\(dialect.quoted("_stowage_keep"))"
        // Read anew, so that a column which another program has just added is not lost.
        let columns = try connection.storedColumns(of: table.schema.name).map(dialect.quoted).joined(separator: ", ")
        try connection.execute("DROP TABLE IF EXISTS \(keep)")
        try connection.execute("CREATE TEMP TABLE \"_stowage_keep\" AS SELECT \(columns) FROM \(table.name)")
        let staged = try SQLiteTable(table.table.renamed("_stowage_keep"), firstNumber: nil)
        let keyColumns = table.schema.key.map { dialect.column(table.schema.fields[$0]) }.joined(separator: ", ")
        try connection.execute("CREATE UNIQUE INDEX temp.\"_stowage_keep_key\" ON \"_stowage_keep\" (\(keyColumns))")
        try connection.with("DELETE FROM \(table.name)") { try $0.run() }
        let stage = SQLiteMutator(connection, staged, for: schema)
        let move =
            "INSERT INTO \(table.name) (\(columns)) SELECT \(columns) FROM \(keep)\(table.reads.keyCondition(from: 1))"
        for row in rows { try stage.stage(row) }
        for (index, key) in keys.enumerated() {
            do { _ = try run(move, key.values) } catch let failure as SQLiteFailure where failure.isConstraint {
                throw located(failure, index, key)
            }
        }
        try connection.execute("DROP TABLE \(keep)")
    }

    /// Puts a row into the staging table. Without a numbered statement: that belongs to the real table.
    private func stage(_ row: Row) throws {
        if try exists(table.schema.key(of: row.values)) {
            _ = try upsert(row)
        } else {
            let unknown: [Value] = table.table.keepsUnknown ? [row.unknown.map(Value.json) ?? .null] : []
            _ = try run(table.insert, row.values + unknown)
        }
    }
}

extension SQLTable {
    /// The same columns in a table of another name.
    fileprivate func renamed(_ name: String) -> SQLTable {
        var copy = self
        copy.schema = CollectionSchema(name: name, fields: schema.fields, key: schema.key, indexes: [])
        return copy
    }
}

extension SQLiteConnection {
    /// The names of a table's columns in order, without generated ones; empty when there is no such table.
    func storedColumns(of table: String) throws -> [String] {
        try with("SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0") { statement in
            try statement.bind(text: table, at: 1)
            var names: [String] = []
            while try statement.step() { names.append(statement.text(0) ?? "") }
            return names
        }
    }
}
#endif
