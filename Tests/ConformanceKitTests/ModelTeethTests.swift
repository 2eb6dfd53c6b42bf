import Foundation
import Stowage
import Testing

@testable import ConformanceKit

/// Generated programs find what no case was written for, and show it in a few steps.
@Suite struct ModelTeethTests {
    @Test(arguments: ModelMutant.all)
    func aMutantIsFoundAndShownInAFewSteps(_ mutant: ModelMutant) async throws {
        let report = await ConformanceRunner.run(
            ModelMutantHarness(mutant),
            only: ConformanceFilter(mutant.killer),
            seed: 1
        )
        guard case .failed(let failures)? = report.results.first?.outcome, let happened = failures.first?.happened
        else {
            Issue.record("\(mutant) survives \(mutant.killer)")
            return
        }
        let operations = happened.split(separator: "\n").filter { $0.contains("await log.") && !$0.contains("content") }
        #expect(operations.count <= 6, "\(happened)")
    }

    @Test func oneSeedMakesOneProgram() async throws {
        let capabilities = MemoryDriver().capabilities
        var (one, two, other) = (
            ModelGenerator(seed: 1, "a", focus: .transactions, capabilities: capabilities),
            ModelGenerator(seed: 1, "a", focus: .transactions, capabilities: capabilities),
            ModelGenerator(seed: 2, "a", focus: .transactions, capabilities: capabilities)
        )
        let program = try one.program()
        #expect(try program == two.program())
        #expect(try program != other.program())
        let bytes = try JSONEncoder().encode(program)
        #expect(try JSONDecoder().decode(ModelProgram.self, from: bytes) == program)
    }

    @Test func aProgramThatFailsOnlyWithTwoOfItsStepsIsShrunkToThem() async throws {
        var generator = ModelGenerator(
            seed: 3,
            "shrinking",
            focus: .records,
            capabilities: MemoryDriver().capabilities,
            maximumSteps: 40
        )
        var program = try generator.program()
        program.steps.insert(.delete("needle"), at: 2)
        program.steps.append(.exists("needle"))
        var shrinker = ModelShrinker { program in
            let isThere = program.steps.contains(.delete("needle")) && program.steps.contains(.exists("needle"))
            return isThere ? ModelDifference(step: program.steps.count, expected: "", found: "") : nil
        }
        let start = ModelDifference(step: program.steps.count, expected: "", found: "")
        let (small, _) = try await shrinker.shrink(program, start)
        #expect(small == ModelProgram(steps: [.delete("needle"), .exists("needle")]))
    }
}
