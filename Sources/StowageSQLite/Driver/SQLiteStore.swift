#if SQLite
internal import CSQLite
internal import Stowage
internal import StowageSQL
internal import Synchronization

/// An open file: its readers and, unless it was opened for reading only, its writer.
final class SQLiteStore: Sendable {
    let path: String
    let access: StorageAccess
    let readers: SQLiteReaders
    let writer: SQLiteWriter?
    /// Whether ``takeIntoUse(until:)`` has done its work.
    let isInUse = Atomic(false)

    /// Opens the file, which is to be done on a thread that may block.
    init(
        path: String,
        access: StorageAccess,
        options: SqliteDriver.Options,
        thread: WorkerThread,
        deadline: Deadline
    ) throws {
        self.path = path
        self.access = access
        try SQLiteFile.prepare(path, access: access)
        if access == .readWrite {
            let (connection, isReady) = try Self.openForWriting(path, deadline)
            isInUse.store(isReady, ordering: .relaxed)
            readers = SQLiteReaders(path: path, role: .reader, count: options.readers)
            writer = SQLiteWriter(connection, thread: thread, checkpointPages: options.checkpointPages)
        } else {
            let (first, role) = try Self.openForReading(path, deadline)
            readers = SQLiteReaders(path: path, role: role, count: options.readers, first: first)
            writer = nil
        }
    }

    /// Opens the writer's connection. A file that is there keeps its bytes until it is taken into use.
    ///
    /// - Returns: The connection, and whether nothing is left to be done then.
    private static func openForWriting(
        _ path: String,
        _ deadline: Deadline
    ) throws -> (SQLiteConnection, isInUse: Bool) {
        let connection = try SQLiteConnection(path: path, role: .writer)
        let isInUse = try retrying(connection, until: deadline) {
            let form = try SQLiteFile.checkHeader(connection)
            if connection.isReadOnly {
                throw StorageError(
                    .readOnly,
                    "the database file cannot be written",
                    advice: "Change the file's mode, or open the store for reading only"
                ).at(StorageError.Place(path: path))
            }
            if form == .empty { try switchToWAL(connection) }
            // What a crash left in the log stays there, should the store be refused.
            let hasLog = form == .log && SQLiteFile.size(path + "-wal") > 0
            if hasLog { connection.keepsLogOnClose(true) }
            try connection.configure(.writer)
            _ = try connection.text(readsSchema)
            return form != .journal && !hasLog
        }
        return (connection, isInUse)
    }

    /// Opens the first connection for reading, and says how further ones are opened so that they leave nothing behind.
    ///
    /// Readers of a file in WAL mode make a log and its index beside it. Only one that may write the file removes them
    /// again, as the last to close; so where there is no log that it would copy into the file, a reader is opened as one.
    private static func openForReading(
        _ path: String,
        _ deadline: Deadline
    ) throws -> (SQLiteConnection, SQLiteConnection.Role) {
        let connection = try SQLiteConnection(path: path, role: .readOnly)
        let form = try retrying(connection, until: deadline) { try SQLiteFile.checkHeader(connection) }
        if form == .log, SQLiteFile.size(path + "-wal") == 0, SQLiteFile.mayWriteBeside(path) {
            let reader = try SQLiteConnection(path: path, role: .reader)
            try retrying(reader, until: deadline) { try check(reader, .reader) }
            return (reader, .reader)
        }
        do {
            try retrying(connection, until: deadline) {
                try recovering(connection) { try check(connection, .readOnly) }
            }
            return (connection, .readOnly)
        } catch let error as StorageError
            where form == .log && [.permission, .readOnly, .unavailable].contains(error.code)
        {
            let frozen = try SQLiteConnection(path: path, role: .frozen)
            try retrying(frozen, until: deadline) { try check(frozen, .frozen) }
            return (frozen, .frozen)
        }
    }

    /// Reads the header and the schema, so that a damaged file shows now.
    private static func check(_ connection: SQLiteConnection, _ role: SQLiteConnection.Role) throws {
        try connection.configure(role)
        _ = try connection.text(readsSchema)
    }

    private static let readsSchema = "SELECT count(*) FROM sqlite_master"

