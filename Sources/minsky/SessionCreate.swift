import ArgumentParser
import Stowage
import StowageCommand

/// `session create`.
struct SessionCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create a session.",
        discussion: """
            A name that is taken is refused (73), and the stored session stays as it is.

              minsky session create s-1 --repo-name acme/app
              minsky session create s-2 --repo-name acme/app --repo-url https://example.org/app.git \\
                  --task '#12' --branch fix-12 --repo-path ~/src/app
            """
    )

    @Argument(help: "The session's name.")
    var name: String
    @Option(help: "The repository's name.")
    var repoName: String
    @Option(help: "The repository's URL.")
    var repoUrl = ""
    @Option(help: "The task's id.")
    var task: String?
    @Option(help: "The branch.")
    var branch: String?
    @Option(help: "The folder of the clone.")
    var repoPath: String?
    @Option(help: "What keeps the repository, such as local or github.")
    var backendType: String?
    @Option(help: "When it was created, RFC 3339 or a date; now by default.")
    var createdAt: TimeArgument?
    @Option(help: ArgumentHelp("How the repository is fetched, as JSON or @FILE.", valueName: "json"))
    var remote: NestedArgument<SessionRecord.Remote>?
    @Option(help: ArgumentHelp("The GitHub repository, as JSON or @FILE.", valueName: "json"))
    var github: NestedArgument<SessionRecord.GitHub>?
    @Flag(help: "Print the session as JSON.")
    var json = false

    func validate() throws {
        if name.isEmpty { throw ValidationError("A session's name has at least one character.") }
    }

    func run() async throws {
        let record = try SessionRecord(
            session: name,
            repoName: repoName,
            repoUrl: repoUrl,
            createdAt: createdAt?.time ?? .now,
            taskId: task,
            branch: branch,
            repoPath: repoPath,
            backendType: backendType,
            remote: remote?.value(for: "--remote"),
            github: github?.value(for: "--github")
        )
        let stored = try await SessionStore.withStorage { storage in
            do {
                try await storage.create(record)
            } catch let error as StorageError where error.code == .alreadyExists {
                throw error.advising("Take another name, or change the session: minsky session update")
            }
            return json ? try await storage.getJSON(name) : nil
        }
        if let stored { return try JSONOutput.print(stored) }
        try StandardStreams.print("created \(TextTable.printable(name))")
    }
}
