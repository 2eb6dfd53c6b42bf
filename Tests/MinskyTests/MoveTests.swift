#if SQLite
import Foundation
import Testing

/// `session migrate` and `session verify`, through the program.
@Suite struct MoveTests {
    let program: Program
    init() throws { program = try Program() }

    private func makeSource(_ count: Int) throws -> String {
        let lines = (0..<count).map {
            #"{"session":"s-\#($0)","repoName":"r","repoUrl":"u","createdAt":"2026-01-01T00:00:00Z","y":\#($0)}"#
        }
        let text = #"{"sessions":["# + lines.joined(separator: ",\n") + #"],"baseDir":"/b"}"#
        try Data(text.utf8).write(to: URL(fileURLWithPath: program.home + "/source.json"))
        return "json:\(program.home)/source.json"
    }

    private func migrate(_ source: String, _ target: String, _ more: String...) throws -> Program.Outcome {
        try program.start(["session", "migrate", "--from", source, "--to", target] + more).finish()
    }

    @Test func oneJSONDocumentOnStandardOutput() throws {
        defer { program.remove() }
        let (source, target) = (try makeSource(7), "sqlite:\(program.home)/t.db")
        func json(_ outcome: Program.Outcome) throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        }
        let plan = try migrate(source, target, "--dry-run", "--json")
        #expect(try json(plan)["records"] as? Int == 7 && plan.status == 0 && plan.errors.isEmpty)
        #expect(try json(plan)["unknownMembers"] as? [String: Int] == ["y": 7])
        #expect(!FileManager.default.fileExists(atPath: program.home + "/t.db"))
        let moved = try migrate(source, target, "--json")
        #expect(try json(moved)["verified"] as? Int == 7 && moved.status == 0 && moved.errors.isEmpty)
        #expect(try json(moved)["digest"] as? String == json(plan)["digest"] as? String)
        let again = try migrate(source, target, "--resume", "--json")
        #expect(try (json(again)["differences"] as? [Any])?.count == 0 && again.status == 0)
        let verified = try program.run("session", "verify", "--from", source, "--to", target, "--json")
        #expect(try json(verified)["verified"] as? Int == 7 && verified.status == 0)
        let undone = try migrate(source, target, "--rollback", "--json")
        #expect(try json(undone)["removed"] as? Int == 7 && undone.status == 0)
    }

    @Test func everyEndHasItsStatus() throws {
        defer { program.remove() }
        let (source, target) = (try makeSource(3), "sqlite:\(program.home)/t.db")
        #expect(try migrate(source, source).status == 64)
        #expect(try migrate(source, target, "--batch-size", "0").status == 64)
        #expect(try migrate(source, target, "--rollback", "--resume").status == 64)
        #expect(try migrate(source, target, "--retire", "--merge", "skip").status == 64)
        #expect(try migrate("memory:", target, "--retire").status == 64)
        #expect(try migrate("json:\(program.home)/absent.json", target).status == 66)
        #expect(try migrate(source, target, "--rollback").status == 66)
        #expect(!FileManager.default.fileExists(atPath: program.home + "/t.db"))
        #expect(try program.run("session", "verify", "--from", source, "--to", target).status == 66)
        #expect(try migrate(source, target).status == 0)
        #expect(try migrate(source, target).status == 73)
        #expect(try migrate(source, target, "--merge", "fail").status == 73)
        program.settings(["MINSKY_DATABASE_URL": target]) { changed in
            #expect((try? changed.run("session", "update", "s-1", "--branch", "b").status) == 0)
        }
        let verified = try program.run("session", "verify", "--from", source, "--to", target)
        #expect(verified.status == 1 && verified.output.contains(#"record "s-1", field "branch""#))
        let undone = try migrate(source, target, "--rollback")
        #expect(undone.status == 1 && undone.output.contains("s-1"))
    }

    @Test func whatIsNoStoreIs65InMigrateAndVerify() throws {
        defer { program.remove() }
        let good = try makeSource(3)
        #expect(try migrate(good, "sqlite:\(program.home)/good.db").status == 0)
        for name in ["garbage.json", "garbage.db"] {
            let path = "\(program.home)/\(name)"
            try Data("this is neither\u{1} JSON nor SQLite".utf8).write(to: URL(fileURLWithPath: path))
            let source = name.hasSuffix("json") ? "json:\(path)" : "sqlite:\(path)"
            let moved = try migrate(source, "sqlite:\(program.home)/t.db")
            #expect(moved.status == 65, "\(moved.errors)")
            #expect(try migrate(source, "sqlite:\(program.home)/t.db", "--dry-run").status == 65)
            let verified = try program.run(
                "session",
                "verify",
                "--from",
                source,
                "--to",
                "sqlite:\(program.home)/good.db"
            )
            #expect(verified.status == 65, "\(verified.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: program.home + "/t.db"))
    }

    /// A dry run ends as the move would, and says why.
    @Test func aDryRunEndsAsTheMoveWould() throws {
        defer { program.remove() }
        let (source, target) = (try makeSource(4), "sqlite:\(program.home)/t.db")
        let small = program.home + "/small.json"
        let record = #"{"session":"s-1","repoName":"r","repoUrl":"u","createdAt":"2026-01-01T00:00:00Z"}"#
        try Data("[\(record)]".utf8).write(to: URL(fileURLWithPath: small))
        #expect(try migrate("json:\(small)", target).status == 0)
        let refused = try migrate(source, target, "--dry-run")
        #expect(refused.status == 73 && refused.output.contains("1 record") && refused.errors.contains("--merge"))
        #expect(try migrate(source, target).status == 73)
        let failing = try migrate(source, target, "--dry-run", "--merge", "fail")
        #expect(failing.status == 73 && failing.output.contains("\"s-1\""))
        let replacing = try migrate(source, target, "--dry-run", "--merge", "replace", "--json")
        #expect(replacing.status == 0 && replacing.output.contains(#""replaced": 1"#), "\(replacing.output)")
        #expect(try migrate(source, target, "--merge", "replace").status == 0)
        program.settings(["MINSKY_DATABASE_URL": target]) { store in
            let status = try? store.run("storage", "schema", "status")
            #expect(status?.status == 0 && status?.output.contains("1 replaced record is kept") == true)
        }
        let kept = try migrate(source, target, "--dry-run", "--merge", "skip")
        #expect(kept.output.contains("1 replaced record is kept"))
        #expect(try migrate(source, target, "--settle", "--merge", "skip").status == 64)
        let settled = try migrate(source, target, "--settle", "--json")
        #expect(settled.status == 0 && settled.output.contains(#""forgotten": 1"#), "\(settled.output)")
        #expect(try migrate(source, target, "--rollback").status == 75)
    }

    /// Records of a file without a history that lack keys: a line for each field of each.
    @Test func missingKeysAreNamedByRecordAndField() throws {
        defer { program.remove() }
        let records = (0..<70).map { #"{"session":"s-\#($0)","repoName":"r"}"# }.joined(separator: ",\n")
        try Data("{\"sessions\":[\(records)]}".utf8).write(to: URL(fileURLWithPath: program.home + "/bare.json"))
        let source = "json:\(program.home)/bare.json"
        let moved = try migrate(source, "sqlite:\(program.home)/t.db")
        #expect(moved.status == 65)
        let lines = moved.errors.split(separator: "\n")
        #expect(lines.count { $0.contains("\"repoUrl\"") } == 70 && lines.count { $0.contains("\"createdAt\"") } == 70)
        #expect(lines.allSatisfy { $0.count < 300 })
        let plan = try migrate(source, "sqlite:\(program.home)/t.db", "--dry-run", "--json")
        let object = try JSONSerialization.jsonObject(with: Data(plan.output.utf8)) as? [String: Any]
        #expect(plan.status == 65 && (object?["refusals"] as? [Any])?.count == 140)
        let refused = try migrate(source, "sqlite:\(program.home)/t.db", "--json")
        let report = try JSONSerialization.jsonObject(with: Data(refused.output.utf8)) as? [String: Any]
        #expect((report?["refusals"] as? [Any])?.count == 140)
        program.settings(["MINSKY_DATABASE_URL": source]) { store in
            let listed = try? store.run("session", "list")
            #expect(listed?.status == 65 && (listed?.errors.count ?? 0) < 1000, "\(listed?.errors ?? "")")
            let status = try? store.run("storage", "schema", "status", "--json")
            #expect(status?.output.split(separator: "missingField").count == 141)
        }
    }

    private func write(_ text: String, as name: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: program.home + "/" + name))
        return "json:\(program.home)/\(name)"
    }

    /// Damage is no older schema: every record is named with its place, and the schema's status says damaged.
    @Test func damageOfAFileWithoutAHistoryIsNamed() throws {
        defer { program.remove() }
        let rest = #""repoName":"r","repoUrl":"u","createdAt":"2026-01-01T00:00:00Z""#
        let text = """
            {"sessions":[{"session":"a",\(rest),"prApproved":1},
            {"session":"b",\(rest)},
            {"session":"c",\(rest),"prApproved":"no"}]}
            """
        let source = try write(text, as: "damaged.json")
        for options in [["--dry-run"], []] {
            let arguments = ["session", "migrate", "--from", source, "--to", "sqlite:\(program.home)/t.db"]
            let outcome = try program.start(arguments + options).finish()
            let all = outcome.output + outcome.errors
            #expect(outcome.status == 65 && !all.contains("pending"), "\(all)")
            for (id, line) in [("a", 1), ("c", 3)] {
                #expect(all.contains("record \"\(id)\", line \(line), byte "), "\(all)")
            }
            #expect(all.contains("field \"prApproved\""))
        }
        program.settings(["MINSKY_DATABASE_URL": source]) { store in
            for command in ["status", "validate", "apply"] {
                let outcome = try? store.run("storage", "schema", command)
                let all = (outcome?.output ?? "") + (outcome?.errors ?? "")
                #expect(outcome?.status == 65 && all.contains("prApproved") && all.contains("\"a\""), "\(all)")
                #expect(!all.contains("pending"), "\(all)")
            }
        }
        let empty = try write("{}", as: "empty.json")
        let moved = try migrate(empty, "sqlite:\(program.home)/e.db")
        #expect(moved.status == 0 && moved.output.contains("0 read"), "\(moved.errors)")
    }

    @Test func everyRefusalSaysWhatToDo() throws {
        defer { program.remove() }
        let (source, target) = (try makeSource(3), "sqlite:\(program.home)/t.db")
        func advice(_ outcome: Program.Outcome) -> String {
            let lines = outcome.errors.split(separator: "\n", omittingEmptySubsequences: true)
            return lines.count > 1 ? String(lines[lines.count - 1]) : ""
        }
        for from in ["json:\(program.home)/absent.json", "sqlite:\(program.home)/absent.db"] {
            let outcome = try migrate(from, target)
            #expect(outcome.status == 66 && advice(outcome).hasPrefix("  "), "\(outcome.errors)")
        }
        #expect(try migrate(source, target).status == 0)
        let again = try migrate(source, target, "--retire")
        #expect(again.status == 73 && advice(again).contains("--resume --retire"), "\(again.errors)")
        #expect(try migrate(source, target, "--resume", "--retire").status == 0)
        let retired = try migrate(source, target, "--resume", "--retire")
        #expect(retired.status == 66 && advice(retired).hasPrefix("  "), "\(retired.errors)")
        program.settings(["MINSKY_DATABASE_URL": target]) { changed in
            #expect((try? changed.run("session", "delete", "s-1").status) == 0)
        }
        try FileManager.default.moveItem(
            atPath: program.home + "/source.json.migrated",
            toPath: program.home + "/source.json"
        )
        let undone = try migrate(source, target, "--rollback")
        #expect(undone.status == 0 && undone.output.contains("1 was gone"), "\(undone.output)")
    }

    /// An id is named, and not printed whole when it is very long.
    @Test func longIdsAreCutInMessages() throws {
        defer { program.remove() }
        let id = String(repeating: "x", count: 9000)
        let record = #"{"session":"\#(id)","repoName":"r","repoUrl":"u","createdAt":"2026-01-01T00:00:00Z"}"#
        let outcome = try migrate(try write("[\(record)]", as: "long.json"), "sqlite:\(program.home)/t.db")
        #expect(outcome.status == 65 && outcome.errors.utf8.count < 2000 && outcome.errors.contains("xxxx…"))
    }

    @Test func anInterruptEndsWith130AndCanBeGoneOnWith() throws {
        defer { program.remove() }
        let (source, target) = (try makeSource(20_000), "sqlite:\(program.home)/t.db")
        let arguments = ["session", "migrate", "--from", source, "--to", target, "--batch-size", "20"]
        let running = try program.start(arguments)
        // As soon as there is a target, the copy is about to begin.
        while running.process.isRunning, !FileManager.default.fileExists(atPath: program.home + "/t.db") {
            usleep(1000)
        }
        running.process.interrupt()
        let interrupted = running.finish()
        #expect(interrupted.status == 130, "\(interrupted.errors)")
        let resumed = try program.start(arguments.dropLast(2) + ["--resume"]).finish()
        #expect(resumed.status == 0 && resumed.output.contains("20000 verified"), "\(resumed.errors)")
    }
}

extension Program {
    /// Runs a body with other settings.
    fileprivate func settings(_ settings: [String: String], _ body: (Program) -> Void) {
        var copy = self
        copy.settings = settings
        body(copy)
    }
}
#endif
