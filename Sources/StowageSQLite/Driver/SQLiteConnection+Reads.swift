#if SQLite
internal import CSQLite
internal import Stowage
internal import StowageSQL

/// Reads on one connection.
extension SQLiteConnection {
    /// Looks one record up and hands it over; false when the database is locked for a moment.
    func get(_ key: Key, in table: SQLiteTable, includingUnknown: Bool, rows: RowHandler) throws {
        let statement = try numbered(
            table.number(includingUnknown ? .selectByKeyWithUnknown : .selectByKey),
            includingUnknown ? table.selectByKeyWithUnknown : table.selectByKey
        )
        defer { statement.reset() }
        try statement.bind(key.values)
        let row = row(of: statement, in: table, includingUnknown: includingUnknown)
        if try statement.step(row) { try rows(row) }
    }

    /// The reader of a numbered statement's rows.
    private func row(of statement: SQLiteStatement, in table: SQLiteTable, includingUnknown: Bool) -> SQLiteRow {
        if let row = statement.row { return row }
        let row = SQLiteRow(statement, of: table.table, includingUnknown: includingUnknown)
        statement.row = row
        return row
    }

    /// Hands over all rows of a query.
    func query(_ query: DriverQuery, in table: SQLiteTable, rows: RowHandler) throws {
        if let known = table.selectByValue(query) {
            let statement = try numbered(known.number, known.text)
            defer { statement.reset() }
            try statement.bind(known.value, at: 1)
            let row = row(of: statement, in: table, includingUnknown: false)
            while try statement.step(row) { try rows(row) }
            return
        }
        let sql = try table.reads.select(query)
        try with(sql.text) { statement in
            try statement.bind(sql.parameters)
            let row = SQLiteRow(statement, of: table.table, includingUnknown: query.includesUnknown)
            while try statement.step(row) { try rows(row) }
        }
    }

    /// Counts what matches.
    func count(_ predicate: QueryPredicate, in table: SQLiteTable) throws -> Int {
        let sql = try table.reads.count(predicate)
        return try with(sql.text) { statement in
            try statement.bind(sql.parameters)
            guard try statement.step() else { return 0 }
            return Int(sqlite3_column_int64(statement.handle, 0))
        }
    }

    /// How SQLite answers a query, a step a line (QRY-10).
    func explain(_ query: DriverQuery, in table: SQLiteTable) throws -> [String] {
        let sql = try table.reads.select(query)
        return try with("EXPLAIN QUERY PLAN " + sql.text) { statement in
            try statement.bind(sql.parameters)
            var lines: [String] = []
            while try statement.step() {
                lines.append(sqlite3_column_text(statement.handle, 3).map { String(cString: $0) } ?? "")
            }
            return lines
        }
    }

    /// Begins a transaction whose snapshot is that of this moment: SQLite's own `BEGIN` waits for the first read.
    func beginSnapshot() throws {
        try execute("BEGIN")
        do { try with("SELECT 1 FROM sqlite_master LIMIT 1") { _ = try $0.step() } } catch {
            rollBack()
            throw error
        }
    }

    /// Ends any transaction, forgetting what it did.
    func rollBack() {
        deadline = nil
        interrupt = nil
        if !isIdle { try? execute("ROLLBACK") }
    }
}
#endif
