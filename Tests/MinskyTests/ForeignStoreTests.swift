#if SQLite && Postgres
import Foundation
import StowageTestServers
import Testing

/// Databases of other programs as sources, and databases where nothing may be written.
@Suite struct ForeignStoreTests {
    private static func make(_ collation: String, _ time: String, _ json: String, _ bool: String) -> String {
        """
        CREATE TABLE sessions (session text\(collation) NOT NULL PRIMARY KEY, "repoName" text\(collation) NOT NULL,
          "repoUrl" text\(collation) NOT NULL, "createdAt" \(time) NOT NULL, "taskId" text\(collation),
          branch text\(collation), "repoPath" text\(collation), "backendType" text\(collation), remote \(json),
          github \(json), "prBranch" text\(collation), "prApproved" \(bool), "prState" \(json), "pullRequest" \(json),
          theirs integer DEFAULT 4);
        INSERT INTO sessions (session, "repoName", "repoUrl", "createdAt")
          VALUES ('a', 'r', '', '2024-01-02T03:04:05.000000Z'), ('b', 's', '', '2024-01-02T03:04:05.000000Z');
        """
    }

    /// Moves, verifies and backs up a store; it stays as it is.
    private func expectSource(_ source: String, _ program: Program, untouched: () async throws -> String) async throws {
        let before = try await untouched()
        let target = "json:\(program.home)/target.json"
        for arguments in [
            ["session", "migrate", "--from", source, "--to", target, "--dry-run"],
            ["session", "migrate", "--from", source, "--to", target],
            ["session", "verify", "--from", source, "--to", target], ["storage", "schema", "status"],
            ["storage", "backup", program.home + "/backup"],
        ] {
            let outcome = try program.start(arguments).finish()
            #expect(outcome.status == 0, "\(arguments): \(outcome)")
        }
        let status = try program.run("storage", "schema", "status")
        #expect(status.output.contains("keeps: ") && status.output.contains("column theirs"), "\(status)")
        #expect(try await untouched() == before)
    }

