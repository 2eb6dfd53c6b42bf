internal import FoundationEssentials
internal import Stowage

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Another process, whose output goes to a file: what a killed process has said stays said.
struct WorkerProcess: Sendable {
    private let id: pid_t
    private let output: String

    /// Starts a command, its first word being the program's path.
    init(_ command: [String]) throws {
        output =
            FileManager.default.temporaryDirectory.path + "/stowage-worker-" + String(UInt64.random(in: 0 ... .max))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        var arguments = command.map { strdup($0) } + [nil]
        var environment = ProcessInfo.processInfo.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + environment { free(text) } }
        var id = pid_t()
        let code = posix_spawn(&id, command[0], &actions, nil, &arguments, &environment)
        guard code == 0 else { throw StorageError(.unavailable, "a process cannot be started, error \(code)") }
        self.id = id
    }

    /// The whole lines that it has said.
    var lines: [String] {
        guard let bytes = try? FileBytes.read(output) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .dropLast().map(String.init)
    }

    /// Ends it with SIGKILL, and waits until it is gone.
    func kill() {
        _ = signal(id, SIGKILL)
        _ = waitpid(id, nil, 0)
    }

    private func signal(_ id: pid_t, _ number: Int32) -> Int32 {
        #if canImport(Glibc)
        Glibc.kill(id, number)
        #elseif canImport(Musl)
        Musl.kill(id, number)
        #else
        Darwin.kill(id, number)
        #endif
    }

    /// Waits for its end, and kills it after a minute.
    ///
    /// - Returns: Whether it ended by itself.
    func waitForEnd() async throws -> Bool {
        let end = ContinuousClock.now.advanced(by: .seconds(60))
        while waitpid(id, nil, WNOHANG) == 0 {
            if ContinuousClock.now >= end || Task.isCancelled {
                kill()
                return false
            }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return true
    }

    /// Removes the file of what it said.
    func removeOutput() { try? FileManager.default.removeItem(atPath: output) }
}
