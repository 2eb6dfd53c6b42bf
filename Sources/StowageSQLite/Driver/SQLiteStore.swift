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
        if access == .readOnly { try Self.recover(path, until: deadline) }
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

    /// Takes back what a program that died has left half written, which a connection for reading may not (DUR-2). The
    /// content stays what it was.
    private static func recover(_ path: String, until deadline: Deadline) throws {
        let reading = try SQLiteConnection(path: path, role: .readOnly)
        do {
            try retrying(reading, until: deadline) {
                do { _ = try reading.text("SELECT count(*) FROM sqlite_master") } catch let failure as SQLiteFailure
                    where failure.primaryCode == SQLITE_READONLY
                {
                    let writing = try SQLiteConnection(path: path, role: .reader)
                    _ = try writing.text("SELECT count(*) FROM sqlite_master")
                }
            }
        } catch {
            // Whatever else is wrong is told by the opening itself.
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
        try SQLiteTableCheck.columns(of: schema, on: connection)
        let lacksUnknown = SQLTable.shouldKeepUnknown(schema) && !table.keepsUnknown
        let lacksIndexes = try SQLiteTableCheck.missesIndex(schema, writer, on: connection)
        if creating {
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
        } else if connection.isWritable, lacksUnknown || lacksIndexes {
            return nil
        }
        try SQLiteTableCheck.key(of: table, on: connection)
        return table
    }

    /// SQLite's names are the same when they differ in ASCII case only.
    static func sameName(_ left: String, _ right: String) -> Bool { sqlite3_stricmp(left, right) == 0 }
}

extension SQLiteConnection {
    /// Whether it may change the file.
    var isWritable: Bool { !isReadOnly }
}
#endif
