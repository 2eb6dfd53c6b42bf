import ArgumentParser
import Foundation

/// What continuous integration asks: has a change doubled a cost? By ratio to a peer in the same run, never by an
/// absolute time, and with a margin of two, so that a busy machine, which slows both sides, decides nothing.
struct Guard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guard",
        abstract: "Fail when we have become much slower beside a peer.",
        discussion: "Takes less than a minute. A row below its floor is measured a second time before it fails."
    )

    /// Half of the ratio that the row is expected to reach.
    private static let floors: [(row: String, peer: String, floor: Double)] = [
        ("sqlite.get", "sqlite-c", 0.37),
        ("sqlite.get.codable", "sqlite-c", 0.32),
        ("sqlite.fetchAll", "sqlite-c", 0.3),
        ("sqlite.byIndexedField", "sqlite-c", 0.35),
        ("sqlite.createMany", "sqlite-c", 0.4),
        ("json.open", "foundation", 2.5),
        ("json.encode", "foundation", 4.0),
    ]

    func run() async throws {
        let workbench = try Workbench(isQuick: true, python: nil, minsky: nil, scripts: "")
        let isSlow = try await Self.findSlow(workbench)
        await workbench.close()
        if isSlow { throw ExitCode.failure }
    }

    @concurrent
    private static func findSlow(_ workbench: Workbench) async throws -> Bool {
        let rows = Dictionary(AllRows.all.map { ($0.name, $0) }) { first, _ in first }
        var isSlow = false
        for (name, peer, floor) in floors {
            guard let row = rows[name] else { throw BenchmarkFailure("there is no row \(name)") }
            var best = 0.0
            for _ in 0..<2 where best < floor {
                let result = try await Runner(workbench: workbench, pairs: 3, peers: [peer]).run(row)
                guard let figures = result.peers.first else { throw BenchmarkFailure("\(name) has no peer \(peer)") }
                best = max(best, result.ratio(to: figures))
            }
            let verdict = best < floor ? "SLOW" : "ok  "
            isSlow = isSlow || best < floor
            print("\(verdict)  \(name) over \(peer): \(String(format: "%.2f", best)), at least \(floor)")
        }
        return isSlow
    }
}
