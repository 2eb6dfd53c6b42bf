public import ConformanceKit
internal import FoundationEssentials

/// What a harness needs to know of the command that runs it.
public struct ConformSetup: Sendable {
    /// Where stores may go: a folder that does not exist yet, the same for this process and its workers. Who makes it
    /// removes it (``ConformanceKit/ConformanceHarness/removeAll()``).
    public let folder: String
    /// The command that starts a worker, its program's path first; empty within a worker.
    public let worker: [String]

    /// A new setup in a temporary folder.
    ///
    /// - Parameter subcommand: What makes this program a worker.
    package init(workerSubcommand subcommand: [String]) {
        let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        folder = FileManager.default.temporaryDirectory.path + "/stowage-kit-" + unique
        // Where the system names this program, a change of the working directory does not matter.
        let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        worker = [program ?? CommandLine.arguments[0]] + subcommand
    }

    /// The setup of a worker.
    package init(folder: String) {
        self.folder = folder
        worker = []
    }

    /// What a harness answers for ``ConformanceKit/ConformanceHarness/workerCommand(_:at:name:)``, beside its ability
    /// ``ConformanceKit/HarnessAbility/workers``; nil within a worker.
    public func workerCommand(_ job: ConformanceWorker.Job, at location: HarnessLocation, name: String) -> [String]? {
        if worker.isEmpty { return nil }
        return worker + ["--folder", folder, "--location", location.name, "--job", job.rawValue, "--name", name]
    }
}
