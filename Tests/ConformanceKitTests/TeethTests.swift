import ConformanceKit
import Testing

/// The kit's own teeth: each known-bad adapter is failed by the case that is named for it.
@Suite struct TeethTests {
    @Test(arguments: Mutant.all)
    func aMutantIsFailedByItsCase(mutant: Mutant) async throws {
        let harness = try MutantHarness(mutant)
        let report = await ConformanceRunner.run(harness, cases: Self.cases(of: mutant), seed: 1)
        await harness.removeAll()
        let result = try #require(report.results.first, "there is no case \(mutant.killer)")
        #expect(result.outcome.name == "failed", "\(mutant) survives \(result)")
    }

    /// A defect says nothing about a case that its own base fails.
    @Test(arguments: Mutant.Base.built)
    func theTrueAdaptersPassEveryNamedCase(base: Mutant.Base) async throws {
        let named = Mutant.all.filter { $0.base == base }.map(\.killer)
        let harness = try MutantHarness(Mutant("nothing", killedBy: "", on: base) { _ in })
        let cases = ConformanceCases.all.filter { named.contains($0.id) && $0.needs != .losesConnections }
        let report = await ConformanceRunner.run(harness, cases: cases, seed: 1)
        await harness.removeAll()
        #expect(report.failures.isEmpty && report.counts()["notApplicable"] == nil, "\(report)")
    }

    /// The harmless forms of the drivers that mutants are made of pass all that is required of them.
    @Test(arguments: [Mutant("hooks without a defect", killedBy: "") { _ in }, .trueShelf, .trueWire])
    func driversWithoutADefectConform(mutant: Mutant) async throws {
        let harness = try MutantHarness(mutant)
        let report = await ConformanceRunner.run(harness, seed: 1)
        #expect(report.conforms, "\(report)")
        if mutant.hasWire {
            #expect(report.results.contains { $0.conformanceCase.needs == .losesConnections && $0.outcome == .passed })
        }
    }

    @Test func everySectionHasItsMutants() {
        #expect(Mutant.all.count >= 48)
        #expect(Set(Mutant.all.map(\.description)).count == Mutant.all.count)
        for area in ConformanceCase.Area.allCases {
            let mutants = Mutant.all.filter { $0.killer.hasPrefix(area.rawValue.lowercased() + ".") }
            #expect(mutants.count >= 2, "\(area.rawValue) has \(mutants.count) mutants")
        }
    }

    private static func cases(of mutant: Mutant) -> [ConformanceCase] {
        ConformanceCases.all.filter { $0.id == mutant.killer }
    }
}
