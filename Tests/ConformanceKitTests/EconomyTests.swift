import ConformanceKit
import Testing

/// A case costs every author's every run: it must catch something that another does not, or say what it is for.
@Suite struct EconomyTests {
    @Test(.timeLimit(.minutes(3)))
    func everyCaseEarnsItsPlace() async throws {
        let idle = await withTaskGroup(of: String?.self) { group in
            var waiting = Self.suspects[...]
            for suspect in waiting.prefix(4) { group.addTask { await Self.killsNothing(suspect) } }
            waiting = waiting.dropFirst(4)
            var idle: [String] = []
            while let found = await group.next() {
                if let found { idle.append(found) }
                if let suspect = waiting.popFirst() { group.addTask { await Self.killsNothing(suspect) } }
            }
            return idle.sorted()
        }
        #expect(idle == [], "they kill no mutant and share their rules: find one, or say what they are kept for")
    }

    @Test func namedKillersNeedNoReason() {
        for conformanceCase in ConformanceCases.all where Self.named.contains(conformanceCase.id) {
            #expect(conformanceCase.keptFor == nil, "\(conformanceCase) catches a mutant by name")
        }
    }

    private static let named = Set(Mutant.all.map(\.killer) + ProcessTests.mutants.map(\.killer))

    /// Cases that catch no mutant by name, give no reason, and check no rule alone.
    private static let suspects: [ConformanceCase] = {
        let counts = Dictionary(ConformanceCases.all.flatMap(\.rules).map { ($0, 1) }, uniquingKeysWith: +)
        return ConformanceCases.all.filter { suspect in
            !named.contains(suspect.id) && suspect.keptFor == nil
                && suspect.rules.allSatisfy { counts[$0, default: 0] > 1 }
        }
    }()

    /// Mutants that end soon, those of the same area first.
    private static func mutants(for suspect: ConformanceCase) -> [Mutant] {
        let quick = Mutant.all.filter { $0.base == .memory && !$0.isSlow }
        let near = quick.filter { $0.killer.hasPrefix(suspect.area.rawValue.lowercased()) }
        let far = quick.filter { !$0.killer.hasPrefix(suspect.area.rawValue.lowercased()) }
        return near + far
    }

    private static func killsNothing(_ suspect: ConformanceCase) async -> String? {
        for mutant in mutants(for: suspect) {
            guard let harness = try? MutantHarness(mutant) else { continue }
            let result = await ConformanceRunner.run(suspect, harness, seed: 1)
            if result.outcome.name == "failed" { return nil }
        }
        return suspect.id
    }
}
