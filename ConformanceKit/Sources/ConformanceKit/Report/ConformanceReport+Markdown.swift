extension ConformanceReport {
    /// The report as Markdown, for a pull request or a page: the verdict, the failures, a table of areas, and what does
    /// not apply.
    public var markdown: String {
        var lines = [
            "# \(Self.escaped(adapter)) \(verdictText)", "",
            "\(Self.line(of: counts())). Kit \(Self.kitVersion), seed \(seed), \(Self.secondsText(duration)) s, "
                + "\(Self.escaped(backendVersion)).",
            "", "Capabilities: \(capabilities.isEmpty ? "none" : capabilities.joined(separator: ", ")).", "",
        ]
        lines += problems.map { "- \(Self.escaped($0))" }
        if !failures.isEmpty {
            lines += ["## Failures", ""]
            for failure in failures {
                lines.append("- `\(failure.conformanceCase.id)`, \(failure.outcome.name)")
                lines += (failure.outcome.reason ?? "").split(separator: "\n").map { "  - \(Self.escaped(String($0)))" }
            }
            lines.append("")
        }
        lines += ["## Areas", "", "| area | rules | outcomes |", "|---|---|---|"]
        for area in ConformanceCase.Area.allCases {
            let rules = ContractRules.all.filter { $0.hasPrefix(area.rawValue + "-") }
            let signs = rules.map { "\($0.dropFirst(area.rawValue.count + 1))\(sign(of: $0))" }.joined(separator: " ")
            let counts = counts(in: area)
            lines.append(
                "| \(area.rawValue) | `\(signs)` | \(counts.isEmpty ? "not run" : Self.line(of: counts)) |"
            )
        }
        lines += [
            "",
            "`+` passed, `!` failed or untested, `~` known to fail or too new to count, `-` does not apply, `.` no case ran.",
            "",
        ]
        let aside = results.filter { ["notApplicable", "knownFailing", "provisional"].contains($0.outcome.name) }
        if !aside.isEmpty {
            lines += [
                "## What does not apply, or is known to fail", "", "| case | outcome | reason |", "|---|---|---|",
            ]
            lines += aside.map {
                "| `\($0.conformanceCase.id)` | \($0.outcome.name) | \(Self.escaped($0.outcome.reason ?? "")) |"
            }
            lines.append("")
        }
        return lines.joined(separator: "\n")
    }

    /// Text on one line that means nothing to Markdown.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n", "\r", "\t": result += " "
            case "\\", "`", "*", "_", "[", "]", "<", ">", "|", "#": result += "\\" + String(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
