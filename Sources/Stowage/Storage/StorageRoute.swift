/// Where the calls of a storage go, whatever its record type, and with what options.
///
/// It is not generic, since generic code looks its types up with every call; and an object, so that handing a storage on
/// counts one reference.
final class StorageRoute: Sendable {
    let collection: CollectionSchema
    let executor: Executor
    let options: StorageOptions
    private let mark: OpenMark
    /// Whether it was taken into a transaction of another database.
    private let isForeign: Bool

    /// The database, or a transaction of it.
    enum Executor: Sendable {
        case database(StorageDatabase)
        case transaction(TransactionSession)
    }

    init(
        _ collection: CollectionSchema,
        _ executor: Executor,
        _ options: StorageOptions,
        _ mark: OpenMark,
        isForeign: Bool = false
    ) {
        self.collection = collection
        self.executor = executor
        self.options = options
        self.mark = mark
        self.isForeign = isForeign
    }

    var database: StorageDatabase {
        switch executor {
        case .database(let database): database
        case .transaction(let session): session.database
        }
    }

    func with(_ options: StorageOptions) -> StorageRoute {
        StorageRoute(collection, executor, options, mark, isForeign: isForeign)
    }

    func within(_ session: TransactionSession) -> StorageRoute {
        StorageRoute(collection, .transaction(session), options, mark, isForeign: database !== session.database)
    }

    func requireOpen() throws {
        if !mark.isSet { throw StorageError.notInitialized.inCollection(collection.name) }
    }

    /// Checks a storage that was taken into a transaction.
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
}

// The four ways in which every verb reaches the driver.
extension StorageRoute {
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
}

extension StorageDatabase {
    /// One operation outside a transaction.
    func oneShot<T>(
        _ route: StorageRoute,
        _ body: (any StorageDriver, OperationContext) async throws -> T
    ) async throws -> T {
        try ActiveTransaction.refuse(self, doing: "using the storage itself")
        if Task.isCancelled { throw StorageError.cancelledTask }
        return try await running {
            try route.requireOpen()
            return try await body(driver, route.options.context())
        }
    }

    package func requireWritable() throws {
        if access == .readOnly {
            throw StorageError(.readOnly, "the store was opened for reading only").at(.init(path: nil))
        }
    }
}
