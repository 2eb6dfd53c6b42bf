import ConformanceKit
import Stowage
import Testing

@Suite struct ReportTests {
    private static let cases = [
        ConformanceCase("rec.x.passes", ["REC-1"]) { check in check.expect(true, "all is well") },
        ConformanceCase("rec.x.fails", ["REC-2"]) { check in check.expect(false, "1 < 2 & \"so\" on\u{1}") },
        ConformanceCase("val.x.lacks", ["VAL-1"], capability: .indexes) { _ in },
    ]

    private func report() async -> ConformanceReport {
        await ConformanceRunner.run(MemoryHarness(), cases: Self.cases, seed: .max)
    }

    @Test func jsonSaysWhatRan() async throws {
        let object = try #require(await report().json.object)
        #expect(object["kitVersion"]?.string == ConformanceReport.kitVersion)
        #expect(object["seed"]?.number?.text == "18446744073709551615")
        #expect(object["adapter"]?.string == "memory" && object["backendVersion"]?.string == "memory")
        #expect(object["capabilities"]?.array?.compactMap(\.string).contains("transactions") == true)
        #expect(object["verdict"]?.string == "fails")
        #expect(object["counts"]?.object?["untested"]?.number?.int64 == 0)
        let cases = object["cases"]?.array?.compactMap(\.object) ?? []
        #expect(cases.map { $0["outcome"]?.string } == ["passed", "failed", "notApplicable"])
        #expect(cases.map { $0["reason"] == nil } == [true, false, false])
        #expect(cases[1]["rules"]?.array?.compactMap(\.string) == ["REC-2"] && cases[1]["area"]?.string == "REC")
        #expect(cases[0]["level"]?.string == "required" && cases[0]["seconds"]?.number != nil)
    }

    @Test func textBeginsWithTheFailures() async {
        let text = await report().text
        #expect(text.hasPrefix("rec.x.fails on memory: failed, seed 18446744073709551615"))
        #expect(text.contains("REC-2: expected that 1 < 2") && text.contains("1+  2!  3."))
        #expect(text.contains("val.x.lacks: notApplicable: ") && text.contains("memory does not conform: 1 passed"))
    }

    @Test func junitIsEscaped() async {
        let xml = await report().junit
        #expect(xml.contains("expected that 1 &lt; 2 &amp; &quot;so&quot; on\u{fffd}; instead"))
        #expect(xml.contains(#"<testsuite name="REC" tests="2" failures="1" errors="0" skipped="0""#))
        #expect(xml.contains("<skipped message=") && xml.hasSuffix("</testsuites>\n"))
    }

    @Test func markdownHasATable() async {
        let markdown = await report().markdown
        #expect(markdown.hasPrefix("# memory does not conform\n"))
        #expect(markdown.contains("- `rec.x.fails`, failed") && markdown.contains("| REC | `1+ 2! 3."))
    }

    @Test func onlyEveryRequiredCaseConforms() async {
        var report = await report()
        report.results.removeAll { $0.outcome != .passed }
        #expect(report.succeeded && report.verdict == .incomplete && !report.missing.isEmpty)
        let passed = report.results[0]
        report.results = ConformanceCases.all.map { conformanceCase in
            var result = passed
            result.conformanceCase = conformanceCase
            return result
        }
        #expect(report.conforms)
        let index = report.results.firstIndex { $0.conformanceCase.level == .required }
        guard let index else { return }
        report.results[index].outcome = .knownFailing("a reason")
        #expect(report.verdict == .incomplete)
        report.results[index].outcome = .notApplicable("a reason")
        #expect(report.verdict == .incomplete)
    }
}
