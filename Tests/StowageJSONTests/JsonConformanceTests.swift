import ConformanceKitTesting
import Stowage
import StowageJSON
import Testing

@Suite(.conformance { try FactoryHarness(StorageFactory(prefix: "KIT", store: "STORE", backends: [.json])) })
struct JsonConformanceTests {
    @Test(arguments: ConformanceCases.of(.records, .values))
    func records(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }

    @Test(arguments: ConformanceCases.of(.queries, .state))
    func queries(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }

    @Test(arguments: ConformanceCases.of(.transactions, .durability, .lifecycle, .schema))
    func behaviour(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }
}

@Suite(
    .conformance {
        try FactoryHarness(
            StorageFactory(prefix: "KIT", store: "STORE", backends: [.json]).with("json.mode", "journal")
        )
    }
)
struct JsonJournalConformanceTests {
    @Test(arguments: ConformanceCases.of(.records, .values))
    func records(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }

    @Test(arguments: ConformanceCases.of(.queries, .state))
    func queries(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }

    @Test(arguments: ConformanceCases.of(.transactions, .durability, .lifecycle, .schema))
    func behaviour(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }
}
