import ArgumentParser
import Stowage
import StowageCommand

/// `session update`.
struct SessionUpdate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Change some fields of one session.",
        discussion: """
            Only what is named changes; --no-… clears a field. The exit status is 1 when there is no such session.

              minsky session update s-1 --branch fix-12 --no-task
              minsky session update s-1 --remote '{"authMethod": "ssh", "depth": 1}'
              minsky session update s-1 --github @github.json

            A nested value is JSON, or @FILE, and replaces the stored one whole.
            """
    )

    @Argument(help: "The session's name.")
    var name: String
    @Option(help: "The repository's name.")
    var repoName: String?
    @Option(help: "The repository's URL.")
    var repoUrl: String?
    @Option(help: "The task's id.")
    var task: String?
    @Flag(help: "Clear the task.")
    var noTask = false
    @Option(help: "The branch.")
    var branch: String?
    @Flag(help: "Clear the branch.")
    var noBranch = false
    @Option(help: "The folder of the clone.")
    var repoPath: String?
    @Flag(help: "Clear the folder.")
    var noRepoPath = false
    @Option(help: "What keeps the repository, such as local or github.")
    var backendType: String?
    @Flag(help: "Clear the backend type.")
    var noBackendType = false
    @Option(help: ArgumentHelp("How the repository is fetched, as JSON or @FILE.", valueName: "json"))
    var remote: NestedArgument<SessionRecord.Remote>?
    @Flag(help: "Clear the remote.")
    var noRemote = false
    @Option(help: ArgumentHelp("The GitHub repository, as JSON or @FILE.", valueName: "json"))
    var github: NestedArgument<SessionRecord.GitHub>?
    @Flag(help: "Clear the GitHub repository.")
    var noGithub = false
    @Option(help: "The branch of the pull request.")
    var prBranch: String?
    @Flag(help: "Clear the branch of the pull request.")
    var noPrBranch = false
    @Option(help: ArgumentHelp("Whether the pull request is approved.", valueName: "true|false"))
    var prApproved: Bool?
    @Flag(help: "Clear the approval.")
    var noPrApproved = false
    @Option(help: ArgumentHelp("The state of the pull request's branch, as JSON or @FILE.", valueName: "json"))
    var prState: NestedArgument<SessionRecord.PRState>?
    @Flag(help: "Clear the state of the pull request's branch.")
    var noPrState = false
    @Option(help: ArgumentHelp("The pull request, as JSON or @FILE.", valueName: "json"))
    var pullRequest: NestedArgument<SessionRecord.PullRequest>?
    @Flag(help: "Clear the pull request.")
    var noPullRequest = false
    @Flag(help: "Print the session as JSON.")
    var json = false

    /// What each option that can be cleared is called, whether it is set, and whether it is cleared.
    private var clearable: [(name: String, isSet: Bool, isCleared: Bool)] {
        [
            ("task", task != nil, noTask), ("branch", branch != nil, noBranch),
            ("repo-path", repoPath != nil, noRepoPath), ("backend-type", backendType != nil, noBackendType),
            ("remote", remote != nil, noRemote), ("github", github != nil, noGithub),
            ("pr-branch", prBranch != nil, noPrBranch), ("pr-approved", prApproved != nil, noPrApproved),
            ("pr-state", prState != nil, noPrState), ("pull-request", pullRequest != nil, noPullRequest),
        ]
    }

    func validate() throws {
        for option in clearable where option.isSet && option.isCleared {
            throw ValidationError("--\(option.name) and --no-\(option.name) exclude each other.")
        }
        let changesAny = clearable.contains { $0.isSet || $0.isCleared } || repoName != nil || repoUrl != nil
        if !changesAny { throw ValidationError("Name at least one field to change, as in --branch main or --no-task.") }
    }

    /// Records the options as changes.
    func apply(to changes: inout RecordChanges<SessionRecord>) {
        if let repoName { changes.repoName = repoName }
        if let repoUrl { changes.repoUrl = repoUrl }
        if task != nil || noTask { changes.taskId = task }
        if branch != nil || noBranch { changes.branch = branch }
        if repoPath != nil || noRepoPath { changes.repoPath = repoPath }
        if backendType != nil || noBackendType { changes.backendType = backendType }
        if remote != nil || noRemote { changes.remote = remote?.value }
        if github != nil || noGithub { changes.github = github?.value }
        if prBranch != nil || noPrBranch { changes.prBranch = prBranch }
        if prApproved != nil || noPrApproved { changes.prApproved = prApproved }
        if prState != nil || noPrState { changes.prState = prState?.value }
        if pullRequest != nil || noPullRequest { changes.pullRequest = pullRequest?.value }
    }

    func run() async throws {
        let (isFound, stored) = try await SessionStore.withStorage { storage -> (Bool, JSON?) in
            guard try await storage.update(name, { apply(to: &$0) }) != nil else { return (false, nil) }
            return (true, json ? try await storage.getJSON(name) : nil)
        }
        guard isFound else { throw SessionCommand.absent(name) }
        if let stored { return try JSONOutput.print(stored) }
        try StandardStreams.print("updated \(TextTable.printable(name))")
    }
}
