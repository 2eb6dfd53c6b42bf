#if SQLite && Postgres
import Foundation
import Stowage
import StowageTestServers
import Testing

/// `storage schema …` through the program, and processes that start at once.
@Suite struct SchemaCommandTests {
    /// Runs a body with a program for each backend, on a place that is absent at first.
    private func onEach(
        _ backends: [String] = ["json", "sqlite", "postgres"],
        _ body: (String, Program) async throws -> Void
    ) async throws {
        for backend in backends {
            var program = try Program()
            defer { program.remove() }
            program.settings["MINSKY_SESSION_BACKEND"] = backend
            program.settings["MINSKY_JSON_PATH"] = program.home + "/s.json"
            program.settings["MINSKY_SQLITE_PATH"] = program.home + "/s.db"
            guard backend == "postgres" else {
                try await body(backend, program)
                continue
            }
            let server = try await TestPostgres.shared()
            let url = try await server.freshDatabase()
            program.settings["MINSKY_POSTGRES_URL"] = url
            try await body(backend, program)
            try await server.drop(url)
        }
    }

    @Test func statusPlanAndApply() async throws {
        try await onEach { backend, program in
            for command in ["status", "plan"] {
                #expect(try program.run("storage", "schema", command).status == 66, "\(backend) \(command)")
            }
            #expect(try program.run("storage", "schema", "validate").status == 0)
            let applied = try program.run("storage", "schema", "apply")
            #expect(applied.status == 0 && applied.output.contains("applied 3 index_branch"), "\(applied.errors)")
            let status = try program.run("storage", "schema", "status")
            #expect(status.status == 0 && status.output.contains("up to date"), "\(backend) \(status)")
            #expect(try program.run("storage", "schema", "plan").status == 0)
            #expect(try program.run("storage", "schema", "apply").output.contains("nothing was pending"))
            #expect(try program.run("session", "create", "s", "--repo-name", "r").status == 0)
            #expect(try program.run("storage", "schema").status == 0)
        }
        try await onEach(["memory"]) { _, program in
            let status = try program.run("storage", "schema", "status")
            #expect(status.status == 64)
        }
    }

