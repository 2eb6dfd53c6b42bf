package import ArgumentParser
package import ConformanceKit
internal import Stowage
internal import StowageProgram

/// What a worker process is told by the harness that starts it, and its work.
package struct ConformWorkerOptions: ParsableArguments {
    /// The backend, where a program has several.
    @Option(help: "The backend.")
    package var backend: String?

    /// The kit's folder.
    @Option(help: "The kit's folder.")
    package var folder: String

    @Option(help: "The store's location within it.")
    var location: String

    @Option(help: "What to do.")
    var job: String

    @Option(help: "What the ids of its records begin with.")
    var name: String

    /// Made by the parser.
    package init() {}

    /// Does the job.
    package func run(_ makeHarness: () throws -> any ConformanceHarness) async throws {
        guard let job = ConformanceWorker.Job(rawValue: job) else { throw ValidationError("There is no such job.") }
        try await ConformanceWorker.run(
            job,
            on: try makeHarness(),
            at: HarnessLocation(name: location),
            name: name,
            say: StandardStreams.print
        )
    }
}
