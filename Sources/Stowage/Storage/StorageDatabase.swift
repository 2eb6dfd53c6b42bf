internal import Synchronization

/// A database that is opened once and hands out storages for several record types; a transaction spans them.
///
/// ```swift
/// let database = try StorageDatabase.sqlite(path: "app.db")
/// let sessions = try database.storage(SessionRecord.self, state: SessionState.self)
/// let tasks = try database.storage(TaskRecord.self)
/// try await database.initialize()
/// try await database.transaction { transaction in
///     try await transaction.storage(sessions).delete("s-1")
///     try await transaction.storage(tasks).deleteAll(.where { $0.session == "s-1" })
/// }
/// ```
public final class StorageDatabase: Sendable {
    /// The driver.
    public let driver: any StorageDriver
    /// For reading and writing, or for reading alone.
    public let access: StorageAccess
    /// What holds for every call unless it is narrowed.
    public let options: StorageOptions
    /// The migrations that lead to the schema; nil when opening only checks what is there (SCH-3).
    public let migrations: SchemaMigrations?
    /// What ``initialize()`` does with migrations that the store has not applied.
    public let migrationPolicy: SchemaMigrationPolicy

    let lifecycle = Lifecycle()
    private let collections = Mutex(Collections())

    private struct Collections {
        var known: [(schema: CollectionSchema, mark: OpenMark)] = [(.state, OpenMark())]
    }

    /// A database over a driver. Nothing is opened before ``initialize()``.
    public init(
        driver: any StorageDriver,
        access: StorageAccess = .readWrite,
        options: StorageOptions = .init(),
        migrations: SchemaMigrations? = nil,
        migrationPolicy: SchemaMigrationPolicy = .apply
    ) {
        self.driver = driver
        self.access = access
        self.options = options
        self.migrations = migrations
        self.migrationPolicy = migrationPolicy
    }

    /// The collections of all storages handed out so far, and the state's.
    var knownCollections: [CollectionSchema] { collections.withLock { $0.known.map(\.schema) } }

    /// The storage for records of one type.
    ///
    /// - Throws: `configuration` when the schema is bad (QRY-7) or another type has a collection of the same name with
    ///   other fields.
    public func storage<Record: StorageRecord, State: StorageState>(
        _ type: Record.Type = Record.self,
        state: State.Type
    ) throws -> RecordStorage<Record, State> where State.Record == Record {
        RecordStorage(handle: try handle())
    }

    /// The storage for records of one type that have no state beside them.
    public func storage<Record: StorageRecord>(
        _ type: Record.Type = Record.self
    ) throws -> RecordStorage<Record, RecordsOnly<Record>> {
        RecordStorage(handle: try handle())
    }

    /// A handle for a storage type of an adapter.
    public func handle<Record: StorageRecord, State: StorageState>() throws -> StorageHandle<Record, State>
    where State.Record == Record {
        let schema = try Record.schema
        try State.check()
        for field in State.fields where TextOrder.equal(field.name, schema.collection.name) {
            throw SchemaNames.refusal("the state \(State.self) has a field with the name of its collection")
        }
        let mark = try register(schema.collection)
        return StorageHandle(
            schema: schema,
            route: StorageRoute(schema.collection, .database(self), options, mark)
        )
    }

    private func register(_ collection: CollectionSchema) throws -> OpenMark {
        try collections.withLock { collections in
            if let known = collections.known.first(where: { TextOrder.equal($0.schema.name, collection.name) }) {
                guard known.schema.hasSameShape(as: collection) else {
                    throw SchemaNames.refusal("two record types describe the collection \(collection.name) differently")
                }
                return known.mark
            }
            let names = Set(collections.known.flatMap { $0.schema.indexes.map { ByteText($0.name) } })
            if let clash = collection.indexes.first(where: { names.contains(ByteText($0.name)) }) {
                throw SchemaNames.refusal(
                    "an index of \(collection.name) and one of another collection would both be named \(clash.name)"
                )
            }
            let mark = OpenMark()
            collections.known.append((collection, mark))
            return mark
        }
    }

