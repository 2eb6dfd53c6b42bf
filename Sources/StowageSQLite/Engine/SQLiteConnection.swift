#if SQLite
internal import CSQLite
internal import Stowage
internal import StowageSQL
internal import Synchronization

/// One connection to a database file.
///
/// Unchecked: SQLite is told not to lock (`NOMUTEX`), so a connection has one user at a time. That is what leases are
/// for: a reader lies in ``SQLiteReaders`` or belongs to who took it out, the writer to who holds the writer's gate,
/// and both hand over under a lock.
final class SQLiteConnection: @unchecked Sendable {
    /// How it is opened.
    enum Role {
        /// Makes the file when it is absent.
        case writer
        /// Reads; may write the WAL's index, as every reader of a living database does.
        case reader
        /// Reads a file that is not to be changed.
        case readOnly
        /// Reads a file in WAL mode where SQLite can lock nothing; see ``SQLiteFrozenFile``.
        case frozen
    }

    let handle: OpaquePointer
    let path: String
    /// When running statements are stopped.
    var deadline: Deadline?
    /// Stops running statements from other threads.
    var interrupt: SQLiteInterrupt?
    /// How long the WAL was after the last commit, in pages.
    var walPages = 0
    /// What ``synchronous(_:)`` set last.
    private var durability: Durability?
    /// What is asked of a file that is read without locks; nil for every other.
    let frozen: SQLiteFrozenFile?
    private var isOpen = true
    private var statements: [String: SQLiteStatement] = [:]
    private var numbered: [SQLiteStatement?] = []

    /// Opens a file. Nothing is read yet.
    init(path: String, role: Role) throws {
        let access =
            switch role {
            case .writer: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            case .reader: SQLITE_OPEN_READWRITE
            case .readOnly: SQLITE_OPEN_READONLY
            case .frozen: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            }
        frozen = role == .frozen ? try SQLiteFrozenFile(path) : nil
        var opened: OpaquePointer?
        let flags = access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(frozen?.uri ?? path, &opened, flags, nil)
        guard code == SQLITE_OK, let opened else {
            let systemError = opened.map { sqlite3_system_errno($0) } ?? 0
            sqlite3_close_v2(opened)
            throw SQLiteFailure(code: code, systemError: systemError, detail: "").storageError(path: path)
        }
        handle = opened
        self.path = path
        _ = stowage_sqlite3_refuse_quoted_text(handle)
        _ = stowage_sqlite3_distrust_schema(handle)
        SQLiteFunctions.register(on: handle)
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_progress_handler(
            handle,
            4000,
            { Unmanaged<SQLiteConnection>.fromOpaque($0!).takeUnretainedValue().shouldStop ? 1 : 0 },
            context
        )
    }

    deinit { close() }

    /// Closes the connection, once; afterwards nothing may use it.
    func close() {
        guard isOpen else { return }
        isOpen = false
        for statement in statements.values { sqlite3_finalize(statement.handle) }
        for statement in numbered { sqlite3_finalize(statement?.handle) }
        statements = [:]
        numbered = []
        // "v2": should a statement be left, the handle waits for it instead of leaking locks.
        sqlite3_close_v2(handle)
    }

    /// Whether the file was opened for writing but cannot be written.
    var isReadOnly: Bool { sqlite3_db_readonly(handle, "main") == 1 }
    /// Whether no transaction is open.
    var isIdle: Bool { !isOpen || sqlite3_get_autocommit(handle) != 0 }
    /// How many rows the last statement changed.
    var changes: Int { Int(sqlite3_changes64(handle)) }
    /// How many rows were changed since the connection was opened.
    var totalChanges: Int64 { sqlite3_total_changes64(handle) }

    /// Whether the running statement is to end: asked every few thousand steps of SQLite's machine.
    private var shouldStop: Bool {
        if let interrupt, interrupt.isCancelled { return true }
        // On a task's own thread this is that task; on a thread of ours it is false.
        return Task.isCancelled || deadline.map(\.hasPassed) ?? false
    }

    /// Throws what an interrupted statement throws, when the work is to end.
    func checkInterrupt() throws {
        if shouldStop { throw SQLiteFailure(code: SQLITE_INTERRUPT, systemError: 0, detail: "") }
    }

    // MARK: Failures

    func failure(_ code: Int32) -> SQLiteFailure {
        let primary = code & 0xff
        let detail =
            primary == SQLITE_CONSTRAINT || primary == SQLITE_ERROR ? String(cString: sqlite3_errmsg(handle)) : ""
        return SQLiteFailure(code: code, systemError: sqlite3_system_errno(handle), detail: detail)
    }

