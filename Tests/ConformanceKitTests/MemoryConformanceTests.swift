import ConformanceKit
import Testing

@Suite struct MemoryConformanceTests {
    static let harness = MemoryHarness()

    @Test(arguments: ConformanceCases.all)
    func conforms(_ conformanceCase: ConformanceCase) async throws {
        try await conformanceCase.verify(on: Self.harness)
    }
}