    /// Opens the store with the collections of all storages handed out so far; see ``DatabaseStorage/initialize()``.
    ///
    /// With migrations the schema is brought up to date first (SCH-1), or refused as ``migrationPolicy`` says.
    ///
    /// - Throws: Beside what opening throws: `configuration` when the migrations do not lead to the record types,
    ///   `schemaMismatch` when the store has applied others (SCH-2) or some are pending and may not be applied.
    public func initialize() async throws {
        try ActiveTransaction.refuse(self, doing: "initializing the database")
        let known = collections.withLock { $0.known }
        try await running {
            if access == .readOnly { try driver.capabilities.require(.readOnlyAccess, for: "opening for reading only") }
            let context = options.context()
            try context.deadline.check(waitingFor: "the store to open")
            try await prepareSchema(context)
            try await driver.open(known.map(\.schema), access: access, context: context)
        }
        for (_, mark) in known { mark.set() }
    }

    /// The mark of the state's collection, which is opened with every other.
    var stateMark: OpenMark { collections.withLock { $0.known[0].mark } }

    /// Gives everything back; see ``DatabaseStorage/close()``.
    public func close() async throws {
        try ActiveTransaction.refuse(self, doing: "closing the database")
        try await lifecycle.close(deadline: .after(options.deadline)) { [driver] in try await driver.close() }
    }

    /// Asks the engine whether it is well; see ``DatabaseStorage/health()``.
    public func health() async throws -> StorageHealth {
        try ActiveTransaction.refuse(self, doing: "asking for the database's health")
        return try await running { try await driver.health(context: options.context()) }
    }

    /// Runs a call that closing must wait for.
    package func running<T>(_ body: () async throws -> T) async throws -> T {
        try lifecycle.enter()
        defer { lifecycle.leave() }
        do {
            return try await body()
        } catch is CancellationError {
            throw StorageError.cancelledTask
        }
    }

    /// Runs a write, again after each conflict, with jitter, until the deadline (TXN-3).
    func retrying<T>(until deadline: Deadline, _ body: () async throws -> T) async throws -> T {
        var pause = Backoff()
        while true {
            do {
                return try await body()
            } catch let error as StorageError where error.code == .conflict && error.isRetryable {
                try await pause.wait(until: deadline, after: error)
            }
        }
    }
}

/// Whether a collection has been opened. Every call looks at it, so it is one load.
final class OpenMark: Sendable {
    private let isOpen = Atomic(false)

    func set() { isOpen.store(true, ordering: .releasing) }
    var isSet: Bool { isOpen.load(ordering: .acquiring) }
}

extension StorageError {
    static var notInitialized: StorageError {
        StorageError(
            .invalidArgument,
            "the storage is used before it is initialized",
            advice: "Call `try await storage.initialize()` first"
        )
    }
}

extension CollectionSchema {
    /// Whether rows of the one are rows of the other.
    func hasSameShape(as other: CollectionSchema) -> Bool {
        firstDifference(to: other) == nil && key == other.key && indexes == other.indexes
    }

    /// The first field that only one of them has at its position; nil when the fields are the same.
    func firstDifference(to other: CollectionSchema) -> String? {
        for (left, right) in zip(fields, other.fields) {
            if !TextOrder.equal(left.name, right.name) || left.type != right.type || left.isOptional != right.isOptional
            {
                return right.name
            }
        }
        let longer = fields.count > other.fields.count ? fields : other.fields
        return fields.count == other.fields.count ? nil : longer[min(fields.count, other.fields.count)].name
    }
}

/// Growing pauses with jitter, so that writers who met once do not meet again.
struct Backoff {
    private var ceiling = 1.0
    private var tries = 0

    /// Waits a random time up to the ceiling, which doubles to at most 50 ms.
    ///
    /// - Throws: `timeout` when the deadline comes first; `cancelled` when the task is cancelled.
    mutating func wait(until deadline: Deadline, after error: StorageError) async throws {
        tries += 1
        let pause = Duration.microseconds(Int64(Double.random(in: 0...ceiling) * 1000))
        ceiling = min(ceiling * 2, 50)
        guard deadline.remaining > pause else {
            throw deadline.timeout(waitingFor: "an order among concurrent transactions, after \(tries) tries")
                .causedBy(error)
        }
        do {
            try await Task.sleep(for: pause)
        } catch {
            throw StorageError.cancelledTask
        }
    }
}
