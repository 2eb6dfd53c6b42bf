#if SQLite
internal import CSQLite
internal import Stowage
internal import StowageSQL

extension SQLiteConnection {
    /// A table as it stands in the file; without columns when it is not there.
    func liveTable(_ name: String) throws -> SQLLiveTable {
        var keys: [(position: Int, name: String)] = []
        var columns: [SQLLiveTable.Column] = []
        try with("SELECT name, type, \"notnull\", pk FROM pragma_table_xinfo(?1) WHERE hidden = 0") { statement in
            try statement.bind(text: name, at: 1)
            while try statement.step() {
                let column = statement.text(0) ?? ""
                let type = statement.text(1) ?? ""
                let keyPosition = Int(statement.text(3) ?? "0") ?? 0
                if keyPosition > 0 { keys.append((keyPosition, column)) }
                columns.append(
                    SQLLiveTable.Column(
                        name: column,
                        type: type,
                        holds: SQLiteTableCheck.types(declared: type, comparesBytes: comparesBytes(column, of: name)),
                        isRequired: statement.text(2) == "1"
                    )
                )
            }
        }
        var table = SQLLiveTable(columns: columns)
        if !keys.isEmpty { table.keys = [keys.sorted { $0.position < $1.position }.map(\.name)] }
        for (index, isConstraint) in try liveIndexes(of: name) {
            if index.isUnique, index.isWhole, !index.columns.contains(nil) {
                table.keys.append(index.columns.compactMap { $0 })
            }
            if !isConstraint { table.indexes.append(index) }
        }
        return table
    }

    /// The indexes, and whether a constraint of the table brought them.
    private func liveIndexes(of table: String) throws -> [(index: SQLLiveTable.Index, isConstraint: Bool)] {
        let found = try with("SELECT name, \"unique\", partial, origin FROM pragma_index_list(?1) ORDER BY name") {
            statement in
            try statement.bind(text: table, at: 1)
            var found: [(SQLLiveTable.Index, Bool)] = []
            while try statement.step() {
                let index = SQLLiveTable.Index(
                    name: statement.text(0) ?? "",
                    columns: [],
                    isUnique: statement.text(1) == "1",
                    isWhole: statement.text(2) == "0"
                )
                found.append((index, statement.text(3) != "c"))
            }
            return found
        }
        return try found.map { index, isConstraint in
            var index = index
            index.columns = try with("SELECT name FROM pragma_index_info(?1) ORDER BY seqno") { statement in
                try statement.bind(text: index.name, at: 1)
                var columns: [String?] = []
                while try statement.step() { columns.append(statement.text(0)) }
                return columns
            }
            return (index, isConstraint)
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
