public import ArgumentParser
internal import ConformanceKit
internal import Stowage

/// `storage conform-worker`: the process that `storage conform` starts and kills. Not for people.
public struct StorageWorkerCommand<App: StorageApp>: AsyncParsableCommand {
    /// The name; the help does not show it.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "conform-worker",
            abstract: "Work for the conformance kit in a process of its own.",
            shouldDisplay: false
        )
    }

    @Option(help: "The backend.")
    var backend: String

    @Option(help: "The kit's folder.")
    var folder: String

    @Option(help: "The store's location within it.")
    var location: String

    @Option(help: "What to do.")
    var job: String

    @Option(help: "What the ids of its records begin with.")
    var name: String

    /// Made by the parser.
    public init() {}

    /// Does the job.
    public func run() async throws {
        guard let job = ConformanceWorker.Job(rawValue: job) else { throw ValidationError("There is no such job.") }
        try await ConformanceWorker.run(
            job,
            on: FactoryHarness(App.factory, backend: WorkerBackend.find(backend), folder: folder),
            at: HarnessLocation(name: location),
            name: name,
            say: StandardStreams.print
        )
    }
}
