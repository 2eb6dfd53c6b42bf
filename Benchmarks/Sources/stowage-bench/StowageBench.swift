import ArgumentParser
import Foundation

/// Stowage beside its peers, in one run.
@main
struct StowageBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stowage-bench",
        abstract: "Measure Stowage beside its peers, in pairs.",
        discussion: "scripts/bench builds everything, makes the Python environment, and runs this.",
        subcommands: [Measure.self, List.self, Tables.self, Guard.self, Child.self],
        defaultSubcommand: Measure.self
    )
}

/// The measuring itself.
struct Measure: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Measure rows.")

    @Option(help: "Write the results to this file.") var json: String?
    @Option(help: "Write the tables to this file.") var markdown: String?
    @Flag(help: "Less work for each figure, and only the rows of the comparison.") var quick = false
    @Option(help: ArgumentHelp("Only rows whose names begin so; may be repeated.", valueName: "name"))
    var only: [String] = []
    @Option(help: "How many pairs of figures a row has, at least five.") var pairs: Int?
    @Option(help: "A Python with asyncpg and TinyDB.") var python: String?
    @Option(help: "The release build of minsky.") var minsky: String?
    @Option(help: "Where the Python peers lie.") var scripts = "Peers"

    func validate() throws {
        if let pairs, pairs < 1 { throw ValidationError("--pairs is at least 1") }
    }

    func run() async throws {
        let workbench = try Workbench(isQuick: quick, python: python, minsky: minsky, scripts: scripts)
        let rows = AllRows.all.filter { row in
            only.isEmpty ? row.isQuick || !quick : only.contains { row.name == $0 || row.name.hasPrefix($0 + ".") }
        }
        guard !rows.isEmpty else { throw ValidationError("no row has this name; see: stowage-bench list") }
        let runner = Runner(workbench: workbench, pairs: pairs ?? (quick ? 5 : 7))
        var results: [RowResult] = []
        var failed: [String] = []
        for row in rows {
            let start = ContinuousClock.now
            do {
                let result = try await runner.run(row)
                results.append(result)
                for peer in result.peers {
                    let ratio = String(format: "%8.3f", result.ratio(to: peer))
                    let figures = String(format: "%12.1f %12.1f %@", median(result.runs), median(peer.runs), row.unit)
                    say("\(ratio)  \(row.name) over \(peer.name)  \(figures)  (\(ContinuousClock.now - start))")
                }
            } catch {
                failed.append(row.name)
                say("FAILED    \(row.name): \(error)")
            }
        }
        let machine = Machine(
            sqlite: (try? Spawn.text("/usr/bin/env", ["sqlite3", "--version"]).split(separator: " ").first)
                .flatMap { $0 }.map(String.init) ?? "unknown",
            postgres: (try? Spawn.text("/usr/bin/env", ["psql", "--version"]))?
                .trimmingCharacters(in: .whitespacesAndNewlines).replacing("psql (PostgreSQL)", with: "Postgres")
                ?? "unknown"
        )
        await workbench.close()
        let all = Results(machine: machine, results: results)
        if let json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(all).write(to: URL(fileURLWithPath: json))
        }
        if let markdown { try Markdown(results: all).text.write(toFile: markdown, atomically: true, encoding: .utf8) }
        if !failed.isEmpty {
            say("\(failed.count) rows failed: \(failed.joined(separator: ", "))")
            throw ExitCode.failure
        }
    }

    private func say(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }
}

/// The names of all rows.
struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the rows and their peers.")

    func run() {
        for row in AllRows.all { print("\(row.name)  \(row.peers.map(\.name).joined(separator: ", "))  \(row.what)") }
    }
}

/// The tables of results that were measured before.
struct Tables: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Write the tables of a results file.")

    @Argument(help: "The results.") var json: String
    @Argument(help: "The Markdown file.") var markdown: String

    func run() throws {
        let results = try JSONDecoder().decode(Results.self, from: Data(contentsOf: URL(fileURLWithPath: json)))
        try Markdown(results: results).text.write(toFile: markdown, atomically: true, encoding: .utf8)
    }
}

/// A task in a process of its own, for rows that measure memory or several processes.
struct Child: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Do one task and print its figure.", shouldDisplay: false)

    @Argument var task: String
    @Argument var arguments: [String] = []

    func run() async throws { print(try await ChildTasks.run(task, arguments)) }
}
