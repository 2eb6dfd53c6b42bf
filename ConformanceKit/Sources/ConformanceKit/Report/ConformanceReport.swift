/// What a run found.
///
/// ```swift
/// let report = await ConformanceRunner.run(ShelfHarness())
/// print(report.text)
/// guard report.verdict == .conforms else { exit(1) }
/// ```
public struct ConformanceReport: Sendable {
    /// The version of the kit, whose cases grow with it.
    public static let version = KitVersion(0, 1)
    /// The version of the kit as text.
    public static var kitVersion: String { version.description }

    /// The harness's name.
    public var adapter: String
    /// The engine and its version, as the store's health says.
    public var backendVersion: String
    /// What the adapter declares, in the order of the alphabet.
    public var capabilities: [String]
    /// The seed; the same seed makes the same choices.
    public var seed: UInt64
    /// One result a case, in the order of the cases.
    public var results: [CaseResult]
    /// What keeps the run from counting, such as a filter that picks nothing.
    public var problems: [String]
    /// How long the run took.
    public var duration: Duration

    /// What a run says about an adapter.
    public enum Verdict: String, Sendable, Hashable, Codable, CaseIterable {
        /// Every case that is required of it ran and passed, and nothing failed.
        case conforms
        /// What ran passed, but not everything that is required ran.
        case incomplete
        /// Something failed, stayed untested, or nothing ran.
        case fails
    }

    /// What the run says about the adapter.
    public var verdict: Verdict { succeeded ? (missing.isEmpty ? .conforms : .incomplete) : .fails }

    /// Whether every case of the kit that is required of the adapter ran and passed.
    public var conforms: Bool { verdict == .conforms }

    /// Whether something passed, and nothing failed or stayed untested.
    public var succeeded: Bool {
        problems.isEmpty && results.contains { $0.outcome == .passed } && failures.isEmpty
    }

    /// The cases that every adapter must pass, and this run did not see pass.
    ///
    /// A case that needs more of a harness than opening may be not applicable, with the harness's reason.
    public var missing: [String] {
        let outcomes = Dictionary(results.map { ($0.conformanceCase.id, $0.outcome) }) { first, _ in first }
        return ConformanceCases.all.filter { required in
            guard required.level == .required else { return outcomes[required.id] == nil }
            switch outcomes[required.id] {
            case .passed, .provisional: return false
            case .notApplicable: return required.needs == nil
            default: return true
            }
        }.map(\.id)
    }

    /// The results that keep the adapter from conforming.
    public var failures: [CaseResult] { results.filter(\.outcome.isFailure) }

    /// How many results have an outcome of each name, in one area or in all.
    public func counts(in area: ConformanceCase.Area? = nil) -> [String: Int] {
        results.reduce(into: [:]) { counts, result in
            if area == nil || result.conformanceCase.area == area { counts[result.outcome.name, default: 0] += 1 }
        }
    }

    /// The names of the outcomes, in the order of reports.
    static let outcomeNames = ["passed", "failed", "untested", "provisional", "knownFailing", "notApplicable"]

    /// `180 passed, 2 notApplicable`.
    static func line(of counts: [String: Int]) -> String {
        outcomeNames.compactMap { name in counts[name].map { "\($0) \(name)" } }.joined(separator: ", ")
    }

    /// A duration in seconds.
    static func seconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) + Double(attoseconds / 1_000_000_000_000) / 1_000_000
    }

    /// A duration in seconds with three digits after the point.
    static func secondsText(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let thousandths = String(attoseconds / 1_000_000_000_000_000)
        return "\(seconds)." + String(repeating: "0", count: max(0, 3 - thousandths.count)) + thousandths
    }
}

extension ConformanceReport: CustomStringConvertible {
    /// The same as ``text``.
    public var description: String { text }
}

extension CaseOutcome {
    /// Why the outcome is not simply a success; nil for a case that passed.
    public var reason: String? {
        switch self {
        case .passed: nil
        case .failed(let failures), .provisional(let failures): failures.map(\.description).joined(separator: "\n")
        case .notApplicable(let reason), .knownFailing(let reason), .untested(let reason): reason
        }
    }
}
