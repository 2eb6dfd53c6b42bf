import ConformanceKit
import Testing

/// Stores that keep their transactions apart less than they say are failed by the history that is named for it.
@Suite struct HistoryTeethTests {
    struct Expectation: Sendable, CustomStringConvertible {
        var isolation: LooseDriver.Isolation
        var killer: String
        /// What the failure calls it.
        var names: [String]
        var description: String { "\(isolation)" }
    }

    static let all = [
        Expectation(
            isolation: .none,
            killer: "txn.history.lists",
            names: ["G1a", "G1b", "non-repeatable read", "lost update", "garbage read", "G1c", "G-single", "G2"]
        ),
        Expectation(isolation: .lastWriterWins, killer: "txn.history.lists", names: ["lost update"]),
        // A skew that the clock takes part in is told as a read of the past.
        Expectation(isolation: .snapshot, killer: "txn.history.lists", names: ["write skew (G2)", "stale read"]),
        Expectation(isolation: .snapshot, killer: "txn.read-only.serializable", names: ["-11"]),
        Expectation(isolation: .stale, killer: "txn.history.registers", names: ["could not"]),
    ]

    @Test(arguments: all)
    func isFailedByItsCase(_ expectation: Expectation) async throws {
        // The schedule decides what is seen; in this many histories it is.
        for seed in 1...40 as ClosedRange<UInt64> {
            let report = await ConformanceRunner.run(
                LooseHarness(expectation.isolation),
                only: ConformanceFilter(expectation.killer),
                seed: seed
            )
            guard case .failed(let failures)? = report.results.first?.outcome else { continue }
            let happened = failures[0].happened
            #expect(expectation.names.contains { happened.contains($0) }, "\(happened)")
            #expect(happened.split(separator: "\n").count <= 9, "\(happened)")
            return
        }
        Issue.record("\(expectation) survives \(expectation.killer)")
    }

    @Test(arguments: ["txn.history.lists", "txn.history.registers"])
    func theTrueStorePasses(_ id: String) async throws {
        for seed in 1...5 as ClosedRange<UInt64> {
            let report = await ConformanceRunner.run(
                LooseHarness(.serializable),
                only: ConformanceFilter(id),
                seed: seed
            )
            #expect(report.succeeded, "\(report)")
        }
    }
}
