import ConformanceKit
import Testing

@Suite struct CaseListTests {
    @Test func idsAreUnique() {
        var seen: Set<String> = []
        for conformanceCase in ConformanceCases.all {
            #expect(seen.insert(conformanceCase.id).inserted, "\(conformanceCase.id) stands twice")
        }
        #expect(seen.count >= 80)
    }

    @Test func everyRuleHasACase() {
        let checked = Set(ConformanceCases.all.flatMap(\.rules))
        for rule in ContractRules.all where ContractRules.withoutCase[rule] == nil {
            #expect(checked.contains(rule), "no case checks \(rule)")
        }
        for rule in ContractRules.withoutCase.keys { #expect(!checked.contains(rule), "\(rule) has a case after all") }
        #expect(checked.isSubset(of: ContractRules.all), "a case checks a rule that the contract does not have")
    }

    @Test func areasFollowTheMainRule() {
        for conformanceCase in ConformanceCases.all {
            #expect(
                conformanceCase.rules.allSatisfy { rule in
                    ConformanceCase.Area.allCases.contains { rule.hasPrefix($0.rawValue) }
                }
            )
        }
        for area in ConformanceCase.Area.allCases {
            #expect(ConformanceCases.all.contains { $0.area == area }, "the area \(area.rawValue) has no case")
        }
    }
}
