public import ConformanceKit
public import Testing

/// Gives the conformance cases of a suite their harness.
///
/// A whole test file of an adapter:
///
/// ```swift
/// import ConformanceKitTesting
/// import Testing
///
/// @Suite(.conformance { ShelfHarness() })
/// struct ShelfConformanceTests {
///     @Test(arguments: ConformanceCases.of(.records, .values))
///     func records(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }
///
///     @Test(arguments: ConformanceCases.of(.queries, .state))
///     func queries(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }
///
///     @Test(arguments: ConformanceCases.of(.transactions, .durability, .lifecycle, .schema))
///     func behaviour(_ conformanceCase: ConformanceCase) async throws { try await conformanceCase.verify() }
/// }
/// ```
///
/// ``Testing/Trait/conformance(_:)`` makes it.
public struct ConformanceTrait: SuiteTrait, TestScoping {
    @TaskLocal static var harness: (any ConformanceHarness)?

    let make: @Sendable () async throws -> any ConformanceHarness

    /// Makes the harness once for the suite, and removes what is its own after the last test.
    public func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let harness = try await make()
        do {
            try await Self.$harness.withValue(harness) { try await function() }
        } catch {
            await harness.removeAll()
            throw error
        }
        await harness.removeAll()
    }
}

extension Trait where Self == ConformanceTrait {
    /// Runs the suite's conformance cases on an adapter.
    ///
    /// - Parameter make: Makes the harness; what it throws, such as a missing server, fails the suite.
    public static func conformance(
        _ make: @escaping @Sendable () async throws -> any ConformanceHarness
    ) -> ConformanceTrait { ConformanceTrait(make: make) }
}

extension ConformanceCase {
    /// Runs the case on the harness of its suite's ``ConformanceTrait``.
    ///
    /// - Throws: `ConformanceFailure` with the rule, what was expected, what happened, and the seed.
    @discardableResult
    public func verify(seed: UInt64 = 1) async throws -> CaseOutcome {
        guard let harness = ConformanceTrait.harness else { throw HarnessMissing() }
        return try await verify(on: harness, seed: seed)
    }
}

/// A conformance case ran in a suite that names no harness.
public struct HarnessMissing: Error, CustomStringConvertible {
    /// What to do.
    public var description: String { "the suite names no harness: write @Suite(.conformance { … })" }
}
