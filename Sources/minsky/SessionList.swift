import ArgumentParser
import Stowage
import StowageCommand

/// `session list`.
struct SessionList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List sessions, by name unless sorted otherwise.",
        discussion: """
              minsky session list --task '#12'
              minsky session list --created-after 2026-01-31 --sort createdAt:desc --limit 20
              minsky session list --repo acme/app --json

            Several filters must all match. Times are RFC 3339 or a plain date, which is its midnight in UTC.
            """
    )

    @Option(help: "Only sessions of this task.")
    var task: String?
    @Option(help: "Only sessions of this repository.")
    var repo: String?
    @Option(help: "Only sessions on this branch.")
    var branch: String?
    @Option(
        help: ArgumentHelp(
            "Only sessions created at this time or later: 2026-01-31, 2026-01-31T12:00:00Z.",
            valueName: "time"
        )
    )
    var createdAfter: TimeArgument?
    @Option(help: ArgumentHelp("Only sessions created before this time.", valueName: "time"))
    var createdBefore: TimeArgument?
    @Option(
        help: ArgumentHelp(
            "Sort by a field, as createdAt:desc; may be given several times.",
            valueName: "field[:asc|desc]"
        )
    )
    var sort: [SortArgument] = []
    @Option(help: ArgumentHelp("At most so many.", valueName: "count"))
    var limit: Int?
    @Option(help: ArgumentHelp("Leave out so many first.", valueName: "count"))
    var offset: Int?
    @Flag(help: "Print a JSON array.")
    var json = false

    /// The options as a query.
    func query() throws -> Query<SessionRecord> {
        var query = Query<SessionRecord>.all
        if let task { query = query.where { $0.taskId == task } }
        if let repo { query = query.where { $0.repoName == repo } }
        if let branch { query = query.where { $0.branch == branch } }
        if let createdAfter { query = query.where { $0.createdAt >= createdAfter.time } }
        if let createdBefore { query = query.where { $0.createdAt < createdBefore.time } }
        for key in sort { query = try query.sort(named: key.field, key.direction) }
        if let limit { query = query.limit(limit) }
        if let offset { query = query.offset(offset) }
        return query
    }

    func run() async throws {
        let query = try query()
        if json {
            let records = try await SessionStore.readingStorage { try await $0.fetchJSON(query) }
            return try JSONOutput.print(.array(records))
        }
        let sessions = try await SessionStore.readingStorage { try await $0.fetch(query) }
        guard !sessions.isEmpty else { return StandardStreams.note("no sessions") }
        var table = TextTable(["session", "repository", "task", "branch", "created"])
        for session in sessions {
            table.add([
                session.session, session.repoName, session.taskId ?? "-", session.branch ?? "-",
                session.createdAt.toTheSecond,
            ])
        }
        try StandardStreams.print(table.text)
    }
}

extension Timestamp {
    /// The time to the second, for people.
    var toTheSecond: String { "\(description.prefix(19))Z" }
}
