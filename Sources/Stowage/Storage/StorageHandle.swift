/// What stands behind a storage value: its schema, where its calls go, and their options.
public struct StorageHandle<Record: StorageRecord, State: StorageState>: Sendable where State.Record == Record {
    /// The record type's schema.
    public let schema: RecordSchema<Record>
    private(set) var executor: Executor
    var options: StorageOptions
    let mark: OpenMark
    /// Whether it was taken into a transaction of another database.
    private var isForeign = false

    /// The database, or a transaction of it.
    enum Executor: Sendable {
        case database(StorageDatabase)
        case transaction(TransactionSession)
    }

    init(schema: RecordSchema<Record>, executor: Executor, options: StorageOptions, mark: OpenMark) {
        self.schema = schema
        self.executor = executor
        self.options = options
        self.mark = mark
    }

    /// The database behind the storage.
    public var database: StorageDatabase {
        switch executor {
        case .database(let database): database
        case .transaction(let session): session.database
        }
    }

    var collection: CollectionSchema { schema.collection }
    var location: StorageLocation { database.driver.location }
    var capabilities: Capabilities { database.driver.capabilities }

    func with(_ narrowed: [StorageOption]) -> StorageHandle {
        var copy = self
        for option in narrowed { option.apply(&copy.options) }
        return copy
    }

    func requireOpen() throws {
        if !mark.isSet { throw StorageError.notInitialized.inCollection(collection.name) }
    }

    /// Checks a handle that was taken into a transaction.
    func checkUsable(in session: TransactionSession) throws {
        if isForeign {
            throw StorageError(
                .invalidArgument,
                "a storage of another database is used in this transaction",
                advice: "A transaction spans the storages of one StorageDatabase"
            ).inCollection(collection.name)
        }
        try requireOpen()
    }

    /// Checks what every call checks, for one that has nothing to do: it too throws `closed` after closing (LIF-1).
    func touch() throws {
        switch executor {
        case .database(let database):
            try ActiveTransaction.refuse(database, doing: "using the storage itself")
            try database.lifecycle.enter()
            database.lifecycle.leave()
            try requireOpen()
        case .transaction(let session):
            try checkUsable(in: session)
            if let failure = session.ending { throw failure }
        }
    }

    func within(_ session: TransactionSession) -> StorageHandle {
        var copy = self
        copy.isForeign = database !== session.database
        copy.executor = .transaction(session)
        return copy
    }

    func initialize() async throws { try await outside("initializing").initialize() }
    func close() async throws { try await outside("closing").close() }
    func health() async throws -> StorageHealth { try await database.health() }

    /// The database, for work that begins transactions of its own.
    ///
    /// - Throws: `invalidArgument` inside a transaction and before ``initialize()``, `closed`.
    package func openDatabase(for what: String) throws -> StorageDatabase {
        let database = try outside(what)
        try touch()
        return database
    }

    private func outside(_ what: String) throws -> StorageDatabase {
        guard case .database(let database) = executor else {
            throw StorageError(.invalidArgument, "\(what) is not done inside a transaction")
        }
        return database
    }
}

// The four ways in which every verb reaches the driver.
extension StorageHandle {
    func get(_ keys: [Key], includingUnknown: Bool = false, rows: @escaping RowHandler) async throws {
        switch executor {
        case .database(let database):
            try await database.oneShot(self) { driver, context in
                try await driver.get(
                    keys,
                    in: collection,
                    includingUnknown: includingUnknown,
                    context: context,
                    rows: rows
                )
            }
        case .transaction(let session):
            try checkUsable(in: session)
            return try await session.perform { [collection] transaction in
                try await transaction.get(keys, in: collection, includingUnknown: includingUnknown, rows: rows)
            }
        }
    }

    func query(_ query: DriverQuery, in other: CollectionSchema? = nil, rows: @escaping RowHandler) async throws {
        let collection = other ?? self.collection
        switch executor {
        case .database(let database):
            try await database.oneShot(self) { driver, context in
                try await driver.query(query, in: collection, context: context, rows: rows)
            }
        case .transaction(let session):
            try checkUsable(in: session)
            return try await session.perform {
                try await $0.query(query, in: collection, until: session.deadline, rows: rows)
            }
        }
    }

    func count(_ predicate: QueryPredicate) async throws -> Int {
        switch executor {
        case .database(let database):
            return try await database.oneShot(self) { driver, context in
                try await driver.count(predicate, in: collection, context: context)
            }
        case .transaction(let session):
            try checkUsable(in: session)
            return try await session.perform { [collection] in try await $0.count(predicate, in: collection) }
        }
    }

    @discardableResult
    func write(
        _ mutations: [Mutation],
        in other: CollectionSchema? = nil,
        returnsRows: Bool = false
    ) async throws -> [MutationOutcome] {
        guard !mutations.isEmpty else {
            try touch()
            return []
        }
        let batch = WriteBatch(mutations, in: other ?? collection, returnsRows: returnsRows)
        switch executor {
        case .database(let database):
            try database.requireWritable()
            return try await database.oneShot(self) { driver, context in
                try await database.retrying(until: context.deadline) { try await driver.write(batch, context: context) }
            }
        case .transaction(let session):
            try checkUsable(in: session)
            try session.requireWritable()
            return try await session.perform { try await $0.write(batch) }
        }
    }

    /// Runs several operations as one: in a transaction of their own, or nested in the one at hand.
    func together<T: Sendable>(
        _ mode: TransactionMode,
        _ body: (StorageHandle) async throws -> T
    ) async throws -> T {
        switch executor {
        case .database(let database):
            try await database.transaction(mode, options: options) { try await body(within($0.session)) }
        case .transaction(let session):
            mode == .readOnly ? try await body(self) : try await session.nested { try await body(self) }
        }
    }
}

extension StorageDatabase {
    /// One operation outside a transaction.
    func oneShot<T, Record, State>(
        _ handle: StorageHandle<Record, State>,
        _ body: (any StorageDriver, OperationContext) async throws -> T
    ) async throws -> T {
        try ActiveTransaction.refuse(self, doing: "using the storage itself")
        if Task.isCancelled { throw StorageError.cancelledTask }
        return try await running {
            try handle.requireOpen()
            return try await body(driver, handle.options.context())
        }
    }

    package func requireWritable() throws {
        if access == .readOnly {
            throw StorageError(.readOnly, "the store was opened for reading only").at(.init(path: nil))
        }
    }
}
