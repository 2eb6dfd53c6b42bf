#if SQLite && Postgres
import Foundation
import Stowage
import StowageJSON
import StowagePostgres
import StowageSQLite
import StowageTestServers
import Testing

@testable import minsky

/// The sessions' own schema: filled stores of every earlier version come to the newest, on every engine.
@Suite struct SessionUpgradeTests {
    /// A session as version 1 knew it.
    struct Session1: StorageRecord {
        var session: String
        var repoName: String
        var repoUrl: String
        var createdAt: Timestamp
        var taskId: String?
        var branch: String?
        var repoPath: String?

        static let collection = "sessions"
        static var fields: [Field<Session1>] {
            Field("session", \.session).identifier()
            Field("repoName", \.repoName).indexed()
            Field("repoUrl", \.repoUrl)
            Field("createdAt", \.createdAt)
            Field("taskId", \.taskId).indexed()
            Field("branch", \.branch)
            Field("repoPath", \.repoPath)
        }
    }

    /// A session as version 2 knew it: all fields, and no index on the branch.
    struct Session2: StorageRecord {
        var session: String
        var repoName: String
        var repoUrl: String
        var createdAt: Timestamp
        var taskId: String?
        var branch: String?
        var repoPath: String?
        var backendType: String?
        var remote: SessionRecord.Remote?
        var github: SessionRecord.GitHub?
        var prBranch: String?
        var prApproved: Bool?
        var prState: SessionRecord.PRState?
        var pullRequest: SessionRecord.PullRequest?

        static let collection = "sessions"
        static var fields: [Field<Session2>] {
            Field("session", \.session).identifier()
            Field("repoName", \.repoName).indexed()
            Field("repoUrl", \.repoUrl)
            Field("createdAt", \.createdAt)
            Field("taskId", \.taskId).indexed()
            Field("branch", \.branch)
            Field("repoPath", \.repoPath)
            Field("backendType", \.backendType)
            Field("remote", \.remote)
            Field("github", \.github).secret("token")
            Field("prBranch", \.prBranch)
            Field("prApproved", \.prApproved)
            Field("prState", \.prState)
            Field("pullRequest", \.pullRequest)
        }
    }

    private static let sessions = """
        {"sessions": [
          {"session": "a", "repoName": "r", "repoUrl": "", "createdAt": "2024-02-29T12:00:00Z", "branch": "é",
           "prApproved": false, "prBranch": "pr/a", "github": {"owner": "o", "new": 1.50}, "x": 9007199254740993},
          {"session": "b'\\"", "repoName": "r", "repoUrl": "u", "createdAt": "0001-01-01T00:00:00Z", "taskId": "t"}
        ], "baseDir": "/b", "zeta": [1]}
        """

    private static func upTo(_ version: Int) -> SchemaMigrations {
        SchemaMigrations(Array(SessionRecord.migrations.list.prefix(version)))
    }

    struct State<Record: StorageRecord>: StorageState {
        var sessions: [Record] = []
        var baseDir: String?
        static var records: any WritableKeyPath<State, [Record]> & Sendable { \.sessions }
        static var fields: [Field<State>] { Field("baseDir", \.baseDir) }
    }

    /// Makes a store with an earlier version of the program, and fills it.
    private func fill<Record: StorageRecord>(
        _ type: Record.Type,
        _ database: StorageDatabase
    ) async throws {
        let storage = try database.storage(type, state: State<Record>.self)
        try await storage.initialize()
        let content = try StoreImport(
            type,
            state: State<Record>.self,
            reading: Array(Self.sessions.utf8),
            from: "the test"
        )
        _ = try await content.run(into: storage, onConflict: .fail)
        try await storage.close()
    }

    @Test(arguments: ["json", "sqlite", "postgres"], 1...3)
    func everyVersionIsUpgradedWithItsRecords(_ engine: String, _ version: Int) async throws {
        let folder = NSTemporaryDirectory() + "minsky-upgrade-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = engine == "postgres" ? try await TestPostgres.shared() : nil
        let url = try await server?.freshDatabase() ?? ""
        let options = StorageOptions(deadline: .seconds(300))
        func database(_ migrations: SchemaMigrations) throws -> StorageDatabase {
            switch engine {
            case "json": .json(path: folder + "/s.json", options: options, migrations: migrations)
            case "sqlite": .sqlite(path: folder + "/s.db", options: options, migrations: migrations)
            default: try .postgres(url: url, options: options, migrations: migrations)
            }
        }
        switch version {
        case 1: try await fill(Session1.self, database(Self.upTo(1)))
        case 2: try await fill(Session2.self, database(Self.upTo(2)))
        default: try await fill(SessionRecord.self, database(Self.upTo(3)))
        }
        let newest = try database(SessionRecord.migrations)
        let storage = try newest.storage(SessionRecord.self, state: SessionState.self)
        #expect(try await newest.schemaStatus().history.map(\.number) == Array(1...version))
        try await storage.initialize()
        let status = try await newest.schemaStatus()
        #expect(status.isUpToDate && status.history.map(\.number) == [1, 2, 3], "\(status)")
        let state = try await storage.readState()
        #expect(state.baseDir == "/b")
        #expect(state.sessions.map(\.session).sorted() == ["a", "b'\""])
        let a = try #require(try await storage.get("a"))
        #expect(a.prApproved == false && a.prBranch == "pr/a" && a.github?.owner == "o" && a.branch == "é")
        let exported = String(decoding: try await StoreExport.bytes(of: storage), as: UTF8.self)
        for text in [#""new": 1.50"#, #""x": 9007199254740993"#, #""zeta""#, "0001-01-01T00:00:00.000000Z"] {
            #expect(exported.contains(text), "\(text)")
        }
        #expect(!exported.contains("_stowage"))
        #expect(exported.components(separatedBy: "prBranch").count == 2, "a field and no unknown member beside it")
        #expect(try await storage.fetch(.where { $0.branch == "é" }).map(\.session) == ["a"])
        try await storage.close()
        if let server { try await server.drop(url) }
    }
}
#endif
