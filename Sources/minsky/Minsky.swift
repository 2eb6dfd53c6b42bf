import ArgumentParser
import Stowage
import StowageCommand

/// The session database of coding agents: the framework's reference app.
@main
struct Minsky: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "minsky",
        abstract: "Keep the sessions of coding agents in a JSON file, in SQLite or in Postgres.",
        discussion: """
            One environment variable decides where the sessions are kept; every command works alike on all of them.

              minsky session create s-1 --repo-name acme/app --task '#12'
              minsky session list --task '#12'
              MINSKY_SESSION_BACKEND=sqlite minsky session list
              MINSKY_DATABASE_URL=sqlite:~/team.db minsky session list --json
              minsky storage info

            MINSKY_SESSION_BACKEND     json (the default), sqlite, postgres, memory
            MINSKY_JSON_PATH           ~/.local/state/minsky/session-db.json
            MINSKY_SQLITE_PATH         ~/.local/state/minsky/sessions.db
            MINSKY_POSTGRES_URL        postgres://user@host/database
            MINSKY_DATABASE_URL        json:PATH, sqlite:PATH or postgres://…,
                                       instead of all of these
            MINSKY_SESSION_TIMEOUT     how long a call may take: 500ms, 30s, 2m
            MINSKY_SESSION_POOL_SIZE   connections, 1 to 1000
            MINSKY_SESSION_DURABILITY  full, relaxed
            MINSKY_SESSION_ISOLATION   serializable, snapshot, readCommitted
            MINSKY_SESSION_MIGRATIONS  apply, refuse: what to do with pending schema migrations
            MINSKY_CONFIG              a JSON file that says the same:
                       {"session": {"backend": "sqlite", "timeout": "30s"}}

            Exit status: 0 done, 1 the answer is no (no such session), 64 usage, 65 unreadable data, 66 no such file, \
            69 no server, 73 exists already, 74 input or output failed, 75 try again, 76 a commit whose outcome is \
            unknown, 77 no permission, 78 a wrong setting, 130 interrupted.
            """,
        subcommands: [SessionCommand.self, StorageCommand<SessionStore>.self]
    )

    static func main() async { await CommandRunner.run(Self.self) }
}

/// The program's store.
enum SessionStore: StorageApp {
    typealias Record = SessionRecord
    typealias State = SessionState

    static var factory: StorageFactory {
        StorageFactory(
            prefix: "MINSKY",
            store: "SESSION",
            backends: Backends.all,
            defaultFiles: ["json": "session-db.json", "sqlite": "sessions.db"],
            migrations: SessionRecord.migrations
        )
    }
}

/// `session …`.
struct SessionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session",
        abstract: "Create, find, change and move sessions.",
        subcommands: [
            SessionCreate.self, SessionList.self, SessionGet.self, SessionUpdate.self, SessionDelete.self,
            SessionImport.self, SessionExport.self, StorageMigrateCommand<SessionStore>.self,
            StorageVerifyCommand<SessionStore>.self,
        ]
    )

    /// The end of a command that names a session which does not exist.
    static func absent(_ name: String) -> CommandFailure {
        CommandFailure(
            status: ExitStatus.no,
            "there is no session \(TextTable.printable(name))",
            advice: "See which there are: minsky session list"
        )
    }
}
