/// What an adapter's author writes.
///
/// A driver moves rows between the core and an engine. It knows nothing of Swift record types: it takes collections,
/// keys, queries and mutations as data. The core checks every value before a driver sees it, checks every query
/// against the schema, and derives all of ``DatabaseStorage`` from what stands here.
///
/// The least an author writes is this protocol's first five requirements and a ``KeyValueTransaction``: how a row is
/// read, put, removed and scanned. The core turns queries and mutations into those, with its reference evaluator. A
/// whole driver over a dictionary, with snapshots and optimistic writers:
///
/// ```swift
/// final class ShelfDriver: StorageDriver {
///     typealias Tables = [ByteText: [Key: Row]]
///     let location = StorageLocation(backend: "shelf", description: "a shelf")
///     let capabilities = Capabilities([.transactions, .nestedTransactions])
///     let store = Mutex<(version: Int, tables: Tables)>((0, [:]))
///
///     func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {}
///     func close() async throws {}
///     func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
///         ShelfTransaction(self)
///     }
/// }
///
/// final class ShelfTransaction: KeyValueTransaction {
///     let undo = UndoJournal()
///     private let driver: ShelfDriver
///     private let work: Mutex<(version: Int, tables: ShelfDriver.Tables)>
///
///     init(_ driver: ShelfDriver) {
///         self.driver = driver
///         work = Mutex(driver.store.withLock { $0 })
///     }
///     func row(_ key: Key, in collection: CollectionSchema) async throws -> Row? {
///         work.withLock { $0.tables[ByteText(collection.name)]?[key] }
///     }
///     func put(_ row: Row, in collection: CollectionSchema) async throws {
///         let key = collection.key(of: row.values)
///         work.withLock { $0.tables[ByteText(collection.name), default: [:]][key] = row }
///     }
///     func remove(_ key: Key, in collection: CollectionSchema) async throws {
///         work.withLock { $0.tables[ByteText(collection.name)]?[key] = nil }
///     }
///     func scan(_ collection: CollectionSchema, rows: RowHandler) async throws {
///         for row in work.withLock({ $0.tables[ByteText(collection.name)] ?? [:] }).values { try rows(row) }
///     }
///     func commit() async throws {
///         let mine = work.withLock { $0 }
///         try driver.store.withLock { store in
///             guard store.version == mine.version else { throw StorageError(.conflict, "another writer came first") }
///             store = (mine.version + 1, mine.tables)
///         }
///     }
///     func rollBack() async {}
/// }
/// ```
///
/// Drivers are called from any task, many at a time; a transaction by one call at a time. No call may block a thread
/// of Swift's cooperative pool on a lock, a socket or an fsync (``WorkerThread`` and ``AsyncGate`` help). All errors are
/// ``StorageError`` with the codes listed there, and carry neither values nor credentials (LIF-4).
public protocol StorageDriver: Sendable {
    /// Where the store is, without credentials.
    var location: StorageLocation { get }

    /// What the driver does beyond the minimum. Constant.
    var capabilities: Capabilities { get }

    /// Whether a read-only transaction ends by ``DriverTransaction/commit()`` when its body has returned, which may then
    /// throw `conflict` (TXN-1). Derived: no, by ``DriverTransaction/rollBack()``, since a snapshot alone is in order
    /// when writers take turns.
    var commitsReads: Bool { get }

    /// Opens the store if it is not open yet, and makes sure that these collections exist in it.
    ///
    /// Promised: called at least once before anything else; called again, perhaps by many tasks and processes at
    /// once, with the same or with further collections. Must be idempotent (LIF-1). With `readOnly` nothing is
    /// created or changed, and an absent store throws `notFound`. A stored collection that lacks a field of the
    /// schema throws `schemaMismatch` (SCH-3); content that cannot be read throws `corrupt` (DUR-4), and is left as
    /// it is.
    func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws

    /// Gives everything back. The core calls it once, after the last running call has ended (LIF-1).
    func close() async throws

