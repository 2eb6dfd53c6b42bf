public import ArgumentParser
internal import ConformanceKit
internal import ConformanceKitCommand
internal import Stowage

/// `storage conform`: runs the conformance kit against a backend, apart from every store that holds data.
public struct StorageConformCommand<App: StorageApp>: AsyncParsableCommand {
    /// The name and the help.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "conform",
            abstract: "Check that a backend keeps the contract of all backends.",
            discussion: ConformOptions.discussion
        )
    }

    @Option(help: "A backend's name or URL; by default the configured one.")
    var backend: String?

    @OptionGroup var options: ConformOptions

    /// Made by the parser.
    public init() {}

    /// Runs the cases and prints the report.
    public func run() async throws {
        try await options.run {
            WorkerBackend.leave(backend)
            let setup = ConformSetup(workerSubcommand: ["storage", "conform-worker"])
            return try FactoryHarness(App.factory, backend: backend, folder: setup.folder, worker: setup.worker)
        }
    }
}
