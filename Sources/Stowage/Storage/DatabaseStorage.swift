/// The one protocol that apps code against: the records of one type, wherever they are kept.
///
/// ```swift
/// func openSessions(_ storage: any DatabaseStorage<SessionRecord, SessionState>) async throws {
///     try await storage.create(SessionRecord(session: "s-1", repoName: "r", repoUrl: "", createdAt: .now))
///     try await storage.update("s-1") { $0.branch = "main" }
///     let newest = try await storage.fetch(.where { $0.branch != nil }.sort(\.createdAt, .descending).limit(20))
///     try await storage.delete("s-1")
/// }
/// ```
///
/// Every adapter answers alike (the contract's rules are named in parentheses throughout). A storage is a small
/// `Sendable` value: copies share one opened database, and any task may use it. Every call ends by its deadline, 30
/// seconds unless ``with(_:)`` or the database says otherwise (LIF-2), and throws ``StorageError`` alone. All calls
/// throw `closed` after ``close()``, `timeout`, `cancelled`, `unavailable`, `corrupt`, `permission` and `storageFull`
/// as their names say; each call's own codes stand on it.
///
/// All verbs are derived from the driver behind ``handle``. To change what a storage does, wrap its driver; to test an
/// app without a disk, use ``MemoryStorage``.
public protocol DatabaseStorage<Record, State>: Sendable {
    /// The type of the records.
    associatedtype Record: StorageRecord
    /// The whole store as a value: the records and what goes with them.
    associatedtype State: StorageState where State.Record == Record

    /// The opened database, the schema and the options behind this value.
    var handle: StorageHandle<Record, State> { get }

    /// Another value over the same database.
    init(handle: StorageHandle<Record, State>)
}

extension DatabaseStorage {
    /// Opens the store, creating it when it is absent, and makes sure that the records have a place in it.
    ///
    /// Call it once before anything else. It is idempotent, and safe from many tasks and processes at once (LIF-1).
    ///
    /// - Throws: `corrupt` or `schemaMismatch` for a store that cannot be read, which is left as it is (DUR-4);
    ///   `notFound` for an absent store when it is opened read-only; `configuration` for a bad schema.
    public func initialize() async throws { try await handle.initialize() }

    /// Gives the database back: waits for what is running, then closes it. Idempotent (LIF-1).
    public func close() async throws { try await handle.close() }

    /// The same storage with narrower options for the calls made through it.
    ///
    /// ```swift
    /// let quick = storage.with(.deadline(.seconds(2)))
    /// ```
    public func with(_ options: StorageOption...) -> Self { Self(handle: handle.with(options)) }

    /// Where the store is, without credentials.
    public var location: StorageLocation { handle.location }

    /// What the adapter does beyond the minimum (LIF-5).
    public var capabilities: Capabilities { handle.capabilities }

    /// Asks the engine whether it is well.
    ///
    /// - Throws: whatever keeps the store from answering.
    public func health() async throws -> StorageHealth { try await handle.health() }
}

/// Records of one type in an opened database, as ``StorageDatabase/storage(_:state:)`` and transactions hand them out.
public struct RecordStorage<Record: StorageRecord, State: StorageState>: DatabaseStorage where State.Record == Record {
    /// The opened database, the schema and the options behind this value.
    public let handle: StorageHandle<Record, State>
    /// A storage over a handle.
    public init(handle: StorageHandle<Record, State>) { self.handle = handle }
}
