import Foundation
import Testing

/// The main job on the stores that need no server, through the program.
@Suite struct StoreTests {
    let program: Program
    init() throws { program = try Program() }

    @Test func unknownKeysAndNumbersTravelThroughEveryStore() throws {
        defer { program.remove() }
        let file = program.home + "/in.json"
        let text = #"""
            {"sessions":[
              {"session":"b","repoName":"r","repoUrl":"u","createdAt":"2024-02-29T12:00:00+02:00","x":{"big":9007199254740993,"f":1.50,"n":null},"remote":{"authMethod":"ssh","depth":1,"new":[1.0]}},
              {"session":"a","repoName":"r","repoUrl":"","createdAt":"0001-01-01T00:00:00Z","taskId":null,"y":"é"}
            ],"baseDir":"/b","zeta":[],"alpha":{"k":1e2}}
            """#
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        var exports: [String] = []
        for backend in ["json", "sqlite"] {
            var program = program
            program.settings["MINSKY_SESSION_BACKEND"] = backend
            let imported = try program.run("session", "import", file)
            #expect(imported.status == 0, "\(imported.errors)")
            #expect(try program.run("session", "update", "b", "--branch", "main").status == 0)
            exports.append(try program.run("session", "export").output)
        }
        #expect(exports[0] == exports[1])
        #expect(exports[0].contains("9007199254740993") && exports[0].contains("1.50") && exports[0].contains("[\n"))
        #expect(exports[0].contains(#""createdAt": "2024-02-29T10:00:00.000000Z""#))
        #expect(exports[0].contains(#""baseDir": "/b""#) && exports[0].contains("1e2"))
    }

    @Test func importIsAllOrNothingAndNamesEveryRefusedRecord() throws {
        defer { program.remove() }
        func record(_ id: String, _ more: String = "") -> String {
            #"{"session":"\#(id)","repoName":"r","repoUrl":"u","createdAt":"2026-01-01T00:00:00Z"\#(more)}"#
        }
        let bad =
            "["
            + [
                record("ok"), record("late").replacing("2026-01-01T00:00:00Z", with: "soon"),
                record("nul", #","branch":"a\u0000""#), record("ok"),
            ]
            .joined(separator: ",") + "]"
        let refused = try program.run("session", "import", "-", input: bad)
        #expect(refused.status == 65)
        for id in ["late", "nul", "ok"] { #expect(refused.errors.contains(id)) }
        #expect(
            try program.run("session", "list", "--json").output.trimmingCharacters(in: .whitespacesAndNewlines) == "[]"
        )
        let imported = try program.run("session", "import", "-", input: "[\(record("a")),\(record("b"))]")
        #expect(imported.status == 0 && imported.output == "2 imported, 0 skipped, 0 replaced\n")
        let again = "[\(record("b", #","branch":"new""#)),\(record("c"))]"
        #expect(try program.run("session", "import", "-", input: again).status == 73)
        let skipped = try program.run("session", "import", "-", "--on-conflict", "skip", input: again)
        #expect(skipped.status == 0 && skipped.output == "1 imported, 1 skipped, 0 replaced\n")
        #expect(try !program.run("session", "get", "b", "--json").output.contains("new"))
        let replaced = try program.run("session", "import", "-", "--on-conflict", "replace", input: again)
        #expect(replaced.status == 0 && replaced.output == "0 imported, 0 skipped, 2 replaced\n")
        #expect(try program.run("session", "get", "b", "--json").output.contains("new"))
    }

    /// Every create that the program reported survives the SIGKILL of a writer beside it (DUR-1, DUR-2).
    @Test(arguments: ["json", "sqlite"])
    func acknowledgedWritesSurviveKills(_ backend: String) throws {
        defer { program.remove() }
        var program = program
        program.settings["MINSKY_SESSION_BACKEND"] = backend
        #expect(try program.run("session", "create", "first", "--repo-name", "r").status == 0)
        var acknowledged: Set<String> = ["first"]
        for round in 0..<12 {
            let running = try (0..<4).map {
                try program.start(["session", "create", "n\(round)-\($0)", "--repo-name", "r"])
            }
            usleep(UInt32.random(in: 0...60_000))
            kill(running[round % 4].process.processIdentifier, SIGKILL)
            for (index, run) in running.enumerated() {
                let outcome = run.finish()
                if outcome.status == 0, run.process.terminationReason == .exit {
                    acknowledged.insert("n\(round)-\(index)")
                }
            }
        }
        let list = try program.run("session", "list", "--json")
        #expect(list.status == 0, "\(list.errors)")
        for id in acknowledged { #expect(list.output.contains("\"\(id)\"")) }
        #expect(acknowledged.count >= 12 * 3)
    }

    @Test func secretsAreMasked() throws {
        defer { program.remove() }
        var program = program
        program.settings["MINSKY_SESSION_BACKEND"] = "postgres"
        program.settings["MINSKY_POSTGRES_URL"] = "postgresql://me:s3cr%65t@127.0.0.1:1/none?password=oth3r"
        for arguments in [
            ["storage", "info"], ["storage", "info", "--json"], ["session", "list"], ["storage", "health"],
        ] {
            let outcome = try program.start(arguments).finish()
            let all = outcome.output + outcome.errors
            #expect(!all.contains("s3cret") && !all.contains("s3cr%65t") && !all.contains("oth3r"))
        }
        #expect(try program.run("session", "list").status == 69)
    }
}
