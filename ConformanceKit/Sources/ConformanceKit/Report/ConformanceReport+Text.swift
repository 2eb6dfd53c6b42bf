extension ConformanceReport {
    /// The report for people: failures first, then a matrix of areas by rules, then what does not apply, then the
    /// verdict.
    public var text: String {
        var lines = problems
        for failure in failures {
            lines.append(failure.description)
            lines.append("")
        }
        lines += matrix
        let aside = results.filter { result in
            switch result.outcome {
            case .notApplicable, .knownFailing, .provisional: true
            default: false
            }
        }
        if !aside.isEmpty { lines.append("") }
        lines += aside.map { "\($0.conformanceCase.id): \($0.outcome.name): \($0.outcome.reason ?? "")" }
        lines.append("")
        lines.append("capabilities  \(capabilities.isEmpty ? "none" : capabilities.joined(separator: ", "))")
        lines.append("backend       \(backendVersion)")
        lines.append("kit           \(Self.kitVersion), seed \(seed), \(Self.secondsText(duration)) s")
        lines.append("\(adapter) \(verdictText): \(Self.line(of: counts()))")
        return lines.joined(separator: "\n")
    }

    /// The verdict as the end of a sentence.
    var verdictText: String {
        switch verdict {
        case .conforms: "conforms"
        case .incomplete: "passes what ran, which is not all that is required"
        case .fails: "does not conform"
        }
    }

    /// A line for each area: its rules, each with a sign.
    private var matrix: [String] {
        var lines: [String] = []
        for area in ConformanceCase.Area.allCases {
            let states = ContractRules.all.filter { $0.hasPrefix(area.rawValue + "-") }.map { rule in
                rule.dropFirst(area.rawValue.count + 1) + sign(of: rule)
            }
            let counts = counts(in: area)
            let padded = states.map { $0 + String(repeating: " ", count: max(1, 4 - $0.count)) }.joined()
            let width = 44
            let gap = String(repeating: " ", count: max(1, width - padded.count))
            lines.append("\(area.rawValue)  \(padded)\(gap)\(counts.isEmpty ? "not run" : Self.line(of: counts))")
        }
        lines.append(
            "     + passed  ! failed or untested  ~ known to fail or too new to count  - does not apply  . no case ran"
        )
        return lines
    }

    /// The worst of a rule's outcomes that says something.
    func sign(of rule: String) -> String {
        let outcomes = results.filter { $0.conformanceCase.rules.contains(rule) }.map(\.outcome)
        if outcomes.contains(where: \.isFailure) { return "!" }
        if outcomes.contains(where: { ["knownFailing", "provisional"].contains($0.name) }) { return "~" }
        if outcomes.contains(.passed) { return "+" }
        return outcomes.isEmpty ? "." : "-"
    }
}
