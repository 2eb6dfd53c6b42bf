import ConformanceKit
import Stowage
import Testing

/// Cases with other processes: killed, at once, on a full disk.
@Suite struct ProcessTests {
    private static let cases = ConformanceCases.all.filter { $0.needs == .workers }

    private static func harness(_ backend: String, _ defect: String) throws -> FactoryHarness {
        let isJournal = backend == "journal"
        return try FactoryHarness(
            isJournal ? Backends.factory.with("json.mode", "journal") : Backends.factory,
            backend: isJournal ? "json" : backend,
            worker: [Fixture.path, "worker", "--defect", defect] + (isJournal ? ["--mode", "journal"] : [])
        )
    }

    @Test(arguments: Backends.factory.backends.map(\.name) + ["journal"])
    func trueAdaptersPass(backend: String) async throws {
        let harness = try Self.harness(backend, "none")
        let report = await ConformanceRunner.run(harness, cases: Self.cases, seed: 1)
        await harness.removeAll()
        #expect(report.counts() == ["passed": Self.cases.count], "\(report)")
    }

    /// Defects of a worker, and the case that must fail each.
    static let mutants: [(backend: String, defect: String, killer: String)] = [
        ("json", "acknowledgesEarly", "dur.crash.kill-9"), ("sqlite", "acknowledgesEarly", "dur.crash.kill-9"),
        ("journal", "acknowledgesEarly", "dur.crash.kill-9"), ("json", "writesOneByOne", "dur.crash.kill-9"),
        ("json", "leavesFiles", "dur.crash.kill-9"),
        ("json", "misnamesFullDisk", "dur.full-disk"), ("sqlite", "misnamesFullDisk", "dur.full-disk"),
        ("json", "startsAnew", "sch.initialize.eight-processes"),
        ("sqlite", "startsAnew", "sch.initialize.eight-processes"),
    ].filter { mutant in mutant.0 == "journal" || Backends.factory.backends.contains { $0.name == mutant.0 } }

    @Test(arguments: mutants)
    func aMutantIsFailedByItsCase(backend: String, defect: String, killer: String) async throws {
        let harness = try Self.harness(backend, defect)
        var outcomes: [CaseResult] = []
        // Where a kill falls between two writes the schedule decides: a few tries are allowed.
        for seed in 1...4 where !outcomes.contains(where: { $0.outcome.name == "failed" }) {
            let cases = Self.cases.filter { $0.id == killer }
            outcomes += await ConformanceRunner.run(harness, cases: cases, seed: UInt64(seed)).results
        }
        await harness.removeAll()
        #expect(outcomes.last?.outcome.name == "failed", "\(defect) survives \(killer): \(outcomes)")
    }
}
