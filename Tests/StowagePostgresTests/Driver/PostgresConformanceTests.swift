#if Postgres
import ConformanceKit
import Stowage
import StowagePostgres
import StowageTestServers
import Testing

/// Keeps each store of the kit in a Postgres schema of its own, which the sessions' search path names.
struct PostgresHarness: ConformanceHarness {
    let adapter = "postgres"
    private let url: String
    /// For making and dropping schemas.
    private let pool: PostgresPool

    private static let making = Task {
        let url = try await TestPostgres.shared().freshDatabase()
        return PostgresHarness(url: url, pool: try PostgresPool(url: url))
    }

    static func shared() async throws -> PostgresHarness { try await making.value }

    private init(url: String, pool: PostgresPool) {
        self.url = url
        self.pool = pool
    }

    func open(
        at location: HarnessLocation,
        access: StorageAccess,
        options: StorageOptions
    ) throws -> StorageDatabase {
        let driver = try PostgresDriver(url: url + "?options=-csearch_path%3D\(location)")
        return StorageDatabase(
            driver: InSchema(driver: driver, name: location.name, pool: pool),
            access: access,
            options: options
        )
    }

    func destroy(_ location: HarnessLocation) async throws {
        try await pool.withConnection(deadline: patience) { connection in
            try await connection.execute("DROP SCHEMA IF EXISTS \(location) CASCADE", deadline: patience)
        }
    }
}

/// A driver whose schema is made before it is opened for writing, as an administrator makes a database.
private struct InSchema: StorageDriver {
    let driver: PostgresDriver
    let name: String
    let pool: PostgresPool

    var location: StorageLocation { driver.location }
    var capabilities: Capabilities { driver.capabilities }

    func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {
        if access == .readWrite {
            try await pool.withConnection(deadline: patience) { connection in
                try await connection.execute(
                    "SELECT pg_advisory_xact_lock(1); CREATE SCHEMA IF NOT EXISTS \(name)",
                    deadline: patience
                )
            }
        }
        try await driver.open(collections, access: access, context: context)
    }

    func close() async throws { try await driver.close() }

    func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        try await driver.begin(mode, context: context)
    }

    func health(context: OperationContext) async throws -> StorageHealth { try await driver.health(context: context) }

    func get(
        _ keys: [Key],
        in collection: CollectionSchema,
        includingUnknown: Bool,
        context: OperationContext,
        rows: @escaping RowHandler
    ) async throws {
        try await driver.get(keys, in: collection, includingUnknown: includingUnknown, context: context, rows: rows)
    }

    func query(
        _ query: DriverQuery,
        in collection: CollectionSchema,
        context: OperationContext,
        rows: @escaping RowHandler
    ) async throws {
        try await driver.query(query, in: collection, context: context, rows: rows)
    }

    func count(
        _ predicate: QueryPredicate,
        in collection: CollectionSchema,
        context: OperationContext
    ) async throws -> Int {
        try await driver.count(predicate, in: collection, context: context)
    }

    func write(_ batch: WriteBatch, context: OperationContext) async throws -> [MutationOutcome] {
        try await driver.write(batch, context: context)
    }
}

@Suite struct PostgresConformanceTests {
    @Test(arguments: ConformanceCases.all)
    func conforms(_ conformanceCase: ConformanceCase) async throws {
        try await conformanceCase.verify(on: PostgresHarness.shared())
    }
}
#endif
