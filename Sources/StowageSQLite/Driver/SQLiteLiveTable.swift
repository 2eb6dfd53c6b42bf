#if SQLite
internal import CSQLite
internal import Stowage
internal import StowageSQL

extension SQLiteConnection {
    /// A table as it stands in the file; without columns when it is not there.
    func liveTable(_ name: String) throws -> SQLLiveTable {
        var keys: [(position: Int, name: String)] = []
        var table = SQLLiveTable()
        let sql =
            "SELECT name, type, \"notnull\", pk, dflt_value IS NOT NULL, hidden FROM pragma_table_xinfo(?1) WHERE hidden <> 1"
        try with(sql) { statement in
            try statement.bind(text: name, at: 1)
            while try statement.step() {
                let column = statement.text(0) ?? ""
                let type = statement.text(1) ?? ""
                let keyPosition = Int(statement.text(3) ?? "0") ?? 0
                if keyPosition > 0 { keys.append((keyPosition, column)) }
                // What is computed cannot be written.
                let isGenerated = statement.text(5) != "0"
                let types = SQLiteTableCheck.types(declared: type, comparesBytes: comparesBytes(column, of: name))
                table.columns.append(
                    SQLLiveTable.Column(
                        name: column,
                        type: isGenerated && !type.uppercased().contains("GENERATED") ? type + " GENERATED" : type,
                        holds: isGenerated ? [] : types,
                        isRequired: statement.text(2) == "1",
                        hasDefault: isGenerated || statement.text(4) == "1"
                    )
                )
            }
        }
        // SQLite lets null into a key that is not declared NOT NULL. Where none is in, the key is as good as declared:
        // Stowage writes none.
        for key in keys {
            guard let number = table.columns.firstIndex(where: { $0.name == key.name }) else { continue }
            if table.columns[number].isRequired { continue }
            table.columns[number].holdsNull = try holdsNull(key.name, of: name)
            table.columns[number].isRequired = !table.columns[number].holdsNull
        }
        if !keys.isEmpty { table.keys = [keys.sorted { $0.position < $1.position }.map(\.name)] }
        // A whole number that is the key by itself is the row's number, which SQLite makes.
        if keys.count == 1, let number = table.columns.firstIndex(where: { $0.name == keys[0].name }),
            table.columns[number].type.uppercased() == "INTEGER"
        {
            table.columns[number].hasDefault = true
        }
        for found in try liveIndexes(of: name) {
            if found.index.isUnique, found.index.isWhole, found.comparesAsColumns, !found.index.columns.contains(nil) {
                table.keys.append(found.index.columns.compactMap { $0 })
            }
            if !found.isConstraint { table.indexes.append(found.index) }
        }
        return table
    }

    /// An index with what only SQLite says of it.
    struct LiveIndex {
        var index: SQLLiveTable.Index
        /// Whether a constraint of the table brought it.
        let isConstraint: Bool
        /// Whether it takes the same texts for equal as the columns do.
        var comparesAsColumns = true
    }

    /// The indexes of a table.
    func liveIndexes(of table: String) throws -> [LiveIndex] {
        let list = """
            SELECT l.name, l."unique", l.partial, l.origin, m.sql FROM pragma_index_list(?1) l
            LEFT JOIN sqlite_master m ON m.type = 'index' AND m.name = l.name ORDER BY l.name
            """
        let found = try with(list) { statement in
            try statement.bind(text: table, at: 1)
            var found: [LiveIndex] = []
            while try statement.step() {
                let index = SQLLiveTable.Index(
                    name: statement.text(0) ?? "",
                    columns: [],
                    isUnique: statement.text(1) == "1",
                    isWhole: statement.text(2) == "0",
                    definition: statement.text(4)
                )
                found.append(LiveIndex(index: index, isConstraint: statement.text(3) != "c"))
            }
            return found
        }
        return try found.map { index in
            var found = index
            let keys = "SELECT name, \"desc\", coll FROM pragma_index_xinfo(?1) WHERE \"key\" = 1 ORDER BY seqno"
            try with(keys) { statement in
                try statement.bind(text: found.index.name, at: 1)
                while try statement.step() {
                    let column = statement.text(0)
                    let name = column ?? "an expression"
                    found.index.columns.append(column)
                    if statement.text(1) == "1" { found.index.peculiarities.append("\(name) DESC") }
                    let collation = statement.text(2) ?? "BINARY"
                    let isByBytes = sqlite3_stricmp(collation, "BINARY") == 0
                    if isByBytes || column.map({ !comparesBytes($0, of: table) }) ?? false { continue }
                    found.index.peculiarities.append("\(name) COLLATE \(collation)")
                    found.comparesAsColumns = false
                }
            }
            return found
        }
    }

    private func holdsNull(_ column: String, of table: String) throws -> Bool {
        let dialect = SQLiteDialect()
        return try with("SELECT 1 FROM \(dialect.quoted(table)) WHERE \(dialect.quoted(column)) IS NULL LIMIT 1") {
            try $0.step()
        }
    }

    private func comparesBytes(_ column: String, of table: String) -> Bool {
        var collation: UnsafePointer<CChar>?
        let code = sqlite3_table_column_metadata(handle, "main", table, column, nil, &collation, nil, nil, nil)
        return code != SQLITE_OK || collation.map { sqlite3_stricmp($0, "BINARY") == 0 } ?? true
    }
}

extension SQLiteTableCheck {
    /// The types whose values a column keeps as they are.
    static func types(declared: String, comparesBytes: Bool) -> Set<FieldType> {
        let affinity = Affinity(declared)
        return Set(FieldType.allCases.filter { affinity.keeps($0) && (comparesBytes || !$0.isStoredAsText) })
    }
}
#endif
