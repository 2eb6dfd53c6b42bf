public import ArgumentParser
internal import ConformanceKit
internal import FoundationEssentials
internal import Stowage

/// `storage conform`: runs the conformance kit against a backend, apart from every store that holds data.
public struct StorageConformCommand<App: StorageApp>: AsyncParsableCommand {
    /// The name and the help.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "conform",
            abstract: "Check that a backend keeps the contract of all backends.",
            discussion: """
                The app's own store is never touched: a file's backend works in a temporary folder, a server's in \
                schemas of its own on the configured server, which are removed again.
                The exit status is 0 when every case that ran passed, 1 when one failed or could not run, and 64 when \
                no case is picked.
                """
        )
    }

    @Option(help: "A backend's name or URL; by default the configured one.")
    var backend: String?

    @Option(help: "Run these cases only: an id or its beginning, an area (REC), or a rule (REC-1). May be repeated.")
    var only: [String] = []

    @Option(help: "Decides every random choice; drawn when not given.")
    var seed: UInt64?

    @Flag(help: "Print one JSON object.")
    var json = false

    @Option(help: ArgumentHelp("Write JUnit's XML to a file, - for standard output.", valueName: "file"))
    var junit: String?

    @Option(help: ArgumentHelp("Write Markdown to a file, - for standard output.", valueName: "file"))
    var markdown: String?

    /// Made by the parser.
    public init() {}

    /// One report at most can go to standard output.
    public func validate() throws {
        let toOutput = [json, junit == "-", markdown == "-"].filter { $0 }.count
        if toOutput > 1 { throw ValidationError("Only one report can go to standard output.") }
    }

    /// Runs the cases and prints the report.
    public func run() async throws {
        let filter = ConformanceFilter(only)
        for term in only where !ConformanceCases.all.contains(where: ConformanceFilter(term).contains) {
            throw CommandFailure(
                status: ExitStatus.usage,
                "no case is picked by --only \(TextTable.printable(term))",
                advice: "Give a case's id or its beginning, an area such as REC, or a rule such as REC-1"
            )
        }
        WorkerBackend.leave(backend)
        let harness = try FactoryHarness(App.factory, backend: backend, worker: Self.worker)
        let isShown = StandardStreams.errorIsTerminal
        let report = await ConformanceRunner.run(
            harness,
            only: filter,
            seed: seed ?? .random(in: 0...UInt64.max),
            progress: { (result: CaseResult, done: Int, all: Int) -> Void in
                if isShown { StandardStreams.progress("\(done) of \(all)  \(result.conformanceCase.id)") }
            }
        )
        if isShown { StandardStreams.progress("") }
        await harness.removeAll()
        try Task.checkCancellation()
        try write(report)
        if !report.succeeded { throw ExitCode(ExitStatus.no) }
    }

    /// This program once more: where the system names it, a change of the folder does not matter.
    private static var worker: [String] {
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        return [program ?? CommandLine.arguments[0], "storage", "conform-worker"]
    }

    private func write(_ report: ConformanceReport) throws {
        if let junit { try FileArguments.write(Array(report.junit.utf8), to: junit, replacing: true) }
        if let markdown { try FileArguments.write(Array(report.markdown.utf8), to: markdown, replacing: true) }
        if json {
            try JSONOutput.print(report.json)
        } else if junit != "-", markdown != "-" {
            try StandardStreams.print(report.text)
        }
    }
}
