import GRDB
import Stowage

/// GRDB's record: `Codable`, with the time as the text that stands in the file, which is less work than ours.
struct GRDBSession: Codable, FetchableRecord, PersistableRecord, Sendable {
    static let databaseTableName = "sessions"
    var session: String
    var repoName: String
    var repoUrl: String
    var createdAt: String
    var taskId: String?
    var branch: String?
    var repoPath: String?
    var backendType: String?
    var prBranch: String?
    var prApproved: Bool?

    init(_ other: Session) {
        session = other.session
        repoName = other.repoName
        repoUrl = other.repoUrl
        createdAt = "\(other.createdAt)"
        taskId = other.taskId
        branch = other.branch
        repoPath = other.repoPath
        backendType = other.backendType
        prBranch = other.prBranch
        prApproved = other.prApproved
    }
}

/// GRDB with a `DatabasePool`, from async code.
struct GRDBPeer: Sendable {
    let pool: DatabasePool

    init(_ path: String) throws {
        var configuration = Configuration()
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous=FULL; PRAGMA cache_size=-8000") }
        pool = try DatabasePool(path: path, configuration: configuration)
    }

    func get(_ id: String) async throws -> GRDBSession? {
        try await pool.read { try GRDBSession.fetchOne($0, key: id) }
    }

    func fetchAll() async throws -> [GRDBSession] {
        try await pool.read { try GRDBSession.order(Column("session")).fetchAll($0) }
    }

    func createMany(_ sessions: [GRDBSession]) async throws {
        try await pool.write { database in for session in sessions { try session.insert(database) } }
    }

    func makeTable() async throws {
        try await pool.write { try $0.execute(sql: SQLiteC.schema) }
    }
}
