import Stowage
import StowageLMDB

struct Session: StorageRecord {
    var session: String
    var repoName: String

    static let collection = "sessions"
    static var fields: [Field<Session>] {
        Field("session", \.session).identifier()
        Field("repoName", \.repoName).indexed()
    }
}

/// `sessions` lists, `sessions NAME REPO` adds; MINSKY_SESSION_BACKEND says where they are kept.
@main struct Sessions {
    static func main() async throws {
        let database = try StorageFactory(prefix: "MINSKY", store: "SESSION", backends: [.memory, .lmdb]).database()
        let sessions = try database.storage(Session.self)
        try await sessions.initialize()
        if CommandLine.argc == 3 {
            try await sessions.create(Session(session: CommandLine.arguments[1], repoName: CommandLine.arguments[2]))
        }
        for session in try await sessions.fetch() { print(session.session, session.repoName) }
        try await database.close()
    }
}
