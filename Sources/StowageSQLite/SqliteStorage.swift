#if SQLite
public import Stowage

/// Records in a SQLite file: one table a record type, one column a field, readable by every SQLite tool.
///
/// ```swift
/// let storage = try SqliteStorage<SessionRecord, SessionState>(path: "sessions.db")
/// try await storage.initialize()
/// ```
public struct SqliteStorage<Record: StorageRecord, State: StorageState>: DatabaseStorage where State.Record == Record {
    /// The opened database, the schema and the options behind this value.
    public let handle: StorageHandle<Record, State>
    /// A storage over a handle.
    public init(handle: StorageHandle<Record, State>) { self.handle = handle }

    /// A storage in a file of its own.
    ///
    /// - Parameters:
    ///   - path: The file's path. It is made, with its folders, when it is absent.
    ///   - access: For reading and writing, or for reading alone.
    ///   - options: Deadline and levels.
    ///   - migrations: What leads to the record's schema; nil makes what is missing and checks the rest.
    ///   - migrationPolicy: Whether initializing applies pending migrations.
    /// - Throws: `configuration` when the record's schema is bad (QRY-7).
    public init(
        path: String,
        access: StorageAccess = .readWrite,
        options: StorageOptions = .init(),
        migrations: SchemaMigrations? = nil,
        migrationPolicy: SchemaMigrationPolicy = .apply
    ) throws {
        handle = try StorageDatabase.sqlite(
            path: path,
            access: access,
            options: options,
            migrations: migrations,
            migrationPolicy: migrationPolicy
        ).handle()
    }
}

extension StorageDatabase {
    /// A database in a SQLite file, with one table for each record type.
    public static func sqlite(
        path: String,
        access: StorageAccess = .readWrite,
        options: StorageOptions = .init(),
        migrations: SchemaMigrations? = nil,
        migrationPolicy: SchemaMigrationPolicy = .apply
    ) -> StorageDatabase {
        StorageDatabase(
            driver: SqliteDriver(path: path),
            access: access,
            options: options,
            migrations: migrations,
            migrationPolicy: migrationPolicy
        )
    }
}

extension StorageBackend {
    /// A SQLite file, at `PREFIX_SQLITE_PATH`; the pool size is the number of its readers.
    public static var sqlite: StorageBackend {
        StorageBackend(name: "sqlite", place: .file()) { settings in
            let readers = try settings.poolSize(default: SqliteDriver.Options().readers)
            return SqliteDriver(path: try settings.path(), options: SqliteDriver.Options(readers: readers))
        }
    }
}
#endif
