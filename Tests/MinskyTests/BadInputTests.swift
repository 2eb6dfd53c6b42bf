import Foundation
import Testing

/// What the program answers to input that is wrong, by its exit code; nothing is ever changed.
@Suite struct BadInputTests {
    let program: Program
    init() throws { program = try Program(["MINSKY_SESSION_BACKEND": "json"]) }

    private func store(_ text: String) throws -> String {
        let path = program.home + "/store.json"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    static let record = #"{"session":"a","repoName":"r","repoUrl":"u","createdAt":"2026-01-01T00:00:00Z"}"#

    @Test(arguments: [
        ("torn", #"{"sessions":[{"session":"a""#), ("empty", ""), ("foreign", #"{"name":"x","private":true}"#),
        ("newer", #"{"sessions":[],"_stowage":{"format":99}}"#), ("a byte order mark", "\u{feff}{}"),
        (
            "a bad number",
            #"{"sessions":[{"session":"a","repoName":7,"repoUrl":"u","createdAt":"2026-01-01T00:00:00Z"}]}"#
        ),
        ("a missing field", #"{"sessions":[{"session":"a"}]}"#),
        (
            "U+0000",
            #"{"sessions":[{"session":"a\u0000","repoName":"r","repoUrl":"u","createdAt":"2026-01-01T00:00:00Z"}]}"#
        ),
        ("twice", "[\(record),\(record)]"), ("a time without zone", record.replacing("Z\"", with: "\"")),
    ])
    func unreadableStores(_ what: String, _ text: String) throws {
        defer { program.remove() }
        let path = try store(text)
        var program = program
        program.settings["MINSKY_JSON_PATH"] = path
        for arguments in [
            ["session", "list"], ["session", "create", "b", "--repo-name", "r"], ["session", "export"],
        ] {
            let outcome = try program.start(arguments).finish()
            #expect(outcome.status == 65, "\(what): \(outcome.errors)")
            #expect(outcome.errors.contains("store.json") && outcome.output.isEmpty)
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(text.utf8))
    }

    @Test func invalidUTF8AndADirectory() throws {
        defer { program.remove() }
        var program = program
        program.settings["MINSKY_JSON_PATH"] = program.home + "/store.json"
        let bytes = Data(#"{"sessions":[],"x":""#.utf8) + Data([0xff, 0xfe]) + Data(#""}"#.utf8)
        try bytes.write(to: URL(fileURLWithPath: program.home + "/store.json"))
        #expect(try program.run("session", "list").status == 65)
        program.settings["MINSKY_JSON_PATH"] = program.home
        #expect(try program.run("session", "list").status == 65)
        program.settings["MINSKY_SESSION_BACKEND"] = "sqlite"
        program.settings["MINSKY_SQLITE_PATH"] = program.home
        #expect(try program.run("session", "list").status == 65)
    }

    @Test(arguments: ["json", "sqlite"])
    func readOnlyFiles(_ backend: String) throws {
        defer { program.remove() }
        var program = program
        program.settings["MINSKY_SESSION_BACKEND"] = backend
        program.settings["MINSKY_JSON_PATH"] = program.home + "/store"
        program.settings["MINSKY_SQLITE_PATH"] = program.home + "/store"
        #expect(try program.run("session", "create", "a", "--repo-name", "r").status == 0)
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: program.home + "/store")
        let outcome = try program.run("session", "create", "b", "--repo-name", "r")
        #expect(outcome.status == 77, "\(outcome.errors)")
    }

    @Test(arguments: ["json", "sqlite"])
    func aLockHeldPastTheDeadline(_ backend: String) throws {
        defer { program.remove() }
        var program = program
        program.settings["MINSKY_SESSION_BACKEND"] = backend
        program.settings["MINSKY_JSON_PATH"] = program.home + "/store"
        program.settings["MINSKY_SQLITE_PATH"] = program.home + "/store"
        program.settings["MINSKY_SESSION_TIMEOUT"] = "300ms"
        #expect(try program.run("session", "create", "a", "--repo-name", "r").status == 0)
        let holder = Process()
        holder.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let ready = program.home + "/ready"
        let script =
            backend == "json"
            ? "import fcntl,sys,time\nf=open('\(program.home)/store.lock','r+')\nfcntl.flock(f,fcntl.LOCK_EX)\n"
            : "import sqlite3,sys,time\nc=sqlite3.connect('\(program.home)/store',isolation_level=None)\nc.execute('begin immediate')\n"
        holder.arguments = ["python3", "-c", script + "open('\(ready)','w').close()\ntime.sleep(60)"]
        try holder.run()
        defer { holder.terminate() }
        while !FileManager.default.fileExists(atPath: ready), holder.isRunning { usleep(10_000) }
        let outcome = try program.run("session", "create", "b", "--repo-name", "r")
        #expect(outcome.status == 75, "\(outcome.errors)")
        #expect(outcome.errors.contains("lock") && outcome.errors.contains("MINSKY_SESSION_TIMEOUT"))
        #expect(try program.run("session", "get", "b").status == 1)
    }

    @Test func usageIsSixtyFour() throws {
        defer { program.remove() }
        #expect(try program.run("session", "list", "--limit", "-1").status == 64)
        #expect(try program.run("session", "list", "--sort", "nosuchfield").status == 64)
        #expect(try program.run("session", "nosuchcommand").status == 64)
        #expect(try program.run("session", "create", "", "--repo-name", "r").status == 64)
        #expect(
            try program.run("session", "create", "a\u{1}", "--repo-name", String(repeating: "x", count: 1025)).status
                == 65
        )
    }
}
