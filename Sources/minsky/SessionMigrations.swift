import Stowage

extension SessionRecord {
    /// How the schema of the sessions came to be. What was applied anywhere is not edited; new migrations are added.
    static let migrations = SchemaMigrations([
        SchemaMigration(
            1,
            "create_sessions",
            [
                .createCollection(
                    "sessions",
                    [
                        .text("session").identifier(),
                        .text("repoName").indexed(),
                        .text("repoUrl"),
                        .time("createdAt"),
                        .text("taskId").optional().indexed(),
                        .text("branch").optional(),
                        .text("repoPath").optional(),
                    ]
                )
            ]
        ),
        SchemaMigration(
            2,
            "add_pull_requests",
            [
                .addField(.text("backendType").optional(), to: "sessions"),
                .addField(.json("remote").optional(), to: "sessions"),
                .addField(.json("github").optional(), to: "sessions"),
                .addField(.text("prBranch").optional(), to: "sessions"),
                .addField(.bool("prApproved").optional(), to: "sessions"),
                .addField(.json("prState").optional(), to: "sessions"),
                .addField(.json("pullRequest").optional(), to: "sessions"),
            ]
        ),
        SchemaMigration(3, "index_branch", [.addIndex(on: ["branch"], of: "sessions")]),
    ])
}
