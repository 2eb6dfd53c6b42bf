internal import FoundationEssentials

/// Opens the store that the configuration names: an argument, the environment, a file, or the defaults decide.
///
/// ```swift
/// let factory = StorageFactory(prefix: "MINSKY", store: "SESSION", backends: [.json, .sqlite, .postgres, .memory])
/// let sessions = try factory.storage(SessionRecord.self, state: SessionState.self)
/// try await sessions.initialize()
/// ```
///
/// | key in the environment | in the file | meaning |
/// |---|---|---|
/// | `MINSKY_SESSION_BACKEND` | `session.backend` | a registered backend; the first one by default |
/// | `MINSKY_JSON_PATH`, `MINSKY_SQLITE_PATH` | `json.path`, `sqlite.path` | the backend's file |
/// | `MINSKY_JSON_MODE` | `json.mode` | how the JSON file takes writes: `replace`, `journal` |
/// | `MINSKY_POSTGRES_URL` | `postgres.url` | the backend's server |
/// | `MINSKY_DATABASE_URL` | `database.url` | one URL whose scheme picks the backend |
/// | `MINSKY_SESSION_TIMEOUT` | `session.timeout` | the deadline of a call, with its unit: `500ms`, `30s`, `2m` |
/// | `MINSKY_SESSION_TIMEOUT_SECONDS` | `session.timeoutSeconds` | the same as a number of seconds |
/// | `MINSKY_SESSION_POOL_SIZE` | `session.poolSize` | connections, 1 to 1000 |
/// | `MINSKY_SESSION_DURABILITY` | `session.durability` | `full`, `relaxed` |
/// | `MINSKY_SESSION_ISOLATION` | `session.isolation` | `serializable`, `snapshot`, `readCommitted` |
/// | `MINSKY_SESSION_MIGRATIONS` | `session.migrations` | `apply` pending schema migrations, or `refuse` to open |
/// | `MINSKY_CONFIG` | | the configuration file |
///
/// The levels, highest first, are ``arguments``, the environment, the file (`$MINSKY_CONFIG`, else
/// `$XDG_CONFIG_HOME/minsky/config.json`, else `~/.config/minsky/config.json`) and the defaults. A higher level replaces
/// a lower one: a URL in the environment beats a backend named in the file. Two keys of one level that name different
/// places are an error; keys of backends that were not chosen are ignored. Nothing falls back in silence: every value
/// that is not understood throws `configuration` with its key, where it came from, and what is accepted.
public struct StorageFactory: Sendable {
    /// What environment variables begin with; in lower case, the app's folder.
    public let prefix: String
    /// The store's name within the app.
    public let store: String
    /// The backends that can be chosen; the first is the default.
    public let backends: [StorageBackend]
    /// The names of the default files, by backend; what is not given here is as the backend says.
    public var defaultFiles: [String: String]
    /// The highest level, by the keys of the file: `["session.timeout": "2s"]`.
    public var arguments: [String: String]
    /// The environment.
    public var environment: [String: String]
    /// The migrations that lead to the store's schema; nil when opening only checks what is there.
    public var migrations: SchemaMigrations?

    /// Describes how an app's store is configured.
    ///
    /// - Parameters:
    ///   - prefix: What environment variables begin with: `MINSKY`.
    ///   - store: The store's name within the app: `SESSION`.
    ///   - backends: The backends that can be chosen; the first is the default.
    ///   - defaultFiles: The names of the default files, by backend.
    ///   - arguments: What the caller has decided, by the keys of the file.
    ///   - environment: The environment; that of the process by default.
    ///   - migrations: The migrations that lead to the store's schema.
    public init(
        prefix: String,
        store: String,
        backends: [StorageBackend],
        defaultFiles: [String: String] = [:],
        arguments: [String: String] = [:],
        environment: [String: String]? = nil,
        migrations: SchemaMigrations? = nil
    ) {
        self.prefix = prefix
        self.store = store
        self.backends = backends
        self.defaultFiles = defaultFiles
        self.arguments = arguments
        self.migrations = migrations
        self.environment = environment ?? ProcessInfo.processInfo.environment
    }

    /// The factory with one more argument: the highest level.
    public func with(_ key: String, _ value: String) -> StorageFactory {
        var copy = self
        copy.arguments[key] = value
        return copy
    }

    /// The section of the store's own keys: `SESSION` is `session`, `TASK_GRAPH` is `taskGraph`.
    var section: String {
        let words = store.lowercased().split(separator: "_")
        let rest = words.dropFirst().map { word in
            String(decoding: word.utf8.prefix(1), as: UTF8.self).uppercased() + word.dropFirst()
        }
        return (words.prefix(1).map(String.init) + rest).joined()
    }

    /// The environment variable that sets the deadline of a call: `MINSKY_SESSION_TIMEOUT`.
    package var timeoutVariable: String { ConfigurationLevels.variable(prefix, [section, "timeout"]) }

    var folders: UserFolders { UserFolders(environment: environment, app: prefix.lowercased()) }
}

extension StorageFactory {
    /// The database that the configuration names. Nothing is opened yet.
    ///
    /// - Parameter access: For reading and writing, or for reading alone.
    /// - Throws: `configuration`, as ``StorageFactory`` says.
    public func database(access: StorageAccess = .readWrite) throws -> StorageDatabase {
        try configuration(access: access).database()
    }

    /// The database at a location: a backend's name, whose place the configuration gives, or a URL.
    public func database(at location: String, access: StorageAccess = .readWrite) throws -> StorageDatabase {
        try configuration(at: location, access: access).database()
    }

    /// The storage for records of one type in the database that the configuration names.
    public func storage<Record: StorageRecord, State: StorageState>(
        _ type: Record.Type = Record.self,
        state: State.Type,
        access: StorageAccess = .readWrite
    ) throws -> RecordStorage<Record, State> where State.Record == Record {
        try database(access: access).storage(type, state: state)
    }

    /// The storage for records of one type that have no state beside them.
    public func storage<Record: StorageRecord>(
        _ type: Record.Type = Record.self,
        access: StorageAccess = .readWrite
    ) throws -> RecordStorage<Record, RecordsOnly<Record>> {
        try database(access: access).storage(type)
    }

    /// Every value of the configuration with the level and the key that it came from, credentials masked.
    public func report() throws -> [Setting] { try configuration().settings }
}