    /// What a crash left in a journal must be rolled back before anybody can read, and a connection for reading alone
    /// may not do that: another one does, and changes nothing else (DUR-2).
    private static func recovering(_ connection: SQLiteConnection, _ body: () throws -> Void) throws {
        do { try body() } catch let failure as SQLiteFailure where failure.needsRecovery {
            try SQLiteFile.prepare(connection.path, access: .readWrite)
            _ = try SQLiteConnection(path: connection.path, role: .reader).text(readsSchema)
            try body()
        }
    }

    /// Takes the store into use, once its schema is found to be right: from then on it is in WAL mode. To be called on a
    /// thread that may block, by who has the writer.
    func takeIntoUse(until deadline: Deadline) throws {
        guard let connection = writer?.connection, !isInUse.load(ordering: .acquiring) else { return }
        try Self.retrying(connection, until: deadline) { try Self.switchToWAL(connection) }
        connection.keepsLogOnClose(false)
        isInUse.store(true, ordering: .releasing)
    }

    /// WAL mode is kept in the file: the first opener switches, the others find it.
    private static func switchToWAL(_ connection: SQLiteConnection) throws {
        if try connection.text("PRAGMA journal_mode") == "wal" { return }
        guard try connection.text("PRAGMA journal_mode=WAL") == "wal" else {
            throw StorageError(
                .unsupported,
                "the file system cannot hold a SQLite database in WAL mode",
                advice: "Choose a path on a local disk"
            ).at(StorageError.Place(path: connection.path))
        }
    }

    /// Tries until it is not busy, on a thread that may block.
    static func retrying<Result>(
        _ connection: SQLiteConnection,
        until deadline: Deadline,
        _ body: () throws -> Result
    ) throws -> Result {
        var attempts = 0
        while true {
            do { return try body() } catch let failure as SQLiteFailure where failure.isBusy {
                if !connection.isIdle { connection.rollBack() }
                if deadline.hasPassed { throw deadline.timeout(waitingFor: SQLiteBusy.waitedFor(connection.path)) }
                SQLiteWriter.pause(after: attempts)
                attempts += 1
            } catch { throw connection.storageError(error) }
        }
    }

    // MARK: Tables

    /// Makes sure that a collection's table is there with its columns and indexes, and describes it.
    ///
    /// - Parameters:
    ///   - connection: The writer inside a transaction, or a reader.
    ///   - making: Whether to make what is missing.
    ///   - access: For reading alone a table is taken as it is.
    /// - Returns: Nil for a table that is to be made or completed.
    static func table(
        for schema: CollectionSchema,
        on connection: SQLiteConnection,
        making: Bool,
        access: StorageAccess
    ) throws -> SQLTable? {
        let writer = SQLSchemaWriter(SQLiteDialect())
        var columns = try connection.storedColumns(of: schema.name)
        if columns.isEmpty {
            guard making else { return nil }
            try connection.execute(try writer.createTable(schema))
            columns = try connection.storedColumns(of: schema.name)
        }
        var table = try writer.check(schema, hasColumns: columns, isSame: sameName)
        try SQLiteTableCheck.columns(of: schema, on: connection)
        let lacksUnknown = SQLTable.shouldKeepUnknown(schema) && !table.keepsUnknown
        let lacksIndexes = try SQLiteTableCheck.missesIndex(schema, writer, on: connection)
        if making {
            if lacksUnknown {
                try connection.execute(try writer.addUnknownColumn(schema))
                table.keepsUnknown = true
            }
            if lacksIndexes {
                for sql in try writer.createIndexes(schema) { try connection.execute(sql) }
                if try SQLiteTableCheck.missesIndex(schema, writer, on: connection) {
                    throw StorageError(
                        .schemaMismatch,
                        "another table has an index of the name that an index of this one needs",
                        advice: "Rename that index"
                    ).inCollection(schema.name)
                }
            }
        } else if access == .readWrite, lacksUnknown || lacksIndexes {
            return nil
        }
        try SQLiteTableCheck.key(of: table, on: connection)
        return table
    }

    /// SQLite's names are the same when they differ in ASCII case only.
    static func sameName(_ left: String, _ right: String) -> Bool { sqlite3_stricmp(left, right) == 0 }
}
#endif
