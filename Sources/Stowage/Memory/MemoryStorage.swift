/// Records in memory: for tests, and as the reference model of the contract.
///
/// ```swift
/// let storage = try MemoryStorage<SessionRecord, SessionState>()
/// try await storage.initialize()
/// ```
public struct MemoryStorage<Record: StorageRecord, State: StorageState>: DatabaseStorage where State.Record == Record {
    /// The opened database, the schema and the options behind this value.
    public let handle: StorageHandle<Record, State>
    /// A storage over a handle.
    public init(handle: StorageHandle<Record, State>) { self.handle = handle }

    /// An empty store.
    ///
    /// - Throws: `configuration` when the record's schema is bad (QRY-7).
    public init(options: StorageOptions = .init()) throws {
        handle = try StorageDatabase.memory(options: options).handle()
    }
}

extension StorageDatabase {
    /// An empty database in memory.
    public static func memory(options: StorageOptions = .init()) -> StorageDatabase {
        StorageDatabase(driver: MemoryDriver(), options: options)
    }
}
