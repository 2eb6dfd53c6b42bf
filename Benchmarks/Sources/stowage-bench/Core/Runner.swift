import Foundation

/// Runs rows: both sides in turn, in the one order and then in the other, so that neither always comes first.
struct Runner: Sendable {
    var workbench: Workbench
    var pairs: Int
    /// Only these peers; nil for all.
    var peers: [String]?

    /// The result of a row.
    @concurrent
    func run(_ row: BenchmarkRow) async throws -> RowResult {
        let contest = try await row.prepare(workbench)
        let chosen = row.peers.indices.filter { peers?.contains(row.peers[$0].name) ?? true }
        do {
            var ours: [Double] = []
            var theirs = Array(repeating: [Double](), count: chosen.count)
            for round in -1..<pairs {
                // The round before the first warms caches and is not counted.
                let sides = [contest.ours] + chosen.map { contest.peers[$0] }
                var figures = Array(repeating: 0.0, count: sides.count)
                let order = round % 2 == 0 ? Array(sides.indices) : sides.indices.reversed()
                for side in order { figures[side] = try await sides[side]() }
                if round < 0 { continue }
                ours.append(figures[0])
                for peer in theirs.indices { theirs[peer].append(figures[peer + 1]) }
            }
            try await contest.finish()
            return RowResult(
                name: row.name,
                unit: row.unit,
                what: row.what,
                isCost: row.isCost,
                runs: ours,
                peers: zip(chosen, theirs).map {
                    RowResult.Peer(name: row.peers[$0].name, unit: row.unit, what: row.peers[$0].what, runs: $1)
                }
            )
        } catch {
            try? await contest.finish()
            throw error
        }
    }
}
