internal import ArgumentParser
package import ConformanceKit
internal import Stowage
internal import StowageProgram

/// The options of every command that runs the kit, and the run itself.
package struct ConformOptions: ParsableArguments {
    /// What the help says beside the options.
    package static let discussion = """
        No store that holds data is touched: a file's backend works in a temporary folder, a server's in schemas of its \
        own on the configured server, which are removed again.
        The exit status is 0 when every case that ran passed, 1 when one failed or could not run, and 64 when no case is \
        picked.
        """

    @Option(help: "Run these cases only: an id or its beginning, an area (REC), or a rule (REC-1). May be repeated.")
    var only: [String] = []

    @Option(help: "Decides every random choice; drawn when not given.")
    var seed: UInt64?

    @Option(
        defaultAsFlag: DurationArgument.defaultDepth,
        help: ArgumentHelp(
            """
            Go deeper: generated programs, concurrent histories and crashes go on for the given time, such as 30s, 10m \
            or 2h; for 5m when none is given.
            """,
            valueName: "time"
        )
    )
    var deep: DurationArgument?

    @Flag(help: "Print one JSON object.")
    var json = false

    @Option(help: ArgumentHelp("Write JUnit's XML to a file, - for standard output.", valueName: "file"))
    var junit: String?

    @Option(help: ArgumentHelp("Write Markdown to a file, - for standard output.", valueName: "file"))
    var markdown: String?

    /// Made by the parser.
    package init() {}

    /// One report at most can go to standard output.
    package func validate() throws {
        let toOutput = [json, junit == "-", markdown == "-"].filter { $0 }.count
        if toOutput > 1 { throw ValidationError("Only one report can go to standard output.") }
    }

    /// Runs the picked cases and prints the report.
    ///
    /// - Parameter makeHarness: Called once it is known that there is a case to run.
    /// - Throws: `ExitCode` 1 when a case failed or could not run; `CommandFailure` 64 when no case is picked.
    package func run(_ makeHarness: () throws -> any ConformanceHarness) async throws {
        for term in only where !ConformanceCases.all.contains(where: ConformanceFilter(term).contains) {
            throw CommandFailure(
                status: ExitStatus.usage,
                "no case is picked by --only \(TextTable.printable(term))",
                advice: "Give a case's id or its beginning, an area such as REC, or a rule such as REC-1"
            )
        }
        let harness = try makeHarness()
        let isShown = StandardStreams.errorIsTerminal
        let report = await ConformanceRunner.run(
            harness,
            only: ConformanceFilter(only),
            seed: seed ?? .random(in: 0...UInt64.max),
            deep: deep?.duration,
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

/// A time with its unit: `500ms`, `30s`, `5m`, `1h`.
package struct DurationArgument: ExpressibleByArgument, CustomStringConvertible, Sendable, Hashable {
    /// The time.
    package let duration: Duration

    /// How long a run goes on that goes deeper for no time in particular.
    static let defaultDepth = DurationArgument(duration: .seconds(300))

    private init(duration: Duration) { self.duration = duration }

    /// The time in seconds.
    package var description: String { "\(duration.components.seconds)s" }

    /// Reads the argument; nil when it is no whole number with a unit, or longer than a week.
    package init?(argument: String) {
        let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
        guard let (unit, milliseconds) = units.first(where: { argument.hasSuffix($0.0) }) else { return nil }
        let digits = argument.dropLast(unit.count)
        guard digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let count = Int(digits), count > 0,
            count <= 7 * 24 * 3_600_000 / milliseconds
        else { return nil }
        duration = .milliseconds(count * milliseconds)
    }
}
