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
            ConformanceCase("rec.x.lacks", ["REC-1"], capability: .indexes) { _ in },
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

    @Test func aNewCaseDoesNotCountBeforeTheNextMinorVersion() async {
        let kit = ConformanceReport.version
        func failing(_ id: String, since version: KitVersion?) -> ConformanceCase {
            ConformanceCase(id, ["REC-1"], provisionalSince: version) { check in check.expect(false, "all is well") }
        }
        let passing = ConformanceCase("rec.x.passes", ["REC-1"]) { check in check.expect(true, "all is well") }
        let patch = KitVersion(kit.major, kit.minor, kit.patch + 1)
        let new = await ConformanceRunner.run(
            harness,
            cases: [passing, failing("rec.x.new", since: kit), failing("rec.x.newest", since: patch)]
        )
        #expect(new.results.map(\.outcome.name) == ["passed", "provisional", "provisional"])
        #expect(new.succeeded && new.failures.isEmpty)
        #expect(new.text.contains("rec.x.new: provisional: REC-1: expected that all is well"))
        #expect(new.json.object?["counts"]?.object?["provisional"]?.number?.int64 == 2)
        #expect(new.json.object?["kitVersion"]?.string == kit.description)
        #expect(new.junit.contains("<skipped message=\"REC-1: expected that all is well"))
        #expect(new.markdown.contains("| `rec.x.new` | provisional |"))
        // The same case, one minor version of the kit later.
        let old = failing("rec.x.old", since: KitVersion(kit.major, kit.minor - 1))
        #expect(failing("rec.x.new", since: kit).isProvisional())
        #expect(!failing("rec.x.new", since: kit).isProvisional(in: KitVersion(kit.major, kit.minor + 1)))
        let later = await ConformanceRunner.run(harness, cases: [passing, old])
        #expect(later.results.map(\.outcome.name) == ["passed", "failed"] && !later.succeeded)
        await #expect(throws: ConformanceFailure.self) { try await old.verify(on: harness) }
    }

    @Test func declaredLimitsAreProbed() async throws {
        let small = ShelfHarness([.transactions], maximumRecordBytes: 20_000, maximumIDBytes: 300)
        let cases = ["lif.limits", "val.text.longest-id", "val.text.hostile-ids"]
        let report = await ConformanceRunner.run(small, only: ConformanceFilter(cases), seed: 1)
        #expect(report.counts() == ["passed": 3], "\(report)")
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
