#if SQLite
public import Stowage
internal import StowageSQL

extension SqliteDriver: ConstrainedDriver {
    /// Reads the table's definition, its indexes and its triggers.
    public func constraints(
        on collection: CollectionSchema,
        context: OperationContext
    ) async throws -> [StoredConstraint] {
        let (_, table) = try opened(collection)
        let found = try await read(context, table) { try $0.constraints(on: collection.name) }
        // SQLite does not tell upper from lower case in names; who compares them with the schema's does.
        return found.map { constraint in
            var constraint = constraint
            constraint.columns = constraint.columns.map { column in
                collection.fields.first { SQLiteStore.sameName($0.name, column) }?.name ?? column
            }
            return constraint
        }
    }

    /// The columns that were found when the collection was opened.
    public func foreignColumns(of collection: CollectionSchema, context: OperationContext) async throws -> [String] {
        try opened(collection).1.table.foreignColumns
    }
}

extension SQLiteConnection {
    func constraints(on table: String) throws -> [StoredConstraint] {
        var found: [StoredConstraint] = []
        // A key that is one INTEGER fills itself.
        let required = """
            SELECT name FROM pragma_table_xinfo(?1) WHERE "notnull" = 1 AND dflt_value IS NULL AND hidden = 0 AND NOT
              (pk = 1 AND type = 'INTEGER' COLLATE NOCASE AND (SELECT count(*) FROM pragma_table_info(?1) WHERE pk > 0) = 1)
            """
        try each(required, table) {
            found.append(StoredConstraint(.required, columns: [$0.text(0) ?? ""]))
        }
        var unique: [String] = []
        try each("SELECT name FROM pragma_index_list(?1) WHERE \"unique\" = 1 ORDER BY name", table) {
            unique.append($0.text(0) ?? "")
        }
        for index in unique {
            var columns: [String] = []
            try each("SELECT name FROM pragma_index_info(?1) ORDER BY seqno", index) {
                columns.append($0.text(0) ?? "")
            }
            let isPartial = try with("SELECT partial FROM pragma_index_list(?1) WHERE name = ?2") { statement in
                try statement.bind(text: table, at: 1)
                try statement.bind(text: index, at: 2)
                return try statement.step() && statement.text(0) == "1"
            }
            // An expression, or a condition: the columns do not say what is unique.
            let isWhole = !isPartial && !columns.contains("")
            found.append(StoredConstraint(.unique, name: index, columns: isWhole ? columns : []))
        }
        var keys: [String] = []
        try each("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk", table) {
            keys.append($0.text(0) ?? "")
        }
        if !keys.isEmpty { found.append(StoredConstraint(.unique, columns: keys)) }
        try each("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?1 COLLATE NOCASE", table) {
            if Self.hasCheck($0.text(0) ?? "") { found.append(StoredConstraint(.check)) }
        }
        if try with("PRAGMA foreign_keys", { try $0.step() && $0.text(0) == "1" }) {
            try each("SELECT \"from\", \"table\" FROM pragma_foreign_key_list(?1)", table) {
                found.append(StoredConstraint(.foreignKey, name: $0.text(1) ?? "", columns: [$0.text(0) ?? ""]))
            }
        }
        let triggers =
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE ORDER BY name"
        try each(triggers, table) { found.append(StoredConstraint(.trigger, name: $0.text(0) ?? "")) }
        return try found + removals(from: table)
    }

    /// What removing a row does elsewhere.
    private func removals(from table: String) throws -> [StoredConstraint] {
        var found: [StoredConstraint] = []
        if try with("PRAGMA foreign_keys", { try $0.step() && $0.text(0) == "1" }) {
            let keys = """
                SELECT DISTINCT m.name, k.on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT')
                FROM sqlite_master m, pragma_foreign_key_list(m.name) k
                WHERE m.type = 'table' AND k."table" = ?1 COLLATE NOCASE ORDER BY m.name
                """
            try each(keys, table) {
                let name = "foreign key of the table \($0.text(0) ?? "")"
                found.append(StoredConstraint($0.text(1) == "1" ? .removal : .reference, name: name))
            }
        }
        let triggers =
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE ORDER BY name"
        try each(triggers, table) { statement in
            // The event stands before the table's name: BEFORE DELETE ON, AFTER UPDATE OF a, b ON.
            if Self.isOnDelete(statement.text(1) ?? "") {
                found.append(StoredConstraint(.removal, name: "trigger \(statement.text(0) ?? "")"))
            }
        }
        return found
    }

    /// Whether the first event that a trigger's definition names, outside of quotes and comments, is DELETE.
    static func isOnDelete(_ sql: String) -> Bool {
        word(of: sql) { ["delete", "insert", "update"].contains($0) } == "delete"
    }

    private func each(_ sql: String, _ parameter: String, _ row: (SQLiteStatement) throws -> Void) throws {
        try with(sql) { statement in
            try statement.bind(text: parameter, at: 1)
            while try statement.step() { try row(statement) }
        }
    }

    /// Whether a table's definition has the word CHECK outside of names, texts and comments.
    static func hasCheck(_ sql: String) -> Bool { word(of: sql) { $0 == "check" } != nil }

    /// The first word of a definition that is wanted, in lower case. Names in quotes, texts and comments have none.
    private static func word(of sql: String, where isWanted: (String) -> Bool) -> String? {
        var rest = Array(sql.utf8)[...]
        var word: [UInt8] = []
        func wanted() -> String? {
            let text = String(decoding: word, as: UTF8.self)
            return isWanted(text) ? text : nil
        }
        while let byte = rest.popFirst() {
            if UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || byte == UInt8(ascii: "_") || byte >= 0x80 {
                word.append(byte | 0x20)
                continue
            }
            if let found = wanted() { return found }
            word = []
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"): rest = after(byte, rest)
            case UInt8(ascii: "["): rest = after(UInt8(ascii: "]"), rest)
            case UInt8(ascii: "-") where rest.first == UInt8(ascii: "-"): rest = after(UInt8(ascii: "\n"), rest)
            case UInt8(ascii: "/") where rest.first == UInt8(ascii: "*"):
                rest = rest.dropFirst()
                repeat { rest = after(UInt8(ascii: "*"), rest) } while !rest.isEmpty && rest.first != UInt8(ascii: "/")
            case UInt8(ascii: "0")...UInt8(ascii: "9"): word = [byte]
            default: break
            }
        }
        return wanted()
    }

    /// What follows the next of a byte. A doubled quote begins a text again, which ends at the next one.
    private static func after(_ byte: UInt8, _ rest: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let end = rest.firstIndex(of: byte) else { return [] }
        return rest[(end + 1)...]
    }
}
#endif
