import ConformanceKitTesting
import Testing

@Suite(.conformance { MemoryHarness() })
struct MemoryConformanceTests {
    @Test(arguments: ConformanceCases.of(.records, .values))
    func records(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }

    @Test(arguments: ConformanceCases.of(.queries, .state))
    func queries(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }

    @Test(arguments: ConformanceCases.of(.transactions, .durability, .lifecycle, .schema))
    func behaviour(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }
}
