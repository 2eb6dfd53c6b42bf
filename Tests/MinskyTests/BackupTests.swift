#if SQLite && Postgres
import Foundation
import StowageTestServers
import Testing

/// Backups through the program: exit codes, what it leaves behind, and what it survives.
@Suite struct BackupTests {
    let program: Program
    init() throws { program = try Program() }

    private func document(_ count: Int, _ prefix: String) -> String {
        let sessions = (0..<count).map {
            #"{"session":"\#(prefix)-\#($0)","repoName":"r","repoUrl":"u","createdAt":"2026-01-01T00:00:00Z","x":\#($0)}"#
        }
        return #"{"sessions":[\#(sessions.joined(separator: ","))],"baseDir":"/\#(prefix)"}"#
    }

    private func using(_ location: String) -> Program {
        var copy = program
        copy.settings["MINSKY_DATABASE_URL"] = location
        return copy
    }

    /// How long something took: what is killed at a random moment within that is mostly killed at work.
    private func microseconds(since began: ContinuousClock.Instant) -> UInt32 {
        let (seconds, attoseconds) = began.duration(to: .now).components
        return UInt32(clamping: seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
    }

    private var files: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: program.home)) ?? []).filter { $0.hasPrefix("b.") }
            .sorted()
    }

    @Test func theExitCodesSayWhatHappened() throws {
        defer { program.remove() }
        let backup = program.home + "/b.backup"
        let json = using("json:\(program.home)/s.json")
        #expect(try json.run("storage", "backup", backup).status == 66)
        #expect(files.isEmpty && !FileManager.default.fileExists(atPath: program.home + "/s.json"))
        #expect(try json.run("session", "import", "-", input: document(30, "old")).status == 0)
        let written = try json.run("storage", "backup", backup, "--json")
        #expect(written.status == 0, "\(written.errors)")
        let report = try JSONSerialization.jsonObject(with: Data(written.output.utf8)) as? [String: Any]
        #expect(report?["records"] as? Int == 30 && report?["verified"] as? Int == 30)
        #expect(try json.run("storage", "backup", backup).status == 73)
        #expect(try json.run("storage", "backup", "-").status == 64)
        let refused = try json.run("storage", "restore", backup)
        #expect(refused.status == 73 && refused.errors.contains("--replace"))
        // A damaged file makes no store.
        let sqlite = using("sqlite:\(program.home)/s.db")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: backup))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: program.home + "/b.damaged"))
        for arguments in [["--replace"], []] {
            let damaged = try sqlite.start(["storage", "restore", program.home + "/b.damaged"] + arguments).finish()
            #expect(damaged.status == 65 && damaged.errors.contains("line") && damaged.errors.contains("byte"))
        }
        #expect(!FileManager.default.fileExists(atPath: program.home + "/s.db"))
        #expect(try sqlite.run("storage", "restore", program.home + "/b.absent").status == 66)
        let restored = try sqlite.run("storage", "restore", backup, "--json")
        #expect(restored.status == 0, "\(restored.errors)")
        #expect(try sqlite.run("session", "export").output == json.run("session", "export").output)
    }

    /// A restore that is killed at any moment leaves the old store or the new one (DUR-2).
    @Test(arguments: ["json", "sqlite", "postgres"])
    func aKilledRestoreLeavesTheOldOrTheNew(_ backend: String) async throws {
        defer { program.remove() }
        var server: (TestPostgres, String)?
        if backend == "postgres" {
            let shared = try await TestPostgres.shared()
            server = (shared, try await shared.freshDatabase())
        }
        let store = using(server?.1 ?? "\(backend):\(program.home)/store")
        let source = using("json:\(program.home)/source.json")
        #expect(try store.run("session", "import", "-", input: document(2000, "old")).status == 0)
        #expect(try source.run("session", "import", "-", input: document(2500, "new")).status == 0)
        let (old, new) = (program.home + "/b.old", program.home + "/b.new")
        #expect(try store.run("storage", "backup", old).status == 0)
        #expect(try source.run("storage", "backup", new).status == 0)
        let exports = [try store.run("session", "export").output, try source.run("session", "export").output]
        let began = ContinuousClock.now
        #expect(try store.run("storage", "restore", new, "--replace").status == 0)
        let longest = microseconds(since: began)
        #expect(try store.run("session", "export").output == exports[1])
        #expect(try store.run("storage", "restore", old, "--replace").status == 0)
        var holdsNew = false
        for _ in 0..<14 {
            let running = try store.start(["storage", "restore", holdsNew ? old : new, "--replace"])
            usleep(UInt32.random(in: 0...longest))
            kill(running.process.processIdentifier, SIGKILL)
            _ = running.finish()
            let left = try store.run("session", "export")
            #expect(left.status == 0, "\(left.errors)")
            #expect(exports.contains(left.output))
            holdsNew = left.output == exports[1]
        }
        if let server { try await server.0.drop(server.1) }
    }

    /// A backup that is killed or asked to end leaves a whole file or none.
    @Test(arguments: [SIGTERM, SIGINT, SIGKILL])
    func anInterruptedBackupLeavesAWholeFileOrNone(_ signal: Int32) throws {
        defer { program.remove() }
        let store = using("sqlite:\(program.home)/store")
        #expect(try store.run("session", "import", "-", input: document(3000, "old")).status == 0)
        let began = ContinuousClock.now
        #expect(try store.run("storage", "backup", program.home + "/b.0").status == 0)
        let longest = microseconds(since: began)
        var expected = ["b.0"]
        for round in 1...10 {
            let name = "b.\(round)"
            let running = try store.start(["storage", "backup", program.home + "/" + name])
            usleep(UInt32.random(in: 0...longest))
            kill(running.process.processIdentifier, signal)
            let outcome = running.finish()
            if signal != SIGKILL, running.process.terminationReason == .exit {
                #expect([0, 130].contains(outcome.status), "\(outcome.errors)")
            }
            if FileManager.default.fileExists(atPath: program.home + "/" + name) {
                expected.append(name)
                let target = using("json:\(program.home)/to-\(round).json")
                #expect(try target.run("storage", "restore", program.home + "/" + name).status == 0)
            }
            #expect(files == expected.sorted())
        }
    }

    /// A disk that is full leaves no file, and is said to be full (74).
    @Test(arguments: ["json", "sqlite"])
    func aFullDiskLeavesNoFile(_ backend: String) throws {
        defer { program.remove() }
        let store = using("\(backend):\(program.home)/store")
        #expect(try store.run("session", "import", "-", input: document(3000, "old")).status == 0)
        let before = try store.run("session", "export").output
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // 128 blocks of 512 bytes, or of 1,024, as the shell has it: less than the backup takes.
        process.arguments = [
            "-c", #"ulimit -f 128; exec "$0" "$@""#, Program.binary, "storage", "backup", program.home + "/b.full",
        ]
        process.environment = ["HOME": program.home, "LANG": "C.UTF-8"].merging(store.settings) { $1 }
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 74)
        #expect(files.isEmpty)
        #expect(try store.run("session", "export").output == before)
    }

    /// Stored secrets travel with a backup; credentials of the connection do not.
    @Test func noCredentialIsInABackup() async throws {
        defer { program.remove() }
        let server = try await TestPostgres.shared()
        let url = try await server.freshDatabase()
        let withPassword = url.replacing("postgres@", with: "postgres:s3cret-pw@")
        #expect(withPassword != url)
        let store = using(withPassword)
        #expect(
            try store.run("session", "create", "a", "--repo-name", "r", "--github", #"{"token":"tok-1"}"#).status == 0
        )
        let outcome = try store.run("storage", "backup", program.home + "/b.backup")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let text = try String(contentsOfFile: program.home + "/b.backup", encoding: .utf8)
        #expect(text.contains("tok-1") && !text.contains("s3cret-pw"))
        #expect(!(outcome.output + outcome.errors).contains("s3cret-pw"))
        #expect(!(outcome.output + outcome.errors).contains("tok-1"))
        try await server.drop(url)
    }
}
#endif