    /// Begins a transaction.
    ///
    /// With `readOnly` it is one snapshot that neither blocks nor is blocked by writers (TXN-6). With `readWrite` it
    /// is serializable unless the context asks for less (TXN-1). Not promised: that the transaction is ended by the
    /// task that began it.
    func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction

    /// Asks the engine whether it is well; throws when it is not. Derived: begins and ends a read.
    func health(context: OperationContext) async throws -> StorageHealth

    /// Reads records by key outside a transaction; see ``DriverTransaction/get(_:in:includingUnknown:rows:)``.
    /// Derived from ``begin(_:context:)``; a driver whose engine answers in microseconds implements it directly.
    func get(
        _ keys: [Key],
        in collection: CollectionSchema,
        includingUnknown: Bool,
        context: OperationContext,
        rows: @escaping RowHandler
    ) async throws

    /// Answers a query outside a transaction, from one snapshot. Derived from ``begin(_:context:)``.
    func query(
        _ query: DriverQuery,
        in collection: CollectionSchema,
        context: OperationContext,
        rows: @escaping RowHandler
    ) async throws

    /// Counts records outside a transaction. Derived from ``begin(_:context:)``.
    func count(
        _ predicate: QueryPredicate,
        in collection: CollectionSchema,
        context: OperationContext
    ) async throws -> Int

    /// Applies a batch in a transaction of its own, durable when it returns (DUR-1).
    ///
    /// Derived from ``begin(_:context:)``. A conflict throws `conflict`; the core tries again until the deadline.
    func write(_ batch: WriteBatch, context: OperationContext) async throws -> [MutationOutcome]
}

/// A transaction of a driver, used by one call at a time.
///
/// A call ends by the deadline of the context that began the transaction. After any error other than those a caller can cause (`alreadyExists`, `constraint`, `invalidArgument`,
/// `invalidValue`) the core only rolls back. After those the transaction must be as it was before the call (TXN-2).
public protocol DriverTransaction: AnyObject, Sendable {
    /// Reads the records that have these keys, each once, in any order; absent ones are left out. The keys are
    /// distinct.
    func get(
        _ keys: [Key],
        in collection: CollectionSchema,
        includingUnknown: Bool,
        rows: @escaping RowHandler
    )
        async throws

    /// Opens a cursor over a query's answer. Writes of the same transaction after this call may or may not be seen.
    func cursor(_ query: DriverQuery, in collection: CollectionSchema) async throws -> any DriverCursor

    /// Counts the records that match. Derived from a cursor.
    func count(_ predicate: QueryPredicate, in collection: CollectionSchema) async throws -> Int

    /// Applies the mutations in order, all or none; an error names the index and the key of the first that failed
    /// (REC-6).
    func write(_ batch: WriteBatch) async throws -> [MutationOutcome]

    /// Marks a point to which ``rollBackToSavepoint()`` returns. Points nest.
    func savepoint() async throws
    /// Forgets the last point, keeping what came after it.
    func releaseSavepoint() async throws
    /// Undoes everything since the last point, and forgets it.
    func rollBackToSavepoint() async throws

    /// Ends the transaction and keeps its writes, durable when it returns (DUR-1). Throws `conflict` when they could
    /// not be put in an order with others, `commitUnknown` when nobody knows (TXN-5). After success nothing more is
    /// called; after a failure ``rollBack()``, once.
    func commit() async throws

    /// Ends the transaction and forgets its writes. Never fails: what cannot be rolled back is closed.
    func rollBack() async
}

/// The rows of an answer, read as fast as they are used (QRY-8).
public protocol DriverCursor: AnyObject, Sendable {
    /// Hands over at most `count` further rows by a deadline of their own, which holds in place of the transaction's:
    /// a stream may take longer than any call (LIF-2). Returns whether there may be more.
    func next(_ count: Int, until deadline: Deadline, rows: @escaping RowHandler) async throws -> Bool

    /// Ends the work for this answer. Called once, also when not all rows were read, and always before the transaction
    /// ends.
    func close() async
}
