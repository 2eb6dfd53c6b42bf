#if SQLite && Postgres
import Foundation
import StowageTestServers
import Testing

/// Moves that are killed at random points, through the program, and gone on with. Each run prints its seed;
/// `STOWAGE_TEST_SEED` repeats one.
@Suite(.serialized) struct KilledMoveTests {
    enum Leg: String, Sendable, CaseIterable {
        case jsonToSqlite, sqliteToPostgres, postgresToJson
    }

    private static let kills = 50
    private static let records = 1500

    /// Another location of the kind that a leg moves into, each time it is asked.
    private func target(_ leg: Leg, _ folder: String, _ number: Int) async throws -> (location: String, url: String?) {
        switch leg {
        case .jsonToSqlite: return ("sqlite:\(folder)/target-\(number).db", nil)
        case .postgresToJson: return ("json:\(folder)/target-\(number).json", nil)
        case .sqliteToPostgres:
            let url = try await TestPostgres.shared().freshDatabase()
            return (url, url)
        }
    }

    private func source(_ leg: Leg, _ program: Program, _ json: String) async throws -> String {
        let location: String
        switch leg {
        case .jsonToSqlite: return json
        case .sqliteToPostgres: location = "sqlite:\(program.home)/source.db"
        case .postgresToJson: location = try await TestPostgres.shared().freshDatabase()
        }
        let moved = try program.run("session", "migrate", "--from", json, "--to", location)
        #expect(moved.status == 0, "\(moved.errors)")
        return location
    }

    private func export(_ program: Program, _ location: String) throws -> String {
        var program = program
        program.settings = ["MINSKY_DATABASE_URL": location]
        let outcome = try program.run("session", "export")
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output
    }

    @Test(arguments: Leg.allCases)
    func aMoveKilledAtAnyPointComesToTheSameEnd(_ leg: Leg) async throws {
        let program = try Program()
        defer { program.remove() }
        let given = ProcessInfo.processInfo.environment["STOWAGE_TEST_SEED"].flatMap(UInt64.init)
        let seed = given ?? UInt64.random(in: 0...UInt64(UInt32.max))
        print("killed moves, \(leg.rawValue): seed \(seed)")
        var random = Delays(state: seed)

        let json = "json:\(program.home)/source.json"
        let lines = (0..<Self.records).map { number in
            #"{"session":"s-\#(number)","repoName":"r\#(number % 7)","repoUrl":"u","createdAt":"2026-01-01T00:00:00Z","#
                + #""branch":"\#(String(repeating: "b", count: number % 60))","x\#(number % 3)":\#(number).50}"#
        }
        let text = #"{"sessions":["# + lines.joined(separator: ",\n") + #"],"baseDir":"/b"}"#
        try Data(text.utf8).write(to: URL(fileURLWithPath: program.home + "/source.json"))
        let source = try await source(leg, program, json)
        let want = try export(program, source)

        // How long an undisturbed move takes decides where the kills may fall, and nothing else.
        let first = try await target(leg, program.home, 0)
        let began = ContinuousClock.now
        let calm = try program.run(
            "session",
            "migrate",
            "--from",
            source,
            "--to",
            first.location,
            "--batch-size",
            "20"
        )
        let whole = began.duration(to: .now)
        #expect(calm.status == 0, "\(calm.errors)")
        #expect(try export(program, first.location) == want)

        var (kills, moves) = (0, 0)
        while kills < Self.kills {
            moves += 1
            let place = try await target(leg, program.home, moves)
            var (isDone, tries) = (false, 0)
            while !isDone {
                let running = try program.start([
                    "session", "migrate", "--from", source, "--to", place.location, "--resume", "--batch-size", "20",
                ])
                // Longer with each try, so that every move comes to its end on the slowest machine too.
                tries += 1
                let longest = Double(whole / .microseconds(1)) * (0.75 + 0.25 * Double(tries))
                usleep(UInt32(random.fraction() * longest))
                if running.process.isRunning {
                    kill(running.process.processIdentifier, SIGKILL)
                    let outcome = running.finish()
                    if running.process.terminationReason == .uncaughtSignal {
                        kills += 1
                    } else {
                        isDone = outcome.status == 0
                    }
                } else {
                    let outcome = running.finish()
                    #expect(outcome.status == 0, "seed \(seed): \(outcome.errors)")
                    isDone = true
                }
                // Enough: the last one is let to its end.
                if !isDone, kills >= Self.kills {
                    let outcome = try program.run(
                        "session",
                        "migrate",
                        "--from",
                        source,
                        "--to",
                        place.location,
                        "--resume",
                        "--json"
                    )
                    #expect(outcome.status == 0, "seed \(seed): \(outcome.errors)")
                    #expect(outcome.output.contains("\"verified\": \(Self.records)"))
                    isDone = true
                }
            }
            #expect(try export(program, place.location) == want, "seed \(seed), move \(moves)")
            if let url = place.url { try await TestPostgres.shared().drop(url) }
        }
        #expect(kills >= Self.kills)
        print("killed moves, \(leg.rawValue): \(kills) kills in \(moves) moves")
        for url in [source, first.location] where url.hasPrefix("postgres") {
            try await TestPostgres.shared().drop(url)
        }
    }
}

/// Delays that a seed repeats (SplitMix64, Steele, Lea and Flood 2014).
private struct Delays {
    var state: UInt64
    mutating func fraction() -> Double {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return Double((mixed ^ (mixed >> 31)) >> 11) / Double(1 << 53)
    }
}
#endif
