#if SQLite
internal import CSQLite
internal import FoundationEssentials
internal import StowageSQL

/// Our functions inside SQL. No index or view of a file uses them, so that other programs can read it.
enum SQLiteFunctions {
    static func register(on database: OpaquePointer) {
        let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC
        sqlite3_create_function_v2(
            database,
            SQLiteDialect.decimalKey,
            1,
            flags,
            nil,
            { SQLiteFunctions.decimalKey($0, $2![0]) },
            nil,
            nil,
            nil
        )
        sqlite3_create_function_v2(
            database,
            SQLiteDialect.doubleFromBits,
            1,
            flags,
            nil,
            { sqlite3_result_double($0, Double(bitPattern: UInt64(bitPattern: sqlite3_value_int64($2![0])))) },
            nil,
            nil,
            nil
        )
        sqlite3_create_function_v2(
            database,
            SQLiteDialect.dataFromHex,
            1,
            flags,
            nil,
            { SQLiteFunctions.dataFromHex($0, $2![0]) },
            nil,
            nil,
            nil
        )
    }

    /// See ``SQLDecimal/key(of:)``. What is no decimal number is an error, never an order.
    private static func decimalKey(_ context: OpaquePointer?, _ value: OpaquePointer?) {
        if sqlite3_value_type(value) == SQLITE_NULL { return sqlite3_result_null(context) }
        guard let key = SQLDecimal.key(of: bytes(of: value)) else {
            return sqlite3_result_error_code(context, SQLITE_MISMATCH)
        }
        result(context, Array(key))
    }

    private static func dataFromHex(_ context: OpaquePointer?, _ value: OpaquePointer?) {
        func digit(_ byte: UInt8) -> UInt8 { byte <= UInt8(ascii: "9") ? byte & 15 : byte &- UInt8(ascii: "a") &+ 10 }
        let text = bytes(of: value)
        result(context, stride(from: 0, to: text.count - 1, by: 2).map { digit(text[$0]) << 4 | digit(text[$0 + 1]) })
    }

    private static func bytes(of value: OpaquePointer?) -> UnsafeBufferPointer<UInt8> {
        let start = sqlite3_value_text(value)
        return UnsafeBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_value_bytes(value)))
    }

    private static func result(_ context: OpaquePointer?, _ bytes: [UInt8]) {
        if bytes.isEmpty { return sqlite3_result_zeroblob(context, 0) }
        bytes.withUnsafeBytes {
            // -1 is SQLITE_TRANSIENT: copied before the call returns.
            sqlite3_result_blob(
                context,
                $0.baseAddress,
                Int32($0.count),
                unsafeBitCast(-1, to: sqlite3_destructor_type.self)
            )
        }
    }
}
#endif
