#if SQLite
internal import CSQLite
internal import Stowage
internal import StowageSQL

/// An open file: its readers and, unless it was opened for reading only, its writer.
final class SQLiteStore: Sendable {
    let path: String
    let access: StorageAccess
    let readers: SQLiteReaders
    let writer: SQLiteWriter?

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
        let role: SQLiteConnection.Role = access == .readWrite ? .writer : .readOnly
        let connection = try SQLiteConnection(path: path, role: role)
        try Self.retrying(connection, until: deadline) {
            try SQLiteFile.checkHeader(connection)
            if access == .readWrite {
                if connection.isReadOnly {
                    throw StorageError(
                        .readOnly,
                        "the database file cannot be written",
                        advice: "Change the file's mode, or open the store for reading only"
                    ).at(StorageError.Place(path: path))
                }
                try Self.switchToWAL(connection)
            }
            try connection.configure(role)
            // Reads the header and the schema, so that a damaged file shows now.
            _ = try connection.text("SELECT count(*) FROM sqlite_master")
        }
        if access == .readWrite {
            readers = SQLiteReaders(path: path, role: .reader, count: options.readers)
            writer = SQLiteWriter(connection, thread: thread, checkpointPages: options.checkpointPages)
        } else {
            readers = SQLiteReaders(path: path, role: .readOnly, count: options.readers)
            writer = nil
        }
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
    /// - Parameter connection: The writer inside a transaction, or a reader.
    static func table(for schema: CollectionSchema, on connection: SQLiteConnection, creating: Bool) throws -> SQLTable?
    {
        let writer = SQLSchemaWriter(SQLiteDialect())
        var columns = try connection.storedColumns(of: schema.name)
        if columns.isEmpty {
            guard creating else { return nil }
            try connection.execute(try writer.createTable(schema))
            columns = try connection.storedColumns(of: schema.name)
        }
        var table = try writer.check(schema, hasColumns: columns, isSame: sameName)
        let lacksUnknown = SQLTable.shouldKeepUnknown(schema) && !table.keepsUnknown
        let lacksIndexes = try hasMissingIndex(schema, writer, on: connection)
        if creating {
            if lacksUnknown {
                try connection.execute(try writer.addUnknownColumn(schema))
                table.keepsUnknown = true
            }
            if lacksIndexes { for sql in try writer.createIndexes(schema) { try connection.execute(sql) } }
            try checkKey(table, on: connection)
        } else if connection.isWritable, lacksUnknown || lacksIndexes {
            return nil
        }
        return table
    }

    /// SQLite's names are the same when they differ in ASCII case only.
    private static func sameName(_ left: String, _ right: String) -> Bool { sqlite3_stricmp(left, right) == 0 }

    private static func hasMissingIndex(
        _ schema: CollectionSchema,
        _ writer: SQLSchemaWriter,
        on connection: SQLiteConnection
    ) throws -> Bool {
        if schema.indexes.isEmpty { return false }
        let stored = try connection.with(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?1 COLLATE NOCASE"
        ) {
            statement in
            try statement.bind(text: schema.name, at: 1)
            var names: [String] = []
            while try statement.step() { names.append(statement.text(0) ?? "") }
            return names
        }
        return !writer.indexNames(schema).allSatisfy { name in stored.contains { sameName($0, name) } }
    }

    /// An existing table that another program made may have another key: then no write could tell records apart.
    private static func checkKey(_ table: SQLTable, on connection: SQLiteConnection) throws {
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
}

extension SQLiteConnection {
    /// Whether it may change the file.
    var isWritable: Bool { !isReadOnly }
}
#endif
