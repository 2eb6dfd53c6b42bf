public import ConformanceKit
internal import Synchronization
public import Testing

/// Gives the conformance cases of a suite their harness, and fails the suite when it leaves cases out.
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
/// One suite holds all areas: a suite that ran whole and did not verify every case of the kit fails, with the areas that
/// are missing, whether a test forgot them, is disabled or had no arguments. Only a run that picked some of the suite's
/// tests (`swift test --filter ShelfConformanceTests/records`) is not asked for the others.
///
/// ``Testing/Trait/conformance(_:)`` makes it.
public struct ConformanceTrait: SuiteTrait, TestScoping {
    @TaskLocal static var run: ConformanceSuiteRun?

    let make: @Sendable () async throws -> any ConformanceHarness

    /// Makes the harness once for the suite, and removes what is its own after the last test.
    ///
    /// - Throws: What the harness threw when it was made; ``CasesLeftOut``. Either fails the suite.
    public func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let run = ConformanceSuiteRun(try await make())
        do {
            try await Self.$run.withValue(run) { try await function() }
        } catch {
            await run.harness.removeAll()
            throw error
        }
        await run.harness.removeAll()
        let leftOut = run.leftOut
        // Thrown, not recorded: an issue that is recorded outside a test is lost in silence.
        if !leftOut.isEmpty, TestSelection.current.picksAll(of: "\(test.id)") { throw CasesLeftOut(leftOut) }
    }
}

/// What a suite has done so far.
final class ConformanceSuiteRun: Sendable {
    let harness: any ConformanceHarness
    private let verified = Mutex<Set<String>>([])

    init(_ harness: any ConformanceHarness) { self.harness = harness }

    func note(_ conformanceCase: ConformanceCase) { verified.withLock { _ = $0.insert(conformanceCase.id) } }

    /// The kit's cases that nobody asked for.
    var leftOut: [ConformanceCase] {
        let verified = verified.withLock { $0 }
        return ConformanceCases.all.filter { !verified.contains($0.id) }
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
    /// Runs the case on the harness of its suite's ``ConformanceTrait``. A failure that does not count yet, see
    /// ``ConformanceCase/isProvisional(in:)``, is a warning.
    ///
    /// - Throws: `ConformanceFailure` with the rule, what was expected, what happened, and the seed.
    @discardableResult
    public func verify(seed: UInt64 = 1) async throws -> CaseOutcome {
        guard let run = ConformanceTrait.run else { throw HarnessMissing() }
        run.note(self)
        let outcome = try await verify(on: run.harness, seed: seed)
        if case .provisional = outcome {
            Issue.record("\(id) fails, which counts from the kit's next minor version: \(outcome)", severity: .warning)
        }
        return outcome
    }
}

/// A conformance case ran in a suite that names no harness.
public struct HarnessMissing: Error, CustomStringConvertible {
    /// What to do.
    public var description: String { "the suite names no harness: write @Suite(.conformance { … })" }
}

/// A suite ended, and cases of the kit were not verified by any of its tests.
public struct CasesLeftOut: Error, CustomStringConvertible {
    /// The ids of the cases.
    public let cases: [String]
    /// Which areas they are of, and what to do.
    public let description: String

    init(_ cases: [ConformanceCase]) {
        self.cases = cases.map(\.id)
        let areas = ConformanceCase.Area.allCases.compactMap { area -> String? in
            let (missing, all) = (cases.filter { $0.area == area }, ConformanceCases.of(area).count)
            if missing.isEmpty { return nil }
            if missing.count == all { return "all of \(area.rawValue) (.\(area))" }
            let some = missing.prefix(3).map(\.id).joined(separator: ", ")
            return "\(missing.count) of \(area.rawValue) (\(some)\(missing.count > 3 ? ", …" : ""))"
        }
        description =
            "the suite left out conformance cases: \(areas.joined(separator: "; "))."
            + " Give them to a test, as in @Test(arguments: ConformanceCases.of(.records, …))"
    }
}
