public import ArgumentParser
internal import Stowage

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Runs a command line from its arguments to its exit status.
///
/// ```swift
/// @main struct Minsky: AsyncParsableCommand {
///     static func main() async { await CommandRunner.run(Self.self) }
/// }
/// ```
public enum CommandRunner {
    /// Parses the process's arguments, runs the command, and ends the process.
    ///
    /// An interrupt or a termination signal cancels the command, which ends with 130 and leaves nothing half done.
    public static func run<Root: ParsableCommand>(_ root: Root.Type) async -> Never {
        occupyStandardDescriptors()
        // A file that may not grow further is then an error like a full disk (74), not the end of the program.
        signal(SIGXFSZ, SIG_IGN)
        let program = root.configuration.commandName ?? root._commandName
        guard argumentsAreText else {
            StandardStreams.note("\(program): an argument is not valid UTF-8")
            exit(ExitStatus.usage)
        }
        let signals = Interruption()
        let task = Task { await perform(root, program) }
        signals.onSignal { task.cancel() }
        exit(await task.value)
    }

    /// Keeps the numbers of standard input, output and error from files that are opened later: a program may be started
    /// with them closed. They are opened the wrong way round, so that using them is an error as it was.
    private static func occupyStandardDescriptors() {
        for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) == -1 {
            _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
        }
    }

    private static func perform<Root: ParsableCommand>(_ root: Root.Type, _ program: String) async -> Int32 {
        do {
            let command = try root.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                var synchronous = command
                try synchronous.run()
            }
            return 0
        } catch {
            return report(error, program, root)
        }
    }

    /// Says what went wrong, and gives the status.
    private static func report<Root: ParsableCommand>(_ error: any Error, _ program: String, _ root: Root.Type) -> Int32
    {
        // Errors of the parser, requests for help among them, are known to it alone and shown by it.
        if !(error is StorageError || error is any RecordsRefused || error is CommandFailure
            || error is CancellationError),
            error is ExitCode || root.exitCode(for: error) != ExitCode.failure
        {
            root.exit(withError: error)
        }
        let report = ErrorReport(error, program: program)
        for line in report.lines { StandardStreams.note(line) }
        return report.status
    }

    /// Swift would repair other bytes in silence, and so name another record or file than the caller did.
    private static var argumentsAreText: Bool {
        (0..<Int(CommandLine.argc)).allSatisfy { index in
            CommandLine.unsafeArgv[index].map { String(validatingCString: $0) != nil } ?? true
        }
    }
}
