import Foundation

/// The program beside the test bundle that works as another process.
enum Fixture {
    static let path: String = {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        while folder.path != "/", !FileManager.default.isExecutableFile(atPath: folder.path + "/conformance-fixture") {
            folder.deleteLastPathComponent()
        }
        return folder.path + "/conformance-fixture"
    }()

    /// Runs one of its suites as a test run of its own.
    static func run(suite: String, _ arguments: [String] = []) async throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = ["--testing-library", "swift-testing"] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["KIT_SUITE": suite]) { $1 }
        let name = NSTemporaryDirectory() + "stowage-fixture-" + UUID().uuidString
        guard FileManager.default.createFile(atPath: name, contents: nil, attributes: [.posixPermissions: 0o600]),
            let file = FileHandle(forWritingAtPath: name)
        else { throw CocoaError(.fileWriteUnknown) }
        defer { try? FileManager.default.removeItem(atPath: name) }
        process.standardOutput = file
        process.standardError = file
        let status = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        return (status, try String(contentsOfFile: name, encoding: .utf8))
    }
}
