/// What stands behind a storage value: its schema, where its calls go, and their options.
public struct StorageHandle<Record: StorageRecord, State: StorageState>: Sendable where State.Record == Record {
    /// The record type's schema.
    public let schema: RecordSchema<Record>
    let route: StorageRoute

    init(schema: RecordSchema<Record>, route: StorageRoute) {
        self.schema = schema
        self.route = route
    }

    /// The database behind the storage.
    public var database: StorageDatabase { route.database }

    var collection: CollectionSchema { schema.collection }
    var options: StorageOptions { route.options }
    var location: StorageLocation { database.driver.location }
    var capabilities: Capabilities { database.driver.capabilities }

    func with(_ narrowed: [StorageOption]) -> StorageHandle {
        var options = route.options
        for option in narrowed { option.apply(&options) }
        return StorageHandle(schema: schema, route: route.with(options))
    }

    func within(_ session: TransactionSession) -> StorageHandle {
        StorageHandle(schema: schema, route: route.within(session))
    }

    func initialize() async throws { try await outside("initializing").initialize() }
    func close() async throws { try await outside("closing").close() }
    func health() async throws -> StorageHealth { try await database.health() }

    /// The database, for work that begins transactions of its own.
    ///
    /// - Throws: `invalidArgument` inside a transaction and before ``initialize()``, `closed`.
    package func openDatabase(for what: String) throws -> StorageDatabase {
        let database = try outside(what)
        try route.touch()
        return database
    }

    private func outside(_ what: String) throws -> StorageDatabase {
        guard case .database(let database) = route.executor else {
            throw StorageError(.invalidArgument, "\(what) is not done inside a transaction")
        }
        return database
    }
}

extension StorageHandle {
    /// Runs several operations as one: in a transaction of their own, or nested in the one at hand.
    func together<T: Sendable>(
        _ mode: TransactionMode,
        _ body: (StorageHandle) async throws -> T
    ) async throws -> T {
        switch route.executor {
        case .database(let database):
            try await database.transaction(mode, options: options) { try await body(within($0.session)) }
        case .transaction(let session):
            mode == .readOnly ? try await body(self) : try await session.nested { try await body(self) }
        }
    }
}
