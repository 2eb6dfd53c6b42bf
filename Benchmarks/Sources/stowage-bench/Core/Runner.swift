import Foundation

/// Runs rows: both sides in turn, in the one order and then in the other, so that neither always comes first.
struct Runner: Sendable {
    var workbench: Workbench
    var pairs: Int

    /// The result of a row.
    @concurrent
    func run(_ row: BenchmarkRow) async throws -> RowResult {
        let contest = try await row.prepare(workbench)
        do {
            var ours: [Double] = []
            var peers = Array(repeating: [Double](), count: contest.peers.count)
            for round in -1..<pairs {
                // The round before the first warms caches and is not counted.
                var figures = Array(repeating: 0.0, count: contest.peers.count + 1)
                let sides = [contest.ours] + contest.peers
                let order = round % 2 == 0 ? Array(sides.indices) : sides.indices.reversed()
                for side in order { figures[side] = try await sides[side]() }
                if round < 0 { continue }
                ours.append(figures[0])
                for peer in peers.indices { peers[peer].append(figures[peer + 1]) }
            }
            try await contest.finish()
            return RowResult(
                name: row.name,
                unit: row.unit,
                what: row.what,
                isCost: row.isCost,
                runs: ours,
                peers: zip(row.peers, peers).map {
                    RowResult.Peer(name: $0.name, unit: row.unit, what: $0.what, runs: $1)
                }
            )
        } catch {
            try? await contest.finish()
            throw error
        }
    }
}
