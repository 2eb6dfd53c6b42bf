import Testing

@testable import ConformanceKitTesting

/// What a suite leaves out is a failure: each of these is a test run of its own, in another process.
@Suite struct SilenceTests {
    @Test func aCompleteSuitePasses() async throws {
        let run = try await Fixture.run(suite: "complete")
        #expect(run.status == 0, "\(run.output)")
    }

    @Test func anAreaThatIsLeftOutFailsTheSuite() async throws {
        let run = try await Fixture.run(suite: "leftOut")
        #expect(run.status != 0)
        #expect(run.output.contains("left out conformance cases: all of REC (.records); all of VAL (.values)"))
        #expect(!run.output.contains("of STA") && !run.output.contains("of SCH"))
    }

    @Test func anEmptyListOfCasesFailsTheSuite() async throws {
        let run = try await Fixture.run(suite: "empty")
        #expect(run.status != 0 && run.output.contains("all of REC (.records)"), "\(run.output)")
    }

    @Test func aDisabledTestFailsTheSuite() async throws {
        let run = try await Fixture.run(suite: "disabled")
        #expect(run.status != 0 && run.output.contains("all of QRY (.queries)"), "\(run.output)")
    }

    @Test func aMissingServerFailsTheSuite() async throws {
        let run = try await Fixture.run(suite: "serverless")
        #expect(run.status != 0 && run.output.contains("there is no server"), "\(run.output)")
    }

    @Test func aFilterForTheSuiteStillAsksForAllOfIt() async throws {
        let run = try await Fixture.run(suite: "leftOut", ["--filter", "SuiteWithoutAnArea"])
        #expect(run.status != 0 && run.output.contains("left out conformance cases"), "\(run.output)")
    }

    @Test func aFilterForOneTestAsksForNoMore() async throws {
        let run = try await Fixture.run(suite: "leftOut", ["--filter", "SuiteWithoutAnArea/some"])
        #expect(run.status == 0 && run.output.contains("1 test"), "\(run.output)")
    }

    @Test func selections() {
        let suite = "ShelfTests.ShelfConformanceTests"
        func picksAll(_ arguments: String...) -> Bool { TestSelection(["tests"] + arguments).picksAll(of: suite) }
        #expect(picksAll())
        #expect(picksAll("--filter", "Shelf") && picksAll("--filter=ConformanceTests"))
        #expect(picksAll("--filter", "Other", "--filter", "ShelfTests"))
        #expect(!picksAll("--filter", "ShelfConformanceTests/records"))
        #expect(!picksAll("--filter", "Shelf", "--skip", "records"))
        #expect(!picksAll("--configuration-path", "/tmp/x.json"))
        #expect(!picksAll("--filter", "("))
    }
}
