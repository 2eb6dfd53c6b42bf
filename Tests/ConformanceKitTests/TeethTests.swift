import ConformanceKit
import Testing

/// The kit's own teeth: each known-bad adapter is failed by the case that is named for it.
@Suite struct TeethTests {
    @Test(arguments: Mutant.queryMutants + Mutant.writeMutants)
    func aMutantIsFailedByItsCase(mutant: Mutant) async throws {
        let report = await ConformanceRunner.run(MutantHarness(mutant), only: ConformanceFilter(mutant.killer), seed: 1)
        let result = try #require(report.results.first, "there is no case \(mutant.killer)")
        #expect(result.outcome.name == "failed", "\(mutant) survives \(mutant.killer)")
    }
}
