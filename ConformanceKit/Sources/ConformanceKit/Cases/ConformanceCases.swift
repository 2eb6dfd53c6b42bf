/// The cases of the contract.
public enum ConformanceCases {
    /// Every case, by area.
    public static let all: [ConformanceCase] =
        creating + updating + batching + revising + keepingUnknowns
        + text + numbers + times + otherValues + absences
        + predicates + textSearches + ordering + limiting + paging + names + massWrites + streams
        + states + transactions + isolation + concurrency
        + durability + damages + crashes + lostConnections + lifecycle + deadlines + errors + schemas
}
