#if SQLite
import CSQLite
import FoundationEssentials

/// Another program: SQLite used directly.
final class Raw {
    let handle: OpaquePointer
    init(_ folder: TemporaryFolder) throws {
        let parent = String(folder.file[..<folder.file.lastIndex(of: "/")!])
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        var opened: OpaquePointer?
        guard sqlite3_open(folder.file, &opened) == SQLITE_OK, let opened else { throw Failure(text: "open") }
        handle = opened
    }
    deinit { sqlite3_close(handle) }

    func run(_ sql: String) throws {
        if sqlite3_exec(handle, sql, nil, nil, nil) != SQLITE_OK {
            throw Failure(text: String(cString: sqlite3_errmsg(handle)))
        }
    }

    static func run(_ folder: TemporaryFolder, _ sql: String) throws { try Raw(folder).run(sql) }

    struct Failure: Error { let text: String }
}
#endif
