#if Postgres
public import Stowage

/// Records in a Postgres database: one table a record type, one column a field, readable by every Postgres tool.
///
/// ```swift
/// let storage = try PostgresStorage<SessionRecord, SessionState>(url: "postgresql://db.example/sessions")
/// try await storage.initialize()
/// ```
///
/// Any number of processes on any number of machines use it at once.
public struct PostgresStorage<Record: StorageRecord, State: StorageState>: DatabaseStorage
where State.Record == Record {
    /// The opened database, the schema and the options behind this value.
    public let handle: StorageHandle<Record, State>
    /// A storage over a handle.
    public init(handle: StorageHandle<Record, State>) { self.handle = handle }

    /// A storage in a database of its own.
    ///
    /// - Parameters:
    ///   - url: A libpq URL. The database must exist; tables are made when they are absent.
    ///   - access: For reading and writing, or for reading alone.
    ///   - options: Deadline and levels.
    ///   - postgres: The sizes and times of the connections.
    ///   - migrations: What leads to the record's schema; nil makes what is missing and checks the rest.
    ///   - migrationPolicy: Whether initializing applies pending migrations.
    /// - Throws: `configuration` when the URL cannot be read, libpq is not installed, or the record's schema is bad
    ///   (QRY-7).
    public init(
        url: String,
        access: StorageAccess = .readWrite,
        options: StorageOptions = .init(),
        postgres: PostgresOptions = .init(),
        migrations: SchemaMigrations? = nil,
        migrationPolicy: SchemaMigrationPolicy = .apply
    ) throws {
        handle = try StorageDatabase.postgres(
            url: url,
            access: access,
            options: options,
            postgres: postgres,
            migrations: migrations,
            migrationPolicy: migrationPolicy
        ).handle()
    }
}

extension StorageDatabase {
    /// A database on a Postgres server, with one table for each record type.
    ///
    /// - Throws: `configuration` when the URL cannot be read, which the error does not quote, or libpq is not
    ///   installed.
    public static func postgres(
        url: String,
        access: StorageAccess = .readWrite,
        options: StorageOptions = .init(),
        postgres: PostgresOptions = .init(),
        migrations: SchemaMigrations? = nil,
        migrationPolicy: SchemaMigrationPolicy = .apply
    ) throws -> StorageDatabase {
        StorageDatabase(
            driver: try PostgresDriver(url: url, options: postgres),
            access: access,
            options: options,
            migrations: migrations,
            migrationPolicy: migrationPolicy
        )
    }
}
#endif
