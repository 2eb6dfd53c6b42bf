/// What a run found.
public struct ConformanceReport: Sendable, CustomStringConvertible {
    /// The harness's name.
    public var adapter: String
    /// The seed; the same seed makes the same choices.
    public var seed: UInt64
    /// One result a case, in the order of the cases.
    public var results: [CaseResult]
    /// What keeps the run from counting, such as a filter that picks nothing.
    public var problems: [String]
    /// How long the run took.
    public var duration: Duration

    /// Whether the adapter conforms as far as the run went: something ran, and nothing failed or stayed untested.
    public var conforms: Bool {
        problems.isEmpty && results.contains { $0.outcome == .passed } && !results.contains { $0.outcome.isFailure }
    }

    /// The results that keep the adapter from conforming.
    public var failures: [CaseResult] { results.filter(\.outcome.isFailure) }

    /// How many results have an outcome of each name, in one area or in all.
    public func counts(in area: ConformanceCase.Area? = nil) -> [String: Int] {
        results.reduce(into: [:]) { counts, result in
            if area == nil || result.conformanceCase.area == area { counts[result.outcome.name, default: 0] += 1 }
        }
    }

    /// Failures first, then a line for each area, then the verdict.
    public var description: String {
        var lines = problems + failures.map(\.description)
        for area in ConformanceCase.Area.allCases {
            let counts = counts(in: area)
            if !counts.isEmpty { lines.append("\(area.rawValue)  \(Self.line(of: counts))") }
        }
        for result in results {
            switch result.outcome {
            case .notApplicable, .knownFailing: lines.append(result.description)
            default: break
            }
        }
        lines.append(
            "\(adapter) \(conforms ? "conforms" : "does not conform"): \(Self.line(of: counts())); seed \(seed), \(duration)"
        )
        return lines.joined(separator: "\n")
    }

    private static func line(of counts: [String: Int]) -> String {
        ["passed", "failed", "untested", "knownFailing", "notApplicable"]
            .compactMap { name in counts[name].map { "\($0) \(name)" } }.joined(separator: ", ")
    }
}