    @Test func aSQLiteStoreOfAnotherProgramIsASource() async throws {
        var program = try Program()
        defer { program.remove() }
        let path = program.home + "/theirs.db"
        try shell(["sqlite3", path, Self.make("", "text", "text", "integer")])
        program.settings["MINSKY_DATABASE_URL"] = "sqlite:" + path
        try await expectSource("sqlite:" + path, program) {
            let names = try FileManager.default.contentsOfDirectory(atPath: program.home).filter {
                $0.hasPrefix("theirs")
            }
            return try names.joined() + Data(contentsOf: URL(fileURLWithPath: path)).base64EncodedString()
        }
        #expect(
            try program.run("session", "verify", "--from", "sqlite:/none.db", "--to", "sqlite:" + path).status == 66
        )
    }

    /// A file with a rollback journal is adopted and put into WAL mode by one of many processes that start at once.
    @Test func processesThatStartAtOnceTakeAStoreIntoUse() throws {
        for round in 0..<3 {
            var program = try Program()
            defer { program.remove() }
            let path = program.home + "/theirs.db"
            try shell(["sqlite3", path, Self.make("", "text", "text", "integer")])
            program.settings["MINSKY_DATABASE_URL"] = "sqlite:" + path
            program.settings["MINSKY_SESSION_TIMEOUT"] = "10m"
            let running = try (0..<8).map {
                try program.start(["session", "create", "new-\($0)", "--repo-name", "r"])
            }
            for process in running {
                let outcome = process.finish()
                #expect(outcome.status == 0, "round \(round): \(outcome)")
            }
            let list = try program.run("session", "list", "--json").output
            #expect((0..<8).allSatisfy { list.contains("\"new-\($0)\"") } && list.contains("\"a\""), "round \(round)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: path))[18] == 2)
        }
    }

    @Test func aPostgresStoreOfAnotherProgramIsASource() async throws {
        var program = try Program()
        defer { program.remove() }
        let server = try await TestPostgres.shared()
        let url = try await server.freshDatabase()
        let name = String(url.split(separator: "/").last ?? "")
        try await server.psql(Self.make(" COLLATE \"C\"", "timestamptz", "json", "boolean"), database: name)
        program.settings["MINSKY_DATABASE_URL"] = url
        try await expectSource(url, program) {
            try await server.psql("SELECT relname FROM pg_class WHERE relname LIKE '%stowage%'", database: name)
        }
        try await server.psql("DROP TABLE sessions", database: name)
        let absent = try program.run("storage", "backup", program.home + "/absent")
        #expect(absent.status == 66, "\(absent)")
        try await server.drop(url)
    }

    /// A store in WAL mode is read where SQLite can make nothing beside it.
    @Test func aStoreInAFolderThatCannotBeWrittenIsRead() throws {
        var program = try Program()
        defer { program.remove() }
        let folder = program.home + "/locked"
        let path = folder + "/s.db"
        program.settings["MINSKY_DATABASE_URL"] = "sqlite:" + path
        #expect(try program.run("session", "create", "a", "--repo-name", "r").status == 0)
        // The log of a living program, or of one that has died.
        let log = path + "-wal"
        for hasLog in [false, true] {
            if hasLog { #expect(FileManager.default.createFile(atPath: log, contents: Data([1]))) }
            try shell(["chmod", "555", folder])
            defer { try? shell(["chmod", "755", folder]) }
            let list = try program.confined(["session", "list", "--json"])
            if hasLog {
                #expect(list.status == 77 && list.errors.contains("write-ahead log"), "\(list)")
            } else {
                #expect(list.status == 0 && list.output.contains("\"a\""), "\(list)")
                let moved = try program.confined(
                    ["session", "migrate", "--from", "sqlite:" + path, "--to", "json:\(program.home)/t.json"]
                )
                #expect(moved.status == 0, "\(moved)")
            }
            let write = try program.confined(["session", "create", "b", "--repo-name", "r"])
            #expect(write.status == 77, "\(write)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == (hasLog ? 2 : 1))
        }
    }

    /// Moves into a table with columns of its own that fill themselves, through every command.
    private func expectTarget(_ target: String, _ program: Program, run: (String) async throws -> Void) async throws {
        var store = program
        store.settings["MINSKY_DATABASE_URL"] = target
        #expect(try store.run("storage", "schema", "apply").status == 0)
        try await run("ALTER TABLE sessions ADD COLUMN theirs integer DEFAULT 4")
        let text = """
            {"sessions":[{"session":"a","repoName":"r","repoUrl":"","createdAt":"2024-01-02T03:04:05Z","note":"n"},
            {"session":"b","repoName":"r","repoUrl":"","createdAt":"2024-01-02T03:04:05Z"}],"baseDir":"/b"}
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: program.home + "/source.json"))
        let places = ["--from", "json:\(program.home)/source.json", "--to", target]
        func expect(_ status: Int32, _ says: String, _ arguments: String...) throws {
            let outcome = try program.start(["session"] + arguments[..<1] + places + arguments[1...]).finish()
            let isSaid = (outcome.output + outcome.errors).contains(says)
            #expect(outcome.status == status && isSaid, "\(arguments): \(outcome)")
        }
        try expect(0, "cannot go     nothing", "migrate", "--dry-run")
        try expect(0, "2 verified, 0 skipped, 0 replaced\nstate: copied", "migrate")
        try expect(0, "0 differences\nstate: the same", "verify")
        try expect(0, "2 verified", "migrate", "--resume")
        for rule in ["skip", "replace"] {
            try expect(0, "cannot go     nothing", "migrate", "--dry-run", "--merge", rule)
            try expect(0, "2 verified", "migrate", "--merge", rule)
            try expect(0, "2 verified", "migrate", "--merge", rule, "--resume")
            try expect(0, "0 removed, 0 restored, 0 changed since", "migrate", "--rollback")
        }
        try await run("DELETE FROM sessions WHERE session = 'a'")
        try await run("UPDATE _stowage_state SET value = '\"/mine\"' WHERE name = 'baseDir'")
        try expect(1, "state: different", "verify")
        try expect(0, "the target kept its own", "migrate", "--merge", "replace")
        try expect(0, "state: different: the target kept its own", "migrate", "--merge", "replace", "--resume")
        try expect(0, "1 removed", "migrate", "--rollback")
        try await run("DELETE FROM sessions")
        try expect(0, "2 verified", "migrate")
        try expect(0, "2 removed, 0 restored, 0 changed since", "migrate", "--rollback")
        try expect(66, "no move", "migrate", "--rollback")
        // A key that would take rows of another table along.
        try await run("CREATE TABLE notes (session text REFERENCES sessions (session) ON DELETE CASCADE)")
        try expect(0, "could not be rolled back", "migrate", "--dry-run")
        try expect(0, "2 verified", "migrate")
        try expect(65, "table notes", "migrate", "--rollback")
        let absent = try store.run("storage", "backup", program.home + "/absent/b")
        #expect(absent.status == 64 && absent.errors.contains("/absent\""), "\(absent)")
        #expect(try store.run("storage", "backup", program.home + "/b").output.contains("2 records of"))
        let restored = try store.run("storage", "restore", program.home + "/b", "--replace")
        #expect(restored.status == 65 && restored.errors.contains("table notes"), "\(restored)")
        try await run("DROP TABLE notes")
        let again = try store.run("storage", "restore", program.home + "/b", "--replace")
        #expect(again.status == 0 && again.output.contains("no field names went with them: theirs"), "\(again)")
    }

    @Test func aSQLiteTablesOwnColumnsAreNoDifference() async throws {
        let program = try Program()
        defer { program.remove() }
        let path = program.home + "/t.db"
        try await expectTarget("sqlite:" + path, program) {
            try shell(["sqlite3", "-bail", path, "PRAGMA foreign_keys=ON;" + $0])
        }
    }

    @Test func aPostgresTablesOwnColumnsAreNoDifference() async throws {
        let program = try Program()
        defer { program.remove() }
        let server = try await TestPostgres.shared()
        let url = try await server.freshDatabase()
        let name = String(url.split(separator: "/").last ?? "")
        try await expectTarget(url, program) { try await server.psql($0, database: name) }
        try await server.drop(url)
    }

    private func shell(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }
}
#endif
