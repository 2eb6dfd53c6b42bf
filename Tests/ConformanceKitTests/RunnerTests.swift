import ConformanceKit
import Stowage
import Testing

@Suite struct RunnerTests {
    private let harness = MemoryHarness()

    @Test func anEmptyFilterResultIsAFailure() async {
        let report = await ConformanceRunner.run(harness, only: ConformanceFilter("rec.no.such.case"))
        #expect(!report.conforms)
        #expect(report.description.contains("rec.no.such.case"))
    }

    @Test func filtersPickByIdAreaAndRule() async {
        let byID = await ConformanceRunner.run(harness, only: ConformanceFilter("rec.absent"))
        #expect(byID.results.map(\.conformanceCase.id) == ["rec.absent.get", "rec.absent.update", "rec.absent.delete"])
        #expect(byID.succeeded && byID.verdict == .incomplete, "\(byID)")
        let filters = [ConformanceFilter("STA"), ConformanceFilter("STA-2")]
        for filter in filters { #expect(ConformanceCases.all.contains { filter.contains($0) }) }
        #expect(!ConformanceFilter("REC-1").contains(ConformanceCase("val.x", ["VAL-1"]) { _ in }))
    }

    @Test func outcomes() async {
        let cases = [
            ConformanceCase("rec.x.passes", ["REC-1"]) { check in check.expect(true, "all is well") },
            ConformanceCase("rec.x.fails", ["REC-1", "REC-2"]) { check in
                check.expectEqual(1, 2, "one is two")
                check.expect(false, "all is well", rule: "REC-2")
            },
            ConformanceCase("rec.x.throws", ["REC-1"]) { _ in throw StorageError(.corrupt, "the engine is on fire") },
            ConformanceCase("rec.x.lacks", ["REC-1"], capability: .plan) { _ in },
            ConformanceCase("rec.x.needs", ["REC-1"], needs: .otherSchema) { _ in },
        ]
        let report = await ConformanceRunner.run(harness, cases: cases, seed: 7)
        #expect(report.results.map(\.outcome.name) == ["passed", "failed", "failed", "notApplicable", "notApplicable"])
        #expect(!report.conforms)
        #expect(report.seed == 7)
        guard case .failed(let failures) = report.results[1].outcome else { return }
        #expect(failures.map(\.rule) == ["REC-1", "REC-2"])
        #expect(failures[0].happened == "1 was found, not 2")
        #expect(report.description.contains("on fire"))
    }

    @Test func aServerThatIsMissingIsNoSuccess() async {
        struct Absent: ConformanceHarness {
            let adapter = "absent"
            func open(at: HarnessLocation, access: StorageAccess, options: StorageOptions) throws -> StorageDatabase {
                throw StorageError(.unavailable, "there is no server")
            }
            func destroy(_ location: HarnessLocation) async throws {}
        }
        let report = await ConformanceRunner.run(Absent(), only: ConformanceFilter("rec.absent"))
        #expect(report.counts() == ["untested": 3])
        #expect(!report.conforms)
        await #expect(throws: ConformanceFailure.self) { try await ConformanceCases.all[0].verify(on: Absent()) }
    }

    @Test func knownFailuresThatPassAreFailures() async {
        struct Known: ConformanceHarness {
            let base = MemoryHarness()
            let adapter = "known"
            let knownFailures = ["rec.x.passes": "a reason", "rec.x.fails": "another reason"]
            func open(
                at location: HarnessLocation,
                access: StorageAccess,
                options: StorageOptions
            ) throws -> StorageDatabase {
                try base.open(at: location, access: access, options: options)
            }
            func destroy(_ location: HarnessLocation) async throws {}
        }
        let cases = [
            ConformanceCase("rec.x.passes", ["REC-1"]) { _ in },
            ConformanceCase("rec.x.fails", ["REC-1"]) { check in check.expect(false, "all is well") },
        ]
        let report = await ConformanceRunner.run(Known(), cases: cases)
        #expect(report.results[0].outcome.isFailure)
        #expect(report.results[1].outcome == .knownFailing("another reason"))
    }

    @Test func aDeepRunGoesOnForItsTime() async {
        let start = ContinuousClock.now
        let report = await ConformanceRunner.run(
            harness,
            only: ConformanceFilter(["rec.model", "txn.history.registers", "rec.absent"]),
            seed: 1,
            deep: .seconds(2)
        )
        #expect(report.succeeded, "\(report)")
        // Two cases can go on, and run side by side: each has the whole time.
        #expect(start.duration(to: .now) >= .seconds(2))
    }

    @Test func oneSeedMakesOneChoice() {
        var (one, two, other) = (
            SeededGenerator(seed: 1, "a"), SeededGenerator(seed: 1, "a"), SeededGenerator(seed: 2, "a")
        )
        let numbers = (0..<8).map { _ in one.next() }
        #expect(numbers == (0..<8).map { _ in two.next() })
        #expect(numbers != (0..<8).map { _ in other.next() })
    }
}
