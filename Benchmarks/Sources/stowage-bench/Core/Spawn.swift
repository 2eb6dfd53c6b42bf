import Foundation

/// Starts a program and waits for it, as a shell does: no Foundation in between, whose own cost would show.
enum Spawn {
    /// Runs a program to its end, its output thrown away; answers the wall time.
    static func time(_ path: String, _ arguments: [String], environment: [String: String]) throws -> Double {
        let start = ContinuousClock.now
        let status = try run(path, arguments, environment: environment, output: "/dev/null")
        let elapsed = (ContinuousClock.now - start).inSeconds
        try expect(status == 0, "\(path) ended with status \(status)")
        return elapsed
    }

    /// Runs a program to its end with its output in a file.
    static func run(
        _ path: String,
        _ arguments: [String],
        environment: [String: String],
        input: String = "/dev/null",
        output: String
    ) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        let words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        let settings: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for word in words + settings { free(word) } }
        var process = pid_t()
        let code = posix_spawn(&process, path, &actions, nil, words, settings)
        try expect(code == 0, "\(path) cannot be started: \(String(cString: strerror(code)))")
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 { try expect(errno == EINTR, "\(path) got lost") }
        return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    }

    /// Runs a program and answers what it prints.
    static func text(_ path: String, _ arguments: [String], input: String = "/dev/null") throws -> String {
        let output = NSTemporaryDirectory() + "/stowage-bench-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: output) }
        let environment = ProcessInfo.processInfo.environment
        let status = try run(path, arguments, environment: environment, input: input, output: output)
        let text = try String(contentsOfFile: output, encoding: .utf8)
        try expect(status == 0, "\(path) \(arguments.joined(separator: " ")) ended with status \(status)")
        return text
    }
}
