import ConformanceKit
import Stowage
import Testing

/// The simplest adapter passes what it declares, and the negatives of what it does not.
@Suite struct ShelfConformanceTests {
    private static let nothing = ShelfHarness([])
    private static let transactions = ShelfHarness([.transactions])

    @Test(arguments: ConformanceCases.all)
    func withTransactions(_ conformanceCase: ConformanceCase) async throws {
        try await conformanceCase.verify(on: Self.transactions)
    }

    @Test(arguments: ConformanceCases.all.filter { $0.capability != nil })
    func withoutAnyCapability(_ conformanceCase: ConformanceCase) async throws {
        try await conformanceCase.verify(on: Self.nothing)
    }
}
