#if SQLite && Postgres
import Foundation
import StowageTestServers
import Testing

/// What would end a move is seen before it begins: `--dry-run` ends with the status of the move itself, and the move
/// leaves nothing half done.
@Suite struct DryRunTests {
    let program: Program
    init() throws { program = try Program() }

    private func makeSource(in folder: String = "") throws -> String {
        let path = program.home + folder + "/source.json"
        let text =
            #"{"sessions":[{"session":"s","repoName":"r","repoUrl":"","createdAt":"2026-01-01T00:00:00Z"}]}"#
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return "json:" + path
    }

    private func makeFolder() throws -> String {
        let folder = program.home + "/closed"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    private func close(_ folder: String, _ mode: Int = 0o555) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder)
    }

    /// Both end alike, in words that are expected.
    private func expectAlike(
        _ status: Int32,
        _ words: String,
        _ arguments: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for more in [["--dry-run"], []] {
            let outcome = try program.confined(["session", "migrate"] + arguments + more)
            #expect(
                outcome.status == status && outcome.errors.contains(words),
                "\(more): \(outcome)",
                sourceLocation: sourceLocation
            )
        }
    }

    @Test(arguments: ["sqlite", "json"])
    func aSourceThatCannotBeRenamedIsRefusedBeforeTheCopy(_ kind: String) throws {
        defer { program.remove() }
        let folder = try makeFolder()
        var source = try makeSource(in: "/closed")
        if kind == "sqlite" {
            let filled = "sqlite:\(folder)/s.db"
            #expect(try program.run("session", "migrate", "--from", source, "--to", filled).status == 0)
            source = filled
        }
        let target = program.home + "/t.db"
        try close(folder)
        defer { try? close(folder, 0o755) }
        try expectAlike(77, "the folder of", ["--from", source, "--to", "sqlite:" + target, "--retire"])
        #expect(!FileManager.default.fileExists(atPath: target))
        try close(folder, 0o755)
        let path = String(source.split(separator: ":")[1]) + ".migrated"
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        try expectAlike(73, "retired store", ["--from", source, "--to", "sqlite:" + target, "--retire"])
        #expect(!FileManager.default.fileExists(atPath: target))
    }

    @Test(arguments: ["sqlite", "json"])
    func aTargetInAClosedFolderIsRefusedAlike(_ kind: String) throws {
        defer { program.remove() }
        let source = try makeSource()
        let folder = try makeFolder()
        try close(folder)
        defer { try? close(folder, 0o755) }
        for name in ["t", "new/deep/t"] {
            try expectAlike(77, folder, ["--from", source, "--to", "\(kind):\(folder)/\(name)"])
        }
    }

    @Test func aRoleThatMayNotMakeTablesIsRefusedAlike() async throws {
        defer { program.remove() }
        let source = try makeSource()
        let server = try await TestPostgres.shared()
        let url = try await server.freshDatabase()
        let name = String(url.split(separator: "/").last ?? "")
        let role = "plain_\(name)"
        try await server.psql("CREATE ROLE \(role) LOGIN")
        try await server.psql("REVOKE CREATE ON SCHEMA public FROM PUBLIC", database: name)
        let target = server.url(database: name, user: role)
        try expectAlike(77, "may not make tables in the schema public", ["--from", source, "--to", target])
        // The tables are there and may not be filled.
        #expect(try program.run("session", "migrate", "--from", source, "--to", url).status == 0)
        #expect(try program.run("session", "migrate", "--from", source, "--to", url, "--rollback").status == 0)
        try await server.psql("GRANT CREATE ON SCHEMA public TO \(role)", database: name)
        try await server.psql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO \(role)", database: name)
        try expectAlike(77, "may not write to the table \"public\".\"sessions\"", ["--from", source, "--to", target])
        // A merge needs no right to make tables once all are there.
        let whole = "sqlite:\(program.home)/whole.db"
        #expect(try program.run("session", "migrate", "--from", source, "--to", whole).status == 0)
        #expect(try program.run("session", "migrate", "--from", source, "--to", url).status == 0)
        let merge = ["session", "migrate", "--from", whole, "--to"]
        #expect(try program.start(merge + [url, "--merge", "replace"]).finish().status == 0)
        try await server.psql("REVOKE CREATE ON SCHEMA public FROM \(role)", database: name)
        try await server.psql("GRANT ALL ON ALL TABLES IN SCHEMA public TO \(role)", database: name)
        for more in [["--dry-run"], []] {
            let outcome = try program.start(merge + [target, "--merge", "replace"] + more).finish()
            #expect(outcome.status == 0, "\(more): \(outcome)")
        }
        try await server.drop(url)
        try await server.psql("DROP ROLE \(role)")
    }

    /// An index's name that another table has: the first migration does not run either.
    @Test func aTakenNameIsRefusedAlike() async throws {
        defer { program.remove() }
        let source = try makeSource()
        let server = try await TestPostgres.shared()
        let url = try await server.freshDatabase()
        let name = String(url.split(separator: "/").last ?? "")
        try await server.psql("CREATE TABLE o (a int); CREATE INDEX sessions_branch_idx ON o (a)", database: name)
        try expectAlike(65, "sessions_branch_idx", ["--from", source, "--to", url])
        #expect(
            try await server.psql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", database: name) == "1"
        )
        try await server.drop(url)
    }

    /// What is no place for a store is refused with what to do.
    @Test func whatIsNoPlaceIsRefused() throws {
        defer { program.remove() }
        let source = try makeSource()
        let folder = try makeFolder()
        let pipe = program.home + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        let refused: [(arguments: [String], status: Int32, words: String)] = [
            (["--from", source, "--to", "memory"], 64, "on a disk or a server"),
            (["--from", source, "--to", "memory:"], 64, "on a disk or a server"),
            (["--from", source, "--to", "sqlite::memory:"], 78, "choose the backend memory"),
            (["--from", source, "--to", "json::memory:"], 78, "choose the backend memory"),
            (["--from", source, "--to", "json:/dev/null"], 65, "Name an ordinary file"),
            (["--from", source, "--to", "sqlite:/dev/null"], 65, "Name an ordinary file"),
            (["--from", source, "--to", "sqlite:" + pipe], 65, "Name an ordinary file"),
            (["--from", source, "--to", "json:" + pipe], 65, "Name an ordinary file"),
            (["--from", "json:" + pipe, "--to", "sqlite:\(program.home)/t"], 65, "Name an ordinary file"),
            (["--from", "sqlite:/dev/null", "--to", "json:\(program.home)/t"], 65, "Name an ordinary file"),
            (["--from", "json:/dev/null", "--to", "sqlite:\(program.home)/t"], 65, "Name an ordinary file"),
            (["--from", source, "--to", "sqlite:" + folder], 65, "Name a file in it"),
            (["--from", source, "--to", "json:" + folder], 65, "Name a file in it"),
            (["--from", "json:" + folder, "--to", "sqlite:\(program.home)/t"], 65, "Name a file in it"),
            (["--from", "sqlite:" + folder, "--to", "json:\(program.home)/t"], 65, "Name a file in it"),
        ]
        for (arguments, status, words) in refused {
            for more in [["--dry-run"], []] {
                let outcome = try program.start(["session", "migrate"] + arguments + more).finish()
                #expect(outcome.status == status && outcome.errors.contains(words), "\(arguments) \(more): \(outcome)")
            }
        }
        #expect(!FileManager.default.fileExists(atPath: program.home + "/t"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        var other = program
        other.settings = ["MINSKY_SESSION_BACKEND": "sqlite", "MINSKY_SQLITE_PATH": ":memory:"]
        #expect(try other.run("session", "list").status == 78)
    }

    @Test func whatIsNoJSONIsToldAsSuch() throws {
        defer { program.remove() }
        let path = program.home + "/garbage.json"
        for (text, isJSON) in [("not json at all {{{", false), ("\u{1}\u{2}", false), ("\"text\"", true), ("7", true)] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            let outcome = try program.run("session", "migrate", "--from", "json:" + path, "--to", "sqlite:\(path).db")
            #expect(outcome.status == 65 && outcome.errors.contains("is JSON, but") == isJSON, "\(outcome)")
        }
    }

    /// A database of another program is there: it is not absent.
    @Test func aDatabaseOfOtherTablesIsNotCalledAbsent() async throws {
        defer { program.remove() }
        let source = try makeSource()
        let server = try await TestPostgres.shared()
        let url = try await server.freshDatabase()
        try await server.psql("CREATE TABLE o (a int)", database: String(url.split(separator: "/").last ?? ""))
        let path = program.home + "/other.db"
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        shell.arguments = ["sqlite3", path, "CREATE TABLE o (a)"]
        try shell.run()
        shell.waitUntilExit()
        for target in [url, "sqlite:" + path] {
            let plan = try program.run("session", "migrate", "--from", source, "--to", target, "--dry-run")
            #expect(plan.status == 0 && !plan.output.contains("absent"), "\(plan)")
            #expect(plan.output.contains("will be made in the database"), "\(plan)")
            let read = try program.run("session", "migrate", "--from", target, "--to", "json:\(program.home)/t.json")
            #expect(read.status == 66 && read.errors.contains("sessions"), "\(read)")
        }
        try await server.drop(url)
    }
}
#endif
