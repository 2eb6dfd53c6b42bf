internal import CLMDB
public import Stowage
internal import Synchronization

/// Keeps records in an LMDB file: one writer at a time among all processes, and any number of readers, each with a
/// snapshot, that wait for nobody.
public final class LMDBDriver: StorageDriver {
    /// The file.
    public let location: StorageLocation
    /// All but indexes for queries.
    public let capabilities = Capabilities([
        .transactions, .nestedTransactions, .durability, .multipleProcesses, .readOnlyAccess,
    ])
    private let environment = Mutex<LMDBEnvironment?>(nil)

    /// A driver on a file, which is made, with its folders, when it is absent and opened for writing.
    public init(path: String) { location = StorageLocation(backend: "lmdb", description: path) }

    /// Opens the file once, however many ask for it, and checks or adds the collections.
    public func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {
        let opened = try await LMDBEnvironment.open(self, access, until: context.deadline)
        environment.withLock { $0 = opened }
        try await openCollections(collections, access: access, context: context)
    }

    /// Closes the file when no other driver has it open.
    public func close() async throws { try await environment.withLock { $0.take() }?.close(self) }

    /// A read on a snapshot, or the one write.
    public func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        guard let open = environment.withLock({ $0 }) else { throw StorageError(.closed, "the store is not open") }
        return try await open.begin(mode, context)
    }

    /// The version of LMDB, once a read was begun.
    public func health(context: OperationContext) async throws -> StorageHealth {
        await (try begin(.readOnly, context: context)).rollBack()
        return StorageHealth(backendVersion: String(cString: mdb_version(nil, nil, nil)))
    }
}

extension StorageBackend {
    /// An LMDB file: `PREFIX_STORE_BACKEND=lmdb` with `PREFIX_LMDB_PATH`, or `PREFIX_DATABASE_URL=lmdb:PATH`.
    public static var lmdb: StorageBackend {
        StorageBackend(name: "lmdb", place: .file()) { LMDBDriver(path: try $0.path()) }
    }
}
