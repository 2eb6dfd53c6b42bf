import Foundation

/// Runs the built program as a user would, with an environment of its own.
struct Program {
    let home: String
    var settings: [String: String]

    /// The one that `STOWAGE_TEST_MINSKY` names (`scripts/check-release`), else the one that was built with the tests.
    static let binary: String = {
        if let program = ProcessInfo.processInfo.environment["STOWAGE_TEST_MINSKY"] { return program }
        // The test bundle and the program are built into one folder.
        let bundle = CommandLine.arguments[0]
        var folder = URL(fileURLWithPath: bundle).deletingLastPathComponent()
        while folder.path != "/", !FileManager.default.isExecutableFile(atPath: folder.path + "/minsky") {
            folder.deleteLastPathComponent()
        }
        return folder.path + "/minsky"
    }()

    init(_ settings: [String: String] = [:]) throws {
        home = NSTemporaryDirectory() + "minsky-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        self.settings = settings
    }

    struct Outcome: Sendable {
        let status: Int32
        let output: String
        let errors: String
    }

    func start(_ arguments: [String], input: String? = nil) throws -> Running {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.binary)
        process.arguments = arguments
        var environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "HOME": home, "LANG": "C.UTF-8"]
        environment.merge(settings) { $1 }
        process.environment = environment
        // Files, not pipes: a program that fills a pipe nobody reads would wait for ever.
        let name = home + "/" + UUID().uuidString
        for suffix in [".out", ".err", ".in"] {
            _ = FileManager.default.createFile(
                atPath: name + suffix,
                contents: suffix == ".in" ? Data((input ?? "").utf8) : nil
            )
        }
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: name + ".out"))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: name + ".err"))
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: name + ".in"))
        try process.run()
        return Running(process: process, name: name)
    }

    struct Running {
        let process: Process
        let name: String

        func finish() -> Outcome {
            process.waitUntilExit()
            func text(_ suffix: String) -> String {
                String(decoding: (try? Data(contentsOf: URL(fileURLWithPath: name + suffix))) ?? Data(), as: UTF8.self)
            }
            return Outcome(status: process.terminationStatus, output: text(".out"), errors: text(".err"))
        }
    }

    @discardableResult
    func run(_ arguments: String..., input: String? = nil) throws -> Outcome {
        try start(arguments, input: input).finish()
    }

    /// Runs the program without root's right to pass over permissions.
    func confined(_ arguments: [String]) throws -> Outcome {
        guard getuid() == 0 else { return try start(arguments).finish() }
        let process = Process()
        let output = home + "/" + UUID().uuidString
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["setpriv", "--bounding-set=-dac_override,-dac_read_search", Self.binary] + arguments
        var environment = ProcessInfo.processInfo.environment
        environment["HOME"] = home
        process.environment = environment.merging(settings) { $1 }
        for suffix in [".out", ".err"] { _ = FileManager.default.createFile(atPath: output + suffix, contents: nil) }
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output + ".out"))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: output + ".err"))
        try process.run()
        return Running(process: process, name: output).finish()
    }

    func remove() { try? FileManager.default.removeItem(atPath: home) }
}
