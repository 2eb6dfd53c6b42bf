internal import CLMDB
public import Stowage
internal import Synchronization

/// Keeps records in an LMDB file: one writer at a time among all processes, and any number of readers, each with a
/// snapshot, that wait for nobody.
public final class LMDBDriver: StorageDriver {
    public let location: StorageLocation
    public let capabilities = Capabilities([
        .transactions, .nestedTransactions, .durability, .multipleProcesses, .readOnlyAccess,
    ])
    private let path: String
    private let environment = Mutex<LMDBEnvironment?>(nil)

    /// A driver on a file, which is made, with its folders, when it is opened for writing and absent.
    public init(path: String) {
        self.path = path
        location = StorageLocation(backend: "lmdb", description: path)
    }

    public func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {
        let opened = try await LMDBEnvironment.open(path, access, until: context.deadline)
        let isFirst = environment.withLock { known in
            defer { known = known ?? opened }
            return known == nil
        }
        if !isFirst { try await opened.close() }
        let reading = try await begin(.readOnly, context)
        let absent = Result { try reading.collections(absentAmong: collections) }
        await reading.rollBack()
        guard let first = try absent.get().first else { return }
        guard access == .readWrite else {
            throw StorageError(.notFound, "the collection does not exist").inCollection(first.name)
        }
        try await add(collections, context)
    }

    private func add(_ collections: [CollectionSchema], _ context: OperationContext) async throws {
        let writing = try await begin(.readWrite, context)
        do {
            try await writing.add(collections)
            try await writing.commit()
        } catch let error as StorageError {
            await writing.rollBack()
            // A full map grows when the next write begins; the core retries every write, but not opening.
            guard error.code == .conflict else { throw error }
            try await add(collections, context)
        }
    }

    public func close() async throws {
        let open = environment.withLock { known in
            defer { known = nil }
            return known
        }
        try await open?.close()
    }

    public func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        try await begin(mode, context)
    }

    private func begin(_ mode: TransactionMode, _ context: OperationContext) async throws -> LMDBTransaction {
        guard let open = environment.withLock({ $0 }) else { throw StorageError(.closed, "the store is not open") }
        return try await open.begin(mode, context)
    }

    public func health(context: OperationContext) async throws -> StorageHealth {
        try await begin(.readOnly, context).rollBack()
        return StorageHealth(backendVersion: String(cString: mdb_version(nil, nil, nil)))
    }
}
