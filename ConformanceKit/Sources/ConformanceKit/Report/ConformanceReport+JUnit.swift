extension ConformanceReport {
    /// The report as JUnit's XML, a suite an area: failed cases are failures, untested ones errors, and what does not
    /// apply or is known to fail is skipped.
    public var junit: String {
        let all = counts()
        var lines = [
            #"<?xml version="1.0" encoding="UTF-8"?>"#,
            "<testsuites\(Self.attributes(["name": "conformance of \(adapter)"]))\(numbers(all))"
                + " time=\"\(Self.secondsText(duration))\">",
        ]
        for area in ConformanceCase.Area.allCases {
            let results = results.filter { $0.conformanceCase.area == area }
            if results.isEmpty { continue }
            let time = results.reduce(Duration.zero) { $0 + $1.duration }
            lines.append(
                "  <testsuite\(Self.attributes(["name": area.rawValue]))\(numbers(counts(in: area)))"
                    + " time=\"\(Self.secondsText(time))\">"
            )
            lines += [
                "    <properties>", property("kitVersion", Self.kitVersion), property("seed", String(seed)),
                property("backendVersion", backendVersion),
                property("capabilities", capabilities.joined(separator: " ")), "    </properties>",
            ]
            lines += results.map(Self.element)
            lines.append("  </testsuite>")
        }
        if !problems.isEmpty {
            lines.append(#"  <testsuite name="run" tests="1" failures="0" errors="1" skipped="0">"#)
            lines.append(#"    <testcase name="run" classname="\#(Self.escaped(adapter))">"#)
            lines.append("      <error>\(Self.escaped(problems.joined(separator: "\n")))</error>")
            lines += ["    </testcase>", "  </testsuite>"]
        }
        lines += ["</testsuites>", ""]
        return lines.joined(separator: "\n")
    }

    private func numbers(_ counts: [String: Int]) -> String {
        let skipped = (counts["notApplicable"] ?? 0) + (counts["knownFailing"] ?? 0) + (counts["provisional"] ?? 0)
        return " tests=\"\(counts.values.reduce(0, +))\" failures=\"\(counts["failed"] ?? 0)\""
            + " errors=\"\(counts["untested"] ?? 0)\" skipped=\"\(skipped)\""
    }

    private func property(_ name: String, _ value: String) -> String {
        "      <property name=\"\(name)\" value=\"\(Self.escaped(value))\"/>"
    }

    private static func element(_ result: CaseResult) -> String {
        let conformanceCase = result.conformanceCase
        let head =
            "    <testcase name=\"\(escaped(conformanceCase.id))\""
            + " classname=\"\(escaped(result.adapter)).\(conformanceCase.rules[0])\""
            + " time=\"\(secondsText(result.duration))\""
        let reason = escaped(result.outcome.reason ?? "")
        let body =
            switch result.outcome {
            case .passed: ""
            case .failed(let failures):
                "      <failure message=\"\(escaped(failures.first?.description ?? ""))\">\(reason)</failure>"
            case .untested: "      <error message=\"\(reason)\"/>"
            case .notApplicable, .knownFailing, .provisional: "      <skipped message=\"\(reason)\"/>"
            }
        return body.isEmpty ? head + "/>" : "\(head)>\n\(body)\n    </testcase>"
    }

    private static func attributes(_ values: [String: String]) -> String {
        values.map { " \($0.key)=\"\(escaped($0.value))\"" }.joined()
    }

    /// Text as XML 1.0 can hold it: what it cannot becomes U+FFFD.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n": result += "&#10;"
            case "\t", "\r": result += " "
            case "\u{20}"..."\u{fffd}", "\u{10000}"...: result.unicodeScalars.append(scalar)
            default: result += "\u{fffd}"
            }
        }
        return result
    }
}
