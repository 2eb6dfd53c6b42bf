#if SQLite
internal import CSQLite
internal import FoundationEssentials
internal import Stowage
internal import StowageSQL

/// Reads the row on which a statement stands, straight from SQLite's columns.
///
/// SQLite stores any type in any column, so each is checked: what another program put there is `corrupt`, never
/// converted.
final class SQLiteRow: RowReader {
    private let statement: OpaquePointer
    private let table: SQLTable
    private let includesUnknown: Bool
    /// The column that was looked at last, and its value: a field is asked whether it is null, then for its content.
    ///
    /// SQLite calls such a value unprotected: its functions take no lock, and the connection has one user.
    private var cell: OpaquePointer?
    private var cellColumn: Int32 = -1

    init(_ statement: SQLiteStatement, of table: SQLTable, includingUnknown: Bool) {
        self.statement = statement.handle
        self.table = table
        includesUnknown = includingUnknown
    }

    /// Forgets what was read of the row before: whoever makes the statement go on says so.
    fileprivate func rowHasChanged() { cellColumn = -1 }

    private func value(_ field: Int) -> OpaquePointer? { value(inColumn: Int32(truncatingIfNeeded: field)) }

    private func value(inColumn column: Int32) -> OpaquePointer? {
        if column != cellColumn {
            cell = sqlite3_column_value(statement, column)
            cellColumn = column
        }
        return cell
    }

    func isNull(_ field: Int) -> Bool { sqlite3_value_type(value(field)) == SQLITE_NULL }

    func bool(_ field: Int) throws -> Bool {
        switch try int(field) {
        case 0: false
        case 1: true
        default: throw mismatch(field)
        }
    }

    func int(_ field: Int) throws -> Int64 {
        let value = value(field)
        guard sqlite3_value_type(value) == SQLITE_INTEGER else { throw mismatch(field) }
        return sqlite3_value_int64(value)
    }

    func double(_ field: Int) throws -> Double {
        let value = value(field)
        switch sqlite3_value_type(value) {
        case SQLITE_FLOAT:
            let number = sqlite3_value_double(value)
            guard number.isFinite else { throw mismatch(field) }
            return number
        case SQLITE_INTEGER:
            // Another program wrote 5 for 5.0.
            guard let number = Double(exactly: sqlite3_value_int64(value)) else { throw mismatch(field) }
            return number
        default: throw mismatch(field)
        }
    }

    func text(_ field: Int) throws -> String {
        guard let text = UTF8Text.string(try bytes(field)) else {
            throw StorageError(.corrupt, "a stored text is not valid UTF-8").inField(table.schema.fields[field].name)
        }
        return text
    }

    func json(_ field: Int) throws -> String { try text(field) }

    func time(_ field: Int) throws -> Timestamp {
        guard let time = SQLTime.time(try bytes(field)) else { throw mismatch(field) }
        return time
    }

    func value(_ field: Int, as type: FieldType) throws -> Value {
        switch type {
        case .bool: return .bool(try bool(field))
        case .int: return .int(try int(field))
        case .double: return .double(try double(field))
        case .text: return .text(try text(field))
        case .json: return .json(try text(field))
        case .time: return .time(try time(field))
        case .data: return .data(try data(field))
        case .uuid:
            // Only the form that is written is found again by a comparison of text.
            let text = try text(field)
            guard let uuid = UUID(uuidString: text), uuid.uuidString.lowercased() == text else { throw mismatch(field) }
            return .uuid(uuid)
        case .decimal:
            let text = try text(field)
            guard let decimal = SQLDecimal.number(text), SQLDecimal.text(of: decimal) == text else {
                throw mismatch(field)
            }
            return .decimal(decimal)
        }
    }

    private func data(_ field: Int) throws -> Data {
        let value = value(field)
        guard sqlite3_value_type(value) == SQLITE_BLOB else { throw mismatch(field) }
        return Self.blob(value)
    }

    /// The bytes of a text, valid until the statement goes on.
    private func bytes(_ field: Int) throws -> UnsafeBufferPointer<UInt8> {
        let value = value(field)
        guard sqlite3_value_type(value) == SQLITE_TEXT else { throw mismatch(field) }
        return try Self.text(value)
    }

    private static func text(_ value: OpaquePointer?) throws -> UnsafeBufferPointer<UInt8> {
        guard let start = sqlite3_value_text(value) else {
            throw SQLiteFailure(code: SQLITE_NOMEM, systemError: 0, detail: "")
        }
        return UnsafeBufferPointer(start: start, count: Int(sqlite3_value_bytes(value)))
    }

    private static func blob(_ value: OpaquePointer?) -> Data {
        guard let start = sqlite3_value_blob(value) else { return Data() }
        return Data(bytes: start, count: Int(sqlite3_value_bytes(value)))
    }

    private func mismatch(_ field: Int) -> StorageError {
        let schema = table.schema.fields[field]
        return StorageError(.corrupt, "a stored value is not of the type \(schema.type)").inField(schema.name)
    }

    // MARK: What the schema does not know

    /// The unknown members, then the foreign columns as members: text as strings, numbers as numbers, bytes in
    /// base64; null is left out.
    func unknownMembers() throws -> String? {
        guard includesUnknown else { return nil }
        var column = Int32(table.schema.fields.count)
        var stored: String?
        if table.keepsUnknown {
            let value = value(inColumn: column)
            if sqlite3_value_type(value) != SQLITE_NULL {
                guard sqlite3_value_type(value) == SQLITE_TEXT, let text = UTF8Text.string(try Self.text(value)) else {
                    throw StorageError(.corrupt, "the unknown members of a record are not text")
                }
                stored = text
            }
            column += 1
        }
        if table.foreignColumns.isEmpty { return stored }
        let foreign = try foreignMembers(from: column)
        guard let stored else { return foreign }
        guard let foreign else { return stored }
        guard let both = SQLJSON.overlay(foreign, on: stored) else {
            throw StorageError(.corrupt, "the unknown members of a record are not a JSON object")
        }
        return both
    }

    private func foreignMembers(from first: Int32) throws -> String? {
        var members: [SQLJSON.Member] = []
        for (number, name) in table.foreignColumns.enumerated() {
            let cell = value(inColumn: first + Int32(number))
            var value = ""
            switch sqlite3_value_type(cell) {
            case SQLITE_NULL: continue
            case SQLITE_INTEGER: value = String(sqlite3_value_int64(cell))
            case SQLITE_FLOAT:
                let number = sqlite3_value_double(cell)
                // JSON has no infinity.
                if number.isFinite {
                    value = number.description
                } else {
                    SQLJSON.string(number.description, into: &value)
                }
            case SQLITE_BLOB: SQLJSON.string(Self.blob(cell).base64EncodedString(), into: &value)
            default:
                guard let text = UTF8Text.string(try Self.text(cell)) else {
                    throw StorageError(.corrupt, "a stored text is not valid UTF-8").inField(name)
                }
                SQLJSON.string(text, into: &value)
            }
            members.append(SQLJSON.Member(name: name, value: value))
        }
        return SQLJSON.object(members)
    }
}

extension SQLiteStatement {
    /// Goes to the next row, for its reader; false at the end.
    func step(_ row: SQLiteRow) throws -> Bool {
        row.rowHasChanged()
        return try step()
    }
}
#endif