    @Test func pendingMigrationsAreAppliedByReadingCommandsOrRefused() async throws {
        try await onEach(["sqlite"]) { _, program in
            let path = program.home + "/s.db"
            try sqlite(path, Self.schema("sqlite", "0001_create_sessions"))
            try sqlite(
                path,
                "INSERT INTO sessions VALUES ('a','r','u','2024-01-01T00:00:00.000000Z',NULL,'b',NULL,NULL)"
            )
            var careful = program
            careful.settings["MINSKY_SESSION_MIGRATIONS"] = "refuse"
            for arguments in [["session", "list"], ["session", "create", "x", "--repo-name", "r"]] {
                let refused = try careful.start(arguments).finish()
                #expect(refused.status == 65 && refused.errors.contains("2 (add_pull_requests)"), "\(refused)")
                #expect(refused.errors.contains("storage schema apply"))
            }
            let health = try program.run("storage", "health")
            #expect(health.status == 65 && health.errors.contains("3 (index_branch)"), "\(health)")
            let plan = try program.run("storage", "schema", "plan")
            #expect(
                plan.status == 65
                    && plan.output == Self.schema("sqlite", "0002_add_pull_requests") + "\n"
                        + Self.schema("sqlite", "0003_index_branch") + "\n"
            )
            #expect(try program.run("storage", "schema", "status").status == 65)
            #expect(try sqlite(path, "SELECT count(*) FROM sqlite_master WHERE name LIKE '_stowage%'") == "0\n")
            let list = try program.run("session", "list")
            #expect(list.status == 0 && list.output.contains("a "), "\(list)")
            #expect(try sqlite(path, "SELECT group_concat(number || adopted) FROM _stowage_migrations") == "11,20,30\n")
            var wrong = program
            wrong.settings["MINSKY_SESSION_MIGRATIONS"] = "maybe"
            let misspelled = try wrong.run("session", "list")
            #expect(misspelled.status == 78 && misspelled.errors.contains("MINSKY_SESSION_MIGRATIONS"))
            #expect(try program.run("storage", "info").output.contains("session.migrations"))
        }
    }

    /// A store of the program before it had migrations: all columns, all indexes, no history.
    @Test func aStoreOfTheProgramBeforeMigrationsIsAdopted() async throws {
        try await onEach(["sqlite"]) { _, program in
            let path = program.home + "/s.db"
            for name in ["0001_create_sessions", "0002_add_pull_requests", "0003_index_branch"] {
                try sqlite(path, Self.schema("sqlite", name))
            }
            let status = try program.run("storage", "schema", "status")
            #expect(status.status == 0 && status.output.contains("migration 3"), "\(status)")
            #expect(try program.run("session", "list").status == 0)
            #expect(try program.run("session", "create", "s", "--repo-name", "r").status == 0)
            #expect(try sqlite(path, "SELECT group_concat(number || adopted) FROM _stowage_migrations") == "11,21,31\n")
        }
    }

    @Test func driftEndsWith65AndNamesTheDifference() async throws {
        try await onEach(["sqlite"]) { _, program in
            #expect(try program.run("storage", "schema", "apply").status == 0)
            try sqlite(program.home + "/s.db", "DROP INDEX sessions_branch_idx; ALTER TABLE sessions ADD COLUMN x")
            let status = try program.run("storage", "schema", "status")
            #expect(status.status == 65 && status.output.contains("sessions_branch_idx"), "\(status)")
            #expect(status.output.contains("keeps: sessions: the column x"), "\(status)")
            let valid = try program.run("storage", "schema", "validate")
            #expect(valid.status == 65 && valid.output.contains("sessions_branch_idx"), "\(valid)")
            #expect(!valid.output.contains("keeps:"), "\(valid)")
        }
    }

    /// The tables of our own count too, and what may refuse or change records is said.
    @Test func driftOfOurOwnTablesAndForeignRulesAreTold() async throws {
        try await onEach(["sqlite"]) { _, program in
            let path = program.home + "/s.db"
            #expect(try program.run("storage", "schema", "apply").status == 0)
            try sqlite(path, "CREATE TRIGGER guard BEFORE INSERT ON sessions BEGIN SELECT 1; END")
            for command in ["status", "validate"] {
                #expect(try program.run("storage", "schema", command).status == 0, "\(command)")
            }
            let noted = try program.run("storage", "schema", "status")
            #expect(noted.output.contains("note: sessions: the trigger \"guard\""), "\(noted)")
            try sqlite(path, "DROP TABLE _stowage_state")
            for command in ["status", "validate"] {
                let lost = try program.run("storage", "schema", command)
                #expect(lost.status == 65 && lost.output.contains("_stowage_state"), "\(command): \(lost)")
            }
        }
    }

    /// Eight processes at once on a new store: each migration is applied once, twenty times over (SCH-1).
    @Test(arguments: ["sqlite", "postgres", "json"])
    func eightProcessesApplyEachMigrationOnce(_ backend: String) async throws {
        for round in 0..<20 {
            try await onEach([backend]) { _, program in
                let processes = try (0..<8).map { _ in try program.start(["storage", "schema", "apply", "--json"]) }
                var applied: [String] = []
                for process in processes {
                    let outcome = process.finish()
                    #expect(outcome.status == 0, "round \(round): \(outcome.errors)")
                    let list = try JSON(parsing: outcome.output).object?["applied"]?.array ?? []
                    applied += list.compactMap { $0.object?["number"]?.number?.text }
                }
                #expect(applied.sorted() == ["1", "2", "3"], "round \(round)")
                #expect(try program.run("storage", "schema", "status").status == 0)
            }
        }
    }

    private static func schema(_ engine: String, _ name: String) -> String {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return (try? String(contentsOf: root.appendingPathComponent("Schemas/\(engine)/\(name).sql"), encoding: .utf8))
            ?? ""
    }

    /// Another program: the shell of SQLite.
    @discardableResult
    private func sqlite(_ path: String, _ sql: String) throws -> String {
        let shell = Process()
        let output = Pipe()
        shell.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // A text that begins with a comment would be taken for an option.
        shell.arguments = ["sqlite3", "-bail", path, "\n" + sql]
        shell.standardOutput = output
        try shell.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        shell.waitUntilExit()
        try #require(shell.terminationStatus == 0)
        return String(decoding: text, as: UTF8.self)
    }
}
#endif
