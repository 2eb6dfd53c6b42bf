import Foundation
import Testing

@Suite struct ConfigurationTests {
    let program: Program
    init() throws { program = try Program() }

    @Test(arguments: [
        #"{"sesion":{"backend":"sqlite"}}"#, #"{"session":{"Backend":"sqlite"}}"#, #"{"session.backend":"sqlite"}"#,
    ])
    func misspelledKeysAreRefused(_ text: String) throws {
        defer { program.remove() }
        var program = program
        try Data(text.utf8).write(to: URL(fileURLWithPath: program.home + "/c.json"))
        program.settings["MINSKY_CONFIG"] = program.home + "/c.json"
        let outcome = try program.run("session", "list")
        #expect(outcome.status == 78, "\(outcome.errors)")
        #expect(outcome.errors.contains("c.json"))
    }

    @Test(arguments: ["json", "sqlite"])
    func aStoreThatCannotBeWrittenIsRead(_ backend: String) throws {
        defer { program.remove() }
        var program = program
        program.settings["MINSKY_SESSION_BACKEND"] = backend
        program.settings["MINSKY_JSON_PATH"] = program.home + "/store"
        program.settings["MINSKY_SQLITE_PATH"] = program.home + "/store"
        #expect(try program.run("session", "create", "a", "--repo-name", "r").status == 0)
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: program.home + "/store")
        for arguments in [["session", "list", "--json"], ["session", "get", "a"], ["session", "export"]] {
            let outcome = try program.start(arguments).finish()
            #expect(outcome.status == 0 && outcome.output.contains("a"), "\(outcome.errors)")
        }
    }

    @Test func thousandsOfUnknownKeysAreMergedInTime() throws {
        defer { program.remove() }
        let keys = (0..<20_000).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
        let record = #"[{"session":"a","repoName":"r","repoUrl":"u","createdAt":"2026-01-01T00:00:00Z",\#(keys)}]"#
        for backend in ["json", "sqlite"] {
            var program = program
            program.settings["MINSKY_SESSION_BACKEND"] = backend
            #expect(try program.run("session", "import", "-", input: record).status == 0)
            let again = try program.run("session", "import", "-", "--on-conflict", "replace", input: record)
            #expect(again.status == 0, "\(again.errors)")
        }
    }
}
