import Stowage

/// A coding agent's session: a clone of a repository, and what is being done in it.
struct SessionRecord: StorageRecord, Equatable {
    var session: String
    var repoName: String
    var repoUrl: String
    var createdAt: Timestamp
    var taskId: String?
    var branch: String?
    var repoPath: String?
    var backendType: String?
    var remote: Remote?
    var github: GitHub?
    var prBranch: String?
    var prApproved: Bool?
    var prState: PRState?
    var pullRequest: PullRequest?

    static let collection = "sessions"
    static var fields: [Field<SessionRecord>] {
        Field("session", \.session).identifier()
        Field("repoName", \.repoName).indexed()
        Field("repoUrl", \.repoUrl)
        Field("createdAt", \.createdAt)
        Field("taskId", \.taskId).indexed()
        Field("branch", \.branch).indexed()
        Field("repoPath", \.repoPath)
        Field("backendType", \.backendType)
        Field("remote", \.remote)
        Field("github", \.github).secret("token")
        Field("prBranch", \.prBranch)
        Field("prApproved", \.prApproved)
        Field("prState", \.prState)
        Field("pullRequest", \.pullRequest)
    }

    /// How the repository is fetched.
    struct Remote: Codable, Sendable, Equatable {
        var authMethod: String?
        var depth: Int?
    }

    /// The repository on GitHub. The token is a secret: reports show stars in its place.
    struct GitHub: Codable, Sendable, Equatable {
        var owner: String?
        var repo: String?
        var token: String?
    }

    /// What is known of the branch of the pull request.
    struct PRState: Codable, Sendable, Equatable {
        var branchName: String
        var exists: Bool
        var lastChecked: Timestamp
        var createdAt: Timestamp?
        var mergedAt: Timestamp?
    }

    /// The pull request.
    struct PullRequest: Codable, Sendable, Equatable {
        var number: Int
        var url: String
        var title: String
        var state: String
    }
}

extension SessionRecord.GitHub: CustomStringConvertible, CustomReflectable {
    /// The repository, without the token (LIF-4).
    var description: String { "\(owner ?? "?")/\(repo ?? "?")" }
    var customMirror: Mirror { Mirror(self, children: ["repository": description], displayStyle: .struct) }
}

/// All sessions, and the folder under which their repositories lie.
struct SessionState: StorageState, Equatable {
    var sessions: [SessionRecord] = []
    var baseDir: String?

    static var records: any WritableKeyPath<SessionState, [SessionRecord]> & Sendable { \.sessions }
    static var fields: [Field<SessionState>] { Field("baseDir", \.baseDir) }
}
