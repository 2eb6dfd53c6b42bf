import CBenchSQLite
import Stowage

/// SQLite's C API as one would write it by hand: one connection, statements prepared once, every column read where
/// SQLite keeps it. Nothing is checked and no record is made.
///
/// Unchecked: the runner lets one side work at a time, and no side uses it from two tasks.
final class SQLiteC: @unchecked Sendable {
    private let database: OpaquePointer
    private var byID: OpaquePointer?
    private var byTask: OpaquePointer?
    private var insert: OpaquePointer?
    private(set) var bytesRead = 0

    init(_ path: String) throws {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        guard sqlite3_open_v2(path, &opened, flags, nil) == SQLITE_OK, let opened else {
            throw BenchmarkFailure("SQLite cannot open \(path)")
        }
        database = opened
        // The same cache as our connections have.
        try execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8000")
    }

    deinit {
        for statement in [byID, byTask, insert] { sqlite3_finalize(statement) }
        sqlite3_close(database)
    }

    func execute(_ sql: String) throws {
        if sqlite3_exec(database, sql, nil, nil, nil) != SQLITE_OK {
            throw BenchmarkFailure("\(sql): \(String(cString: sqlite3_errmsg(database)))")
        }
    }

    private func prepare(_ sql: String) throws -> OpaquePointer {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v3(database, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil) == SQLITE_OK,
            let statement
        else { throw BenchmarkFailure("\(sql): \(String(cString: sqlite3_errmsg(database)))") }
        return statement
    }

    /// The table and its indexes, as Stowage makes them.
    static let schema = """
        CREATE TABLE sessions (session TEXT NOT NULL, repoName TEXT NOT NULL, repoUrl TEXT NOT NULL, \
        createdAt TEXT NOT NULL, taskId TEXT, branch TEXT, repoPath TEXT, backendType TEXT, prBranch TEXT, \
        prApproved INTEGER, _stowage_unknown TEXT, PRIMARY KEY (session));
        CREATE INDEX sessions_taskId ON sessions (taskId);
        CREATE INDEX sessions_branch ON sessions (branch)
        """
    private static let columns =
        "session, repoName, repoUrl, createdAt, taskId, branch, repoPath, backendType, prBranch, prApproved"

    /// `SQLITE_TRANSIENT`, which Swift does not import.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    // MARK: Reading

    /// Looks records up one after the other; answers how many there are.
    func get(_ ids: ArraySlice<String>) throws -> Int {
        let statement = try byID ?? prepare("SELECT \(Self.columns) FROM sessions WHERE session = ?1")
        byID = statement
        var found = 0
        for id in ids {
            bind(id, 1, statement)
            if sqlite3_step(statement) == SQLITE_ROW {
                found += 1
                readColumns(statement)
            }
            sqlite3_reset(statement)
        }
        return found
    }

    /// The records of a task, in the order of their identifiers.
    func byTask(_ tasks: ArraySlice<String>) throws -> Int {
        let statement =
            try byTask ?? prepare("SELECT \(Self.columns) FROM sessions WHERE taskId = ?1 ORDER BY session")
        byTask = statement
        var found = 0
        for task in tasks {
            bind(task, 1, statement)
            while sqlite3_step(statement) == SQLITE_ROW {
                found += 1
                readColumns(statement)
            }
            sqlite3_reset(statement)
        }
        return found
    }

    /// Reads the whole table.
    func scan() throws -> Int {
        let statement = try prepare("SELECT \(Self.columns) FROM sessions ORDER BY session")
        defer { sqlite3_finalize(statement) }
        var found = 0
        while sqlite3_step(statement) == SQLITE_ROW {
            found += 1
            readColumns(statement)
        }
        return found
    }

    private func readColumns(_ statement: OpaquePointer) {
        for column: Int32 in 0..<10 {
            switch sqlite3_column_type(statement, column) {
            case SQLITE_NULL: break
            case SQLITE_INTEGER: bytesRead &+= Int(sqlite3_column_int64(statement, column))
            default:
                let text = sqlite3_column_text(statement, column)
                let length = sqlite3_column_bytes(statement, column)
                if length > 0, let text { bytesRead &+= Int(length) &+ Int(text[0]) }
            }
        }
    }

    // MARK: Writing

    /// Inserts records in one transaction.
    func insert(_ sessions: [Session], times: [String]) throws {
        try execute("BEGIN IMMEDIATE")
        for (session, time) in zip(sessions, times) { try insert(session, time) }
        try execute("COMMIT")
    }

    /// Inserts one record in a transaction of its own.
    func insert(_ session: Session, _ time: String) throws {
        let statement =
            try insert
            ?? prepare(
                "INSERT INTO sessions (\(Self.columns), _stowage_unknown) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, NULL)"
            )
        insert = statement
        bind(session.session, 1, statement)
        bind(session.repoName, 2, statement)
        bind(session.repoUrl, 3, statement)
        bind(time, 4, statement)
        bind(session.taskId, 5, statement)
        bind(session.branch, 6, statement)
        bind(session.repoPath, 7, statement)
        bind(session.backendType, 8, statement)
        bind(session.prBranch, 9, statement)
        if let approved = session.prApproved {
            sqlite3_bind_int(statement, 10, approved ? 1 : 0)
        } else {
            sqlite3_bind_null(statement, 10)
        }
        guard sqlite3_step(statement) == SQLITE_DONE else {
            throw BenchmarkFailure(String(cString: sqlite3_errmsg(database)))
        }
        sqlite3_reset(statement)
    }

    private func bind(_ text: String?, _ number: Int32, _ statement: OpaquePointer) {
        guard var text else {
            sqlite3_bind_null(statement, number)
            return
        }
        text.withUTF8 { bytes in
            _ = bytes.withMemoryRebound(to: CChar.self) {
                sqlite3_bind_text(statement, number, $0.baseAddress, Int32($0.count), Self.copied)
            }
        }
    }
}
