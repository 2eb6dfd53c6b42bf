/// The cases of the contract.
public enum ConformanceCases {
    /// Every case, by area.
    public static let all: [ConformanceCase] =
        creating + updating + batching + revising + keepingUnknowns + keepingMembers
        + text + numbers + times + otherValues + absences
        + predicates + textSearches + ordering + limiting + paging + names + massWrites + plans + streams
        + states + transactions + isolation + concurrency
        + modelPrograms + histories + processHistories
        + durability + damages + crashes + randomCrashes + lostConnections + severedConnections + lifecycle + deadlines
        + errors + limits + schemas + migrations

    /// The cases of some areas.
    public static func of(_ areas: ConformanceCase.Area...) -> [ConformanceCase] {
        all.filter { areas.contains($0.area) }
    }
}
