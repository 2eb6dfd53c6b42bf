import ConformanceKit
import Stowage
import Synchronization

/// The least that an author writes: put, get, remove and scan over a dictionary, one writer at a time.
///
/// It stands for the simplest adapter, and declares only what it is told to: so the kit's negative cases run too.
final class ShelfDriver: StorageDriver {
    typealias Rows = [String: [Key: Row]]

    let location = StorageLocation(backend: "shelf", description: "a shelf")
    let capabilities: Capabilities
    private let rows = Mutex<Rows>([:])
    private let writers = AsyncGate(1)

    init(_ capabilities: Capabilities) { self.capabilities = capabilities }

    func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {}
    func close() async throws {}

    func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        guard mode == .readWrite else {
            return ShelfTransaction(
                rows.withLock { $0 },
                capabilities: capabilities,
                keep: { _ in },
                leave: {}
            )
        }
        try await writers.acquire(until: context.deadline, waitingFor: "another writer")
        return ShelfTransaction(
            rows.withLock { $0 },
            capabilities: capabilities,
            keep: { [self] rows in self.rows.withLock { $0 = rows } },
            leave: { [writers] in writers.release() }
        )
    }
}

private final class ShelfTransaction: KeyValueTransaction {
    let undo = UndoJournal()
    private let rows: Mutex<ShelfDriver.Rows>
    private let capabilities: Capabilities
    private let keep: @Sendable (ShelfDriver.Rows) -> Void
    private let leave: Mutex<(@Sendable () -> Void)?>

    init(
        _ rows: ShelfDriver.Rows,
        capabilities: Capabilities,
        keep: @escaping @Sendable (ShelfDriver.Rows) -> Void,
        leave: @escaping @Sendable () -> Void
    ) {
        self.rows = Mutex(rows)
        self.capabilities = capabilities
        self.keep = keep
        self.leave = Mutex(leave)
    }

    func row(_ key: Key, in collection: CollectionSchema) async throws -> Row? {
        rows.withLock { $0[collection.name]?[key] }
    }

    func put(_ row: Row, in collection: CollectionSchema) async throws {
        try capabilities.requireRoom(for: row, in: collection)
        rows.withLock { $0[collection.name, default: [:]][collection.key(of: row.values)] = row }
    }

    func remove(_ key: Key, in collection: CollectionSchema) async throws {
        rows.withLock { _ = $0[collection.name]?.removeValue(forKey: key) }
    }

    func scan(_ collection: CollectionSchema, rows handler: RowHandler) async throws {
        for row in (rows.withLock { $0[collection.name] } ?? [:]).values { try handler(row) }
    }

    func commit() async throws {
        keep(rows.withLock { $0 })
        await rollBack()
    }

    func rollBack() async {
        let leave = leave.withLock { leave in
            defer { leave = nil }
            return leave
        }
        leave?()
    }
}

/// A harness over shelves.
final class ShelfHarness: ConformanceHarness {
    let adapter = "shelf"
    let abilities: Set<HarnessAbility> = []
    private let capabilities: Capabilities
    private let drivers = Mutex<[HarnessLocation: ShelfDriver]>([:])

    init(
        _ features: Set<Capabilities.Feature>,
        maximumRecordBytes: Int? = nil,
        maximumIDBytes: Int = Capabilities.longestID
    ) {
        capabilities = Capabilities(
            features,
            maximumRecordBytes: maximumRecordBytes,
            maximumIDBytes: maximumIDBytes
        )
    }

    func open(at location: HarnessLocation, access: StorageAccess, options: StorageOptions) throws -> StorageDatabase {
        let driver = drivers.withLock { drivers in
            let driver = drivers[location] ?? ShelfDriver(capabilities)
            drivers[location] = driver
            return driver
        }
        return StorageDatabase(driver: driver, access: access, options: options)
    }

    func destroy(_ location: HarnessLocation) async throws { drivers.withLock { _ = $0.removeValue(forKey: location) } }
}
