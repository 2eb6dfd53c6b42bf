import Stowage

/// The record that every row of the benchmark uses: ten columns, two of them indexed beside the identifier.
///
/// `Session` has a codec by hand, ``CodableSession`` the default one. Both describe one collection, so one store
/// serves both.
struct Session: StorageRecord, Equatable {
    var session: String
    var repoName: String
    var repoUrl: String
    var createdAt: Timestamp
    var taskId: String?
    var branch: String?
    var repoPath: String?
    var backendType: String?
    var prBranch: String?
    var prApproved: Bool?

    static let collection = "sessions"
    static var fields: [Field<Session>] {
        Field("session", \.session).identifier()
        Field("repoName", \.repoName)
        Field("repoUrl", \.repoUrl)
        Field("createdAt", \.createdAt)
        Field("taskId", \.taskId).indexed()
        Field("branch", \.branch).indexed()
        Field("repoPath", \.repoPath)
        Field("backendType", \.backendType)
        Field("prBranch", \.prBranch)
        Field("prApproved", \.prApproved)
    }

    static var codec: RecordCodec<Session> {
        RecordCodec { session, row in
            try row.set(0, session.session)
            try row.set(1, session.repoName)
            try row.set(2, session.repoUrl)
            row.set(3, session.createdAt)
            try row.set(4, session.taskId)
            try row.set(5, session.branch)
            try row.set(6, session.repoPath)
            try row.set(7, session.backendType)
            try row.set(8, session.prBranch)
            row.set(9, session.prApproved)
        } decode: { row in
            Session(
                session: try row.text(0),
                repoName: try row.text(1),
                repoUrl: try row.text(2),
                createdAt: try row.time(3),
                taskId: try row.isNull(4) ? nil : row.text(4),
                branch: try row.isNull(5) ? nil : row.text(5),
                repoPath: try row.isNull(6) ? nil : row.text(6),
                backendType: try row.isNull(7) ? nil : row.text(7),
                prBranch: try row.isNull(8) ? nil : row.text(8),
                prApproved: try row.isNull(9) ? nil : row.bool(9)
            )
        }
    }
}

/// The same record with the default codec.
struct CodableSession: StorageRecord {
    var session: String
    var repoName: String
    var repoUrl: String
    var createdAt: Timestamp
    var taskId: String?
    var branch: String?
    var repoPath: String?
    var backendType: String?
    var prBranch: String?
    var prApproved: Bool?

    static let collection = "sessions"
    static var fields: [Field<CodableSession>] {
        Field("session", \.session).identifier()
        Field("repoName", \.repoName)
        Field("repoUrl", \.repoUrl)
        Field("createdAt", \.createdAt)
        Field("taskId", \.taskId).indexed()
        Field("branch", \.branch).indexed()
        Field("repoPath", \.repoPath)
        Field("backendType", \.backendType)
        Field("prBranch", \.prBranch)
        Field("prApproved", \.prApproved)
    }
}

/// The state that goes with the sessions.
typealias Sessions = RecordsOnly<Session>
typealias CodableSessions = RecordsOnly<CodableSession>
