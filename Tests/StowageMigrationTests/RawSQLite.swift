#if SQLite
import CSQLite

/// Another program: SQLite used directly.
final class RawSQLite {
    let handle: OpaquePointer

    init(_ path: String) throws {
        var opened: OpaquePointer?
        guard sqlite3_open(path, &opened) == SQLITE_OK, let opened else { throw Failure(text: "open") }
        handle = opened
        // Whoever has just closed the file may still be at it.
        sqlite3_busy_timeout(opened, 60_000)
    }
    deinit { sqlite3_close(handle) }

    func run(_ sql: String) throws {
        if sqlite3_exec(handle, sql, nil, nil, nil) != SQLITE_OK {
            throw Failure(text: String(cString: sqlite3_errmsg(handle)))
        }
    }

    /// The rows of an answer, their columns joined.
    func lines(_ sql: String) throws -> [String] {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK else {
            throw Failure(text: String(cString: sqlite3_errmsg(handle)))
        }
        defer { sqlite3_finalize(statement) }
        var lines: [String] = []
        while sqlite3_step(statement) == SQLITE_ROW {
            let columns = (0..<sqlite3_column_count(statement)).map { column in
                sqlite3_column_text(statement, column).map { String(cString: $0) } ?? "null"
            }
            lines.append(columns.joined(separator: "|"))
        }
        return lines
    }

    struct Failure: Error { let text: String }
}
#endif
