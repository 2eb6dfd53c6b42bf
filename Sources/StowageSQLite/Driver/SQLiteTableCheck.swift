#if SQLite
internal import CSQLite
internal import Stowage
internal import StowageSQL

/// Whether a table that another program may have made keeps what it is given: its columns, its key and its indexes.
///
/// SQLite stores any value in any column, but a column's declared type converts on the way in, and its collation decides
/// what is equal: a text column declared INTEGER turns "007" into 7 (VAL-1, REC-4).
enum SQLiteTableCheck {
    /// Refuses columns that would change values or compare text otherwise than by bytes.
    static func columns(of schema: CollectionSchema, on connection: SQLiteConnection) throws {
        for field in schema.fields {
            var type: UnsafePointer<CChar>?
            var collation: UnsafePointer<CChar>?
            let code = sqlite3_table_column_metadata(
                connection.handle,
                "main",
                schema.name,
                field.name,
                &type,
                &collation,
                nil,
                nil,
                nil
            )
            // A view has no such data; writing to it fails by itself.
            guard code == SQLITE_OK else { continue }
            let affinity = Affinity(type.map { String(cString: $0) } ?? "")
            let comparesBytes = collation.map { sqlite3_stricmp($0, "BINARY") == 0 } ?? true
            guard affinity.keeps(field.type), comparesBytes || !field.type.isStoredAsText else {
                throw StorageError(
                    .schemaMismatch,
                    "a column's declared type or collation would change the values of its field",
                    advice: "Declare it as \(SQLiteDialect().columnType(field.type) ?? "a column without a type")"
                ).inCollection(schema.name).inField(field.name)
            }
        }
    }

    /// Refuses a table without a unique key over the identifier fields: no write could tell records apart.
    static func key(of table: SQLTable, on connection: SQLiteConnection) throws {
        do { try connection.with(SQLMutationWriter(SQLiteDialect(), table).insertIfAbsent()) { _ in } } catch let
            failure as SQLiteFailure where failure.primaryCode == SQLITE_ERROR
        {
            throw StorageError(
                .schemaMismatch,
                "the table has no primary key or unique index over the identifier fields",
                advice: "Migrate the table, or identify records by its own key"
            ).inCollection(table.schema.name).from(StorageError.BackendCode(failure.name))
        }
    }

    /// Whether an index has to be made.
    ///
    /// - Throws: `schemaMismatch` when an index of the name is another one: not unique, partial, descending, of another
    ///   collation, or over other columns.
    static func missesIndex(
        _ schema: CollectionSchema,
        _ writer: SQLSchemaWriter,
        on connection: SQLiteConnection
    ) throws -> Bool {
        if schema.indexes.isEmpty { return false }
        let stored = try connection.liveIndexes(of: schema.name).map(\.index)
        var isMissing = false
        for wanted in writer.indexes(schema) {
            guard let found = stored.first(where: { SQLiteStore.sameName($0.name, wanted.name) }) else {
                isMissing = true
                continue
            }
            guard found.isMade(as: wanted, isSame: SQLiteStore.sameName) else {
                throw StorageError(
                    .schemaMismatch,
                    "an index of the table has the right name and another content: \(found.summary)",
                    advice: "Drop the index \(wanted.name); it is made anew"
                ).inCollection(schema.name).from(StorageError.BackendCode("index", constraint: wanted.name))
            }
        }
        return isMissing
    }

    /// How SQLite converts what is stored in a column (section 3.1 of its "Datatypes" document).
    enum Affinity {
        case integer, text, blob, real, numeric

        init(_ declared: String) {
            let type = declared.utf8.map { 0x61...0x7a ~= $0 ? $0 - 0x20 : $0 }
            func contains(_ words: String...) -> Bool {
                words.contains { word in type.indices.contains { type[$0...].starts(with: word.utf8) } }
            }
            if contains("INT") {
                self = .integer
            } else if contains("CHAR", "CLOB", "TEXT") {
                self = .text
            } else if type.isEmpty || contains("BLOB") {
                self = .blob
            } else if contains("REAL", "FLOA", "DOUB") {
                self = .real
            } else {
                self = .numeric
            }
        }

        func keeps(_ type: FieldType) -> Bool {
            switch type {
            case .text, .uuid, .time, .decimal, .json: self == .text || self == .blob
            case .int, .bool: self == .integer || self == .numeric || self == .blob
            // The others make -0.0 a plain zero, or a whole number an integer (VAL-4).
            case .double: self == .blob
            case .data: true
            }
        }
    }
}

extension FieldType {
    var isStoredAsText: Bool {
        switch self {
        case .text, .uuid, .time, .decimal, .json: true
        case .int, .bool, .double, .data: false
        }
    }
}
#endif
