/// How a case ended on an adapter.
public enum CaseOutcome: Sendable, Hashable {
    /// Every expectation held.
    case passed
    /// At least one did not.
    case failed([ExpectationFailure])
    /// The adapter or the harness declares that it does not do this; the reason says what.
    case notApplicable(String)
    /// It ran and failed, as the harness says it does; the reason is the harness's.
    case knownFailing(String)
    /// It failed, and is so new that this does not count before the kit's next minor version.
    case provisional([ExpectationFailure])
    /// It could not be run, which is never a success; the reason says why.
    case untested(String)

    /// Whether the outcome keeps an adapter from conforming.
    public var isFailure: Bool {
        switch self {
        case .failed, .untested: true
        case .passed, .notApplicable, .knownFailing, .provisional: false
        }
    }

    /// The outcome's name, without reasons.
    public var name: String {
        switch self {
        case .passed: "passed"
        case .failed: "failed"
        case .notApplicable: "notApplicable"
        case .knownFailing: "knownFailing"
        case .provisional: "provisional"
        case .untested: "untested"
        }
    }
}

/// An expectation that did not hold.
public struct ExpectationFailure: Sendable, Hashable, CustomStringConvertible {
    /// The contract rule.
    public var rule: String
    /// What should have been.
    public var expectation: String
    /// What was.
    public var happened: String
    /// Where the expectation stands.
    public var place: SourcePlace

    /// `REC-1: create … - instead … (file:line)`.
    public var description: String { "\(rule): expected that \(expectation); instead \(happened) (\(place))" }
}

/// A case's outcome together with what it takes to run it again.
public struct CaseResult: Sendable, CustomStringConvertible {
    /// The case.
    public var conformanceCase: ConformanceCase
    /// The harness's name.
    public var adapter: String
    /// How it ended.
    public var outcome: CaseOutcome
    /// How long it took.
    public var duration: Duration
    /// The seed of the run.
    public var seed: UInt64

    /// The id, the outcome, and each failure on a line of its own.
    public var description: String {
        let head = "\(conformanceCase.id) on \(adapter): \(outcome.name)"
        switch outcome {
        case .passed: return head
        case .notApplicable(let reason), .knownFailing(let reason), .untested(let reason): return "\(head): \(reason)"
        case .failed(let failures), .provisional(let failures):
            return ([head + ", seed \(seed), \(conformanceCase.place)"] + failures.map { "  \($0)" })
                .joined(separator: "\n")
        }
    }
}

/// What ``ConformanceCase/verify(on:seed:)`` throws.
public struct ConformanceFailure: Error, CustomStringConvertible {
    /// The failed case.
    public let result: CaseResult
    /// Rule, expectation and what happened.
    public var description: String { result.description }
}
