import ConformanceKitTesting
import Stowage
import StowageLMDB
import Testing

@Suite(
    .conformance {
        try FactoryHarness(
            StorageFactory(prefix: "LMDB", store: "KIT", backends: [.lmdb]),
            worker: try ConformanceWorker.program("conform") + ["worker"]
        )
    }
)
struct LMDBConformanceTests {
    @Test(arguments: ConformanceCases.of(.records, .values))
    func records(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }

    @Test(arguments: ConformanceCases.of(.queries, .state))
    func queries(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }

    @Test(arguments: ConformanceCases.of(.transactions, .durability, .lifecycle, .schema))
    func behaviour(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }
}
