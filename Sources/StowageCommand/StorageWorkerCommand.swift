public import ArgumentParser
internal import ConformanceKit
internal import ConformanceKitCommand
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

    @OptionGroup var options: ConformWorkerOptions

    /// Made by the parser.
    public init() {}

    /// Does the job.
    public func run() async throws {
        try await options.run {
            let backend = options.backend.map(WorkerBackend.find)
            return try FactoryHarness(App.factory, backend: backend, folder: options.folder)
        }
    }
}