    /// The portable error of anything thrown while this connection worked.
    func storageError(_ error: any Error) -> any Error {
        guard let failure = error as? SQLiteFailure else { return error }
        if failure.isInterrupt {
            // A deadline sets the interrupt as well, so it is asked first.
            if let deadline, deadline.hasPassed { return deadline.timeout(waitingFor: "a statement on \(path)") }
        }
        return failure.storageError(path: path)
    }

    // MARK: Statements

    /// Runs statements without parameters or rows.
    func execute(_ sql: String) throws {
        guard isOpen else { throw SQLiteFailure(code: SQLITE_MISUSE, systemError: 0, detail: "") }
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        if code != SQLITE_OK { throw failure(code) }
    }

    func prepare(_ sql: String) throws -> SQLiteStatement {
        var prepared: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let prepared else { throw failure(code) }
        return SQLiteStatement(prepared, on: self)
    }

    /// A statement for one user: from the cache, or a fresh one when that is in use by an open cursor.
    func take(_ sql: String) throws -> SQLiteStatement {
        if let cached = statements[sql] {
            if !cached.isInUse {
                cached.isInUse = true
                return cached
            }
            let fresh = try prepare(sql)
            fresh.isInUse = true
            return fresh
        }
        if statements.count >= 128 { dropIdleStatements() }
        let statement = try prepare(sql)
        statement.isCached = true
        statement.isInUse = true
        statements[sql] = statement
        return statement
    }

    /// Ends a use.
    func giveBack(_ statement: SQLiteStatement) {
        statement.reset()
        statement.isInUse = false
        if !statement.isCached { sqlite3_finalize(statement.handle) }
    }

    /// Runs a body with a statement.
    func with<Result>(_ sql: String, _ body: (SQLiteStatement) throws -> Result) throws -> Result {
        let statement = try take(sql)
        defer { giveBack(statement) }
        return try body(statement)
    }

    /// A statement that is asked for so often that hashing its text would show. Its user resets it.
    func numbered(_ number: Int, _ sql: @autoclosure () -> String) throws -> SQLiteStatement {
        if number < numbered.count, let statement = numbered[number] { return statement }
        let statement = try prepare(sql())
        while numbered.count <= number { numbered.append(nil) }
        numbered[number] = statement
        return statement
    }

    private func dropIdleStatements() {
        statements = statements.filter { _, statement in
            if !statement.isInUse { sqlite3_finalize(statement.handle) }
            return statement.isInUse
        }
    }

    /// The one value of one row as text.
    func text(_ sql: String) throws -> String {
        try with(sql) { statement in
            guard try statement.step() else { return "" }
            return sqlite3_column_text(statement.handle, 0).map { String(cString: $0) } ?? ""
        }
    }

    // MARK: Authority

    /// Runs a body whose statements may not begin or end the transaction, nor attach a file: SQLite refuses them when they
    /// are prepared, before they do anything. Savepoints are allowed, since none of them ends the transaction.
    func withoutTransactionControl<Result>(_ body: () throws -> Result) rethrows -> Result {
        sqlite3_set_authorizer(
            handle,
            { _, action, _, _, _, _ in
                [SQLITE_TRANSACTION, SQLITE_ATTACH, SQLITE_DETACH].contains(action) ? SQLITE_DENY : SQLITE_OK
            },
            nil
        )
        defer { sqlite3_set_authorizer(handle, nil, nil) }
        return try body()
    }

    // MARK: Settings

    /// Sets what holds for every connection.
    func configure(_ role: Role) throws {
        try execute("PRAGMA foreign_keys=ON; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-8000")
        if role != .writer { return try execute("PRAGMA query_only=ON") }
        // After the pragma: SQLite's automatic checkpoint is a hook too, and turning it off removes any.
        sqlite3_wal_hook(
            handle,
            { context, _, _, pages in
                Unmanaged<SQLiteConnection>.fromOpaque(context!).takeUnretainedValue().walPages = Int(pages)
                return SQLITE_OK
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }

    /// Decides when a commit is durable. Not inside a transaction.
    func synchronous(_ durability: Durability) throws {
        if self.durability == durability { return }
        // EXTRA is FULL in WAL mode; before that mode it flushes the folder too, after the journal is gone.
        try execute(durability == .full ? "PRAGMA synchronous=EXTRA" : "PRAGMA synchronous=NORMAL")
        self.durability = durability
    }
}

/// Tells a running statement of another thread to end.
final class SQLiteInterrupt: Sendable {
    private let flag = Atomic(false)
    var isCancelled: Bool { flag.load(ordering: .relaxed) }
    func cancel() { flag.store(true, ordering: .relaxed) }
}
#endif
