internal import ArgumentParser
public import ConformanceKit
public import Stowage
internal import StowageProgram

/// The conformance kit as a command of an adapter author's own.
///
/// The whole program of an adapter that apps choose through a ``Stowage/StorageFactory``:
///
/// ```swift
/// @main struct Conform {
///     static func main() async {
///         await ConformCommand.main(StorageFactory(prefix: "SHELF", store: "KIT", backends: [.shelf]))
///     }
/// }
/// ```
///
/// and with a harness of its own:
///
/// ```swift
/// await ConformCommand.main(for: { ShelfHarness(folder: $0.folder, worker: $0) })
/// ```
///
/// It takes `--only ID|AREA|RULE`, `--seed N`, `--json`, `--junit FILE` and `--markdown FILE`, shows its progress on a
/// terminal, and ends with 0 when the adapter conforms in what was run, with 1 when a case failed or could not run, and
/// with 64 when no case is picked. Interrupted, it removes its stores and ends with 130. `storage conform` of an app with
/// the commands of `StowageCommand` is the same code.
public enum ConformCommand {
    /// Runs the cases on the harness that is made, and ends the process.
    ///
    /// - Parameter harness: Makes the harness; called once in this process, and once in each worker process, which this
    ///   program becomes when the kit starts it again. What it throws ends the program with the error's status.
    public static func main(for harness: @escaping @Sendable (ConformSetup) throws -> any ConformanceHarness) async {
        await $makeHarness.withValue(harness) { () async -> Void in await CommandRunner.run(ConformRoot.self) }
    }

    /// Runs the cases on a backend of a factory, and ends the process.
    ///
    /// - Parameters:
    ///   - factory: Knows the backend. Its settings hold, but for the place: the kit works in a place of its own.
    ///   - backend: The backend's name; nil for the one that the configuration chooses.
    public static func main(_ factory: StorageFactory, backend: String? = nil) async {
        await main { try FactoryHarness(factory, backend: backend, folder: $0.folder, worker: $0.worker) }
    }

    /// The parser makes the commands itself: what they are to test reaches them this way.
    @TaskLocal fileprivate static var makeHarness: (@Sendable (ConformSetup) throws -> any ConformanceHarness)?

    fileprivate static func harness(_ setup: ConformSetup) throws -> any ConformanceHarness {
        guard let makeHarness else { throw StorageError(.invalidArgument, "there is no harness to run the cases on") }
        return try makeHarness(setup)
    }
}

/// `conform`.
private struct ConformRoot: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conform",
        abstract: "Check that an adapter keeps the contract of all adapters.",
        usage: "conform [<options>]",
        discussion: ConformOptions.discussion,
        subcommands: [ConformWorker.self]
    )

    @OptionGroup var options: ConformOptions

    func run() async throws {
        try await options.run { try ConformCommand.harness(ConformSetup(workerSubcommand: ["worker"])) }
    }
}

/// `conform worker`: the process that `conform` starts and kills. Not for people.
private struct ConformWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Work for the conformance kit in a process of its own.",
        shouldDisplay: false
    )

    @OptionGroup var options: ConformWorkerOptions

    func run() async throws {
        try await options.run { try ConformCommand.harness(ConformSetup(folder: options.folder)) }
    }
}
