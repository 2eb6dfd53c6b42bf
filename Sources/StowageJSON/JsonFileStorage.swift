public import Stowage

/// Records in a JSON file: the default, readable by people, safe between processes.
///
/// ```swift
/// let storage = try JsonFileStorage<SessionRecord, SessionState>(path: "session-db.json")
/// try await storage.initialize()
/// ```
///
/// The whole store is held in memory and the file is replaced whole by each write, so it suits thousands of records
/// rather than millions; in the journal mode (``JSONFileMode``) a write takes no longer when the file is larger. What it
/// promises is the contract's, durability included.
public struct JsonFileStorage<Record: StorageRecord, State: StorageState>: DatabaseStorage
where State.Record == Record {
    /// The opened database, the schema and the options behind this value.
    public let handle: StorageHandle<Record, State>
    /// A storage over a handle.
    public init(handle: StorageHandle<Record, State>) { self.handle = handle }

    /// A storage in a file of its own.
    ///
    /// - Parameters:
    ///   - path: The file's path. It is made, with its folders, when it is absent.
    ///   - mode: How the file takes writes.
    ///   - access: For reading and writing, or for reading alone.
    ///   - options: Deadline and levels.
    ///   - migrations: What leads to the record's schema; nil checks what is there alone.
    ///   - migrationPolicy: Whether initializing applies pending migrations.
    /// - Throws: `configuration` when the record's schema is bad (QRY-7).
    public init(
        path: String,
        mode: JSONFileMode = .replace,
        access: StorageAccess = .readWrite,
        options: StorageOptions = .init(),
        migrations: SchemaMigrations? = nil,
        migrationPolicy: SchemaMigrationPolicy = .apply
    ) throws {
        handle = try StorageDatabase.json(
            path: path,
            mode: mode,
            access: access,
            options: options,
            migrations: migrations,
            migrationPolicy: migrationPolicy
        ).handle()
    }
}

extension StorageDatabase {
    /// A database in a JSON file, with one array for each record type.
    public static func json(
        path: String,
        mode: JSONFileMode = .replace,
        access: StorageAccess = .readWrite,
        options: StorageOptions = .init(),
        migrations: SchemaMigrations? = nil,
        migrationPolicy: SchemaMigrationPolicy = .apply
    ) -> StorageDatabase {
        StorageDatabase(
            driver: JSONFileDriver(path: path, mode: mode),
            access: access,
            options: options,
            migrations: migrations,
            migrationPolicy: migrationPolicy
        )
    }
}

extension StorageBackend {
    /// A JSON file, at `PREFIX_JSON_PATH`; it takes writes as `PREFIX_JSON_MODE` says, `replace` or `journal`, or the URL's
    /// parameter, `json:PATH?mode=journal`.
    public static var json: StorageBackend {
        StorageBackend(name: "json", place: .file(parameters: ["mode"])) { settings in
            let named = try settings.parameter("mode").map(mode) ?? settings.choice("mode", of: ModeName.self)
            return JSONFileDriver(path: try settings.path(), mode: named == .journal ? .journal : .replace)
        }
    }

    private enum ModeName: String, CaseIterable { case replace, journal }

    private static func mode(_ text: String) throws -> ModeName {
        guard let name = ModeName(rawValue: text) else {
            throw StorageError(
                .configuration,
                "the parameter mode of the URL is none of the choices",
                advice: "Set it to one of: replace, journal"
            )
        }
        return name
    }
}
