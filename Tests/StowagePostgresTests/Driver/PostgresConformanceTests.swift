#if Postgres
import ConformanceKitTesting
import Stowage
import StowagePostgres
import StowageTestServers
import Testing

/// The kit makes a schema for each store in a database of a server for tests.
@Suite(
    .conformance {
        let url = try await TestPostgres.shared().freshDatabase()
        let factory = StorageFactory(prefix: "KIT", store: "STORE", backends: [.postgres])
        return try FactoryHarness(factory.with("postgres.url", url))
    }
)
struct PostgresConformanceTests {
    @Test(arguments: ConformanceCases.of(.records, .values))
    func records(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }

    @Test(arguments: ConformanceCases.of(.queries, .state))
    func queries(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }

    @Test(arguments: ConformanceCases.of(.transactions, .durability, .lifecycle, .schema))
    func behaviour(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }
}
#endif
