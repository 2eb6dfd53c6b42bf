import ConformanceKitTesting
import FoundationEssentials
import Stowage
import Testing

/// The suite that this run is about; the others are not there.
private func isChosen(_ name: String) -> Bool { ProcessInfo.processInfo.environment["KIT_SUITE"] == name }

@Suite(.conformance { MemoryHarness() }, .enabled(if: isChosen("complete")))
struct CompleteSuite {
    @Test(arguments: ConformanceCases.of(.records, .values, .queries, .state))
    func some(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }

    @Test(arguments: ConformanceCases.of(.transactions, .durability, .lifecycle, .schema))
    func others(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }
}

@Suite(.conformance { MemoryHarness() }, .enabled(if: isChosen("leftOut")))
struct SuiteWithoutAnArea {
    @Test(arguments: ConformanceCases.of(.state, .schema))
    func some(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }
}

@Suite(.conformance { MemoryHarness() }, .enabled(if: isChosen("empty")))
struct SuiteWithoutArguments {
    @Test(arguments: ConformanceCases.of())
    func none(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }
}

@Suite(.conformance { MemoryHarness() }, .enabled(if: isChosen("disabled")))
struct SuiteWithADisabledTest {
    @Test(arguments: ConformanceCases.of(.state))
    func some(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }

    @Test(.disabled("later"), arguments: ConformanceCases.of(.records, .values, .queries))
    func later(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }
}

@Suite(
    .conformance { throw StorageError(.unavailable, "there is no server") } as ConformanceTrait,
    .enabled(if: isChosen("serverless"))
)
struct SuiteWithoutAServer {
    @Test(arguments: ConformanceCases.of(.state))
    func some(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }
}
