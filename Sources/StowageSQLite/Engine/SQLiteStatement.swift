#if SQLite
internal import CSQLite
internal import FoundationEssentials
internal import Stowage
internal import StowageSQL

/// A prepared statement. It belongs to its connection, and like it to one user at a time.
///
/// Unchecked: see ``SQLiteConnection``.
final class SQLiteStatement: @unchecked Sendable {
    let handle: OpaquePointer
    /// Not owned: the connection holds its statements, and outlives their uses.
    private unowned let connection: SQLiteConnection
    var isInUse = false
    var isCached = false
    /// The reader of its rows, when it is always the same.
    var row: SQLiteRow?

    init(_ handle: OpaquePointer, on connection: SQLiteConnection) {
        self.handle = handle
        self.connection = connection
    }

    /// Goes to the next row; false at the end.
    func step() throws -> Bool {
        let code = sqlite3_step(handle)
        if let frozen = connection.frozen { try frozen.check() }
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE { return false }
        throw connection.failure(code)
    }

    /// Runs to the end.
    func run() throws { while try step() {} }

    /// Ends the run and lets go of the values.
    func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    // MARK: Parameters

    func bind(_ parameters: [SQLParameter]) throws {
        for (number, parameter) in parameters.enumerated() {
            switch parameter {
            case .value(let value, _): try bind(value, at: Int32(number + 1))
            case .array(let values, let type): try bind(text: SQLiteList.json(values, type), at: Int32(number + 1))
            }
        }
    }

    func bind(_ values: [Value], from first: Int32 = 1) throws {
        var number = first
        for value in values {
            try bind(value, at: number)
            number += 1
        }
    }

    func bind(_ value: Value, at number: Int32) throws {
        let code: Int32
        switch value {
        case .null: code = sqlite3_bind_null(handle, number)
        case .bool(let value): code = sqlite3_bind_int(handle, number, value ? 1 : 0)
        case .int(let value): code = sqlite3_bind_int64(handle, number, value)
        case .double(let value): code = sqlite3_bind_double(handle, number, value)
        case .text(let text), .json(let text): return try bind(text: text, at: number)
        case .data(let data): code = bind(data: data, at: number)
        case .uuid(let uuid): return try bind(text: uuid.uuidString.lowercased(), at: number)
        case .time(let time): return try bind(text: SQLTime.text(of: time), at: number)
        case .decimal(let decimal): return try bind(text: SQLDecimal.text(of: decimal), at: number)
        }
        if code != SQLITE_OK { throw connection.failure(code) }
    }

    func bind(text: String, at number: Int32) throws {
        var text = text
        let code = text.withUTF8 { bytes in
            guard let start = bytes.baseAddress else { return sqlite3_bind_text(handle, number, "", 0, Self.copied) }
            return start.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                sqlite3_bind_text64(handle, number, $0, UInt64(bytes.count), Self.copied, UInt8(SQLITE_UTF8))
            }
        }
        if code != SQLITE_OK { throw connection.failure(code) }
    }

    private func bind(data: Data, at number: Int32) -> Int32 {
        data.withUnsafeBytes { bytes in
            // A blob without an address would be null.
            guard let start = bytes.baseAddress, bytes.count > 0 else {
                return sqlite3_bind_zeroblob(handle, number, 0)
            }
            return sqlite3_bind_blob64(handle, number, start, UInt64(bytes.count), Self.copied)
        }
    }

    /// `SQLITE_TRANSIENT`, a cast that Swift does not import: SQLite copies the bytes before the call returns.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}

/// Lists as JSON text, for `json_each`.
enum SQLiteList {
    static func json(_ values: [Value], _ type: FieldType) -> String {
        var json = "["
        json.reserveCapacity(values.count * 12)
        for value in values {
            if json.utf8.count > 1 { json += "," }
            switch value {
            case .null: json += "null"
            case .bool(let value): json += value ? "1" : "0"
            case .int(let value): json += String(value)
            // By its bits, and by its digits: SQLite's JSON rounds some numbers wrongly and knows no bytes.
            case .double(let value): json += String(Int64(bitPattern: value.bitPattern))
            case .data(let data): SQLJSON.string(hex(data), into: &json)
            case .text(let text), .json(let text): SQLJSON.string(text, into: &json)
            case .uuid(let uuid): SQLJSON.string(uuid.uuidString.lowercased(), into: &json)
            case .time(let time): SQLJSON.string(SQLTime.text(of: time), into: &json)
            case .decimal(let decimal): SQLJSON.string(SQLDecimal.text(of: decimal), into: &json)
            }
        }
        return json + "]"
    }

    private static func hex(_ data: Data) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: data.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
#endif
