import Foundation
import Stowage
import Testing

@testable import minsky

/// The files of `Schemas/`: what really runs, and what the file really looks like.
@Suite struct SchemaFileTests {
    private static let folder =
        URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path + "/Schemas"

    private static func files(_ folder: String) throws -> [String: String] {
        var files: [String: String] = [:]
        for engine in ["sqlite", "postgres", "json"] {
            for name in try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(engine)") {
                files["\(engine)/\(name)"] = try String(contentsOfFile: "\(folder)/\(engine)/\(name)", encoding: .utf8)
            }
        }
        return files
    }

    /// A committed migration never changes: stores keep its checksum.
    @Test func theCommittedFilesAreWhatRuns() throws {
        let program = try Program()
        defer { program.remove() }
        let printed = try program.run("storage", "schema", "print", "--to", program.home + "/printed")
        #expect(printed.status == 0, "\(printed.errors)")
        let (made, committed) = (try Self.files(program.home + "/printed"), try Self.files(Self.folder))
        #expect(made.keys.sorted() == committed.keys.sorted())
        for (name, text) in made {
            #expect(text == committed[name], "\(name): minsky storage schema print --to Schemas")
        }
        #expect(made.keys.contains("sqlite/0002_add_pull_requests.sql") && made.count == 11)
        let one = try program.run("storage", "schema", "print", "--engine", "postgres")
        #expect(one.status == 0 && one.output.contains("0003_index_branch.sql"))
        #expect(try program.run("storage", "schema", "print", "--engine", "oracle").status == 64)
    }

    #if SQLite
    /// The checksum that a store keeps is that of the committed file.
    @Test func theChecksumIsThatOfTheFile() throws {
        var program = try Program()
        defer { program.remove() }
        program.settings["MINSKY_SESSION_BACKEND"] = "sqlite"
        #expect(try program.run("storage", "schema", "apply").status == 0)
        let status = try program.run("storage", "schema", "status", "--json")
        #expect(status.status == 0, "\(status.errors)")
        let applied = try JSON(parsing: status.output).object?["applied"]?.array ?? []
        #expect(applied.count == 3)
        for migration in applied {
            let (number, name) = (migration.object?["number"]?.number?.text, migration.object?["name"]?.string)
            let text = try #require(try Self.files(Self.folder)["sqlite/000\(number ?? "")_\(name ?? "").sql"])
            #expect(migration.object?["checksum"]?.string == SHA256.hex(of: text.utf8))
        }
    }
    #endif

    private func validator(_ name: String) throws -> JSONSchemaValidator {
        JSONSchemaValidator(root: try JSON(parsing: #require(Self.files(Self.folder)["json/\(name).schema.json"])))
    }

    @Test func whatIsWrittenIsValidByTheSchema() throws {
        var program = try Program()
        defer { program.remove() }
        let path = program.home + "/store.json"
        program.settings["MINSKY_JSON_PATH"] = path
        let input = #"""
            {"sessions": [
              {"session": "a", "repoName": "r", "repoUrl": "", "createdAt": "2024-02-29T12:00:00+02:00", "taskId": null,
               "prApproved": true, "prState": {"branchName": "b", "exists": true, "lastChecked": "2024-01-01T00:00:00Z"},
               "github": {"owner": "o"}, "unknown": [1.50]}
            ], "baseDir": "/b", "version": 7}
            """#
        #expect(try program.run("session", "import", "-", input: input).status == 0)
        #expect(try program.run("session", "create", "b", "--repo-name", "r", "--branch", "main").status == 0)
        let written = try JSON(parsing: String(contentsOfFile: path, encoding: .utf8))
        for name in ["0001_create_sessions", "0002_add_pull_requests", "0003_index_branch"] {
            #expect(try validator(name).problems(written).isEmpty, "\(name)")
            #expect(try validator(name).problems(JSON(parsing: input)).isEmpty, "\(name)")
        }
        #expect(written.object?["_stowage"]?.object?["migrations"]?.array?.count == 3)
    }

    @Test func whatTheStoreRefusesTheSchemaRefuses() throws {
        let good = #"{"session": "a", "repoName": "r", "repoUrl": "u", "createdAt": "2024-01-01T00:00:00Z"}"#
        let newest = try validator("0003_index_branch")
        #expect(try newest.problems(JSON(parsing: #"{"sessions": [\#(good)]}"#)).isEmpty)
        for (from, to) in [
            (#""repoName": "r""#, #""repoName": 7"#), (#""repoUrl": "u", "#, ""), ("2024-01-01T00:00:00Z", "soon"),
            (#""session": "a""#, #""session": null"#), (#""repoUrl": "u""#, #""repoUrl": "u", "branch": 1"#),
            (#""repoUrl": "u""#, #""repoUrl": "u", "prApproved": "yes""#),
        ] {
            let bad = good.replacing(from, with: to)
            #expect(bad != good)
            #expect(try !newest.problems(JSON(parsing: #"{"sessions": [\#(bad)]}"#)).isEmpty, "\(to)")
            var program = try Program()
            defer { program.remove() }
            program.settings["MINSKY_JSON_PATH"] = program.home + "/bad.json"
            try #"{"sessions": [\#(bad)]}"#.write(
                toFile: program.home + "/bad.json",
                atomically: false,
                encoding: .utf8
            )
            #expect(try program.run("session", "list").status == 65, "\(to)")
        }
        #expect(try !newest.problems(JSON(parsing: "[]")).isEmpty)
        #expect(try !newest.problems(JSON(parsing: #"{"sessions": {}}"#)).isEmpty)
        #expect(try !newest.problems(JSON(parsing: #"{"sessions": [], "_stowage": {"format": 2}}"#)).isEmpty)
    }
}
