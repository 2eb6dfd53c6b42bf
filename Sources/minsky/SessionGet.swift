import ArgumentParser
import Stowage
import StowageCommand

/// `session get`.
struct SessionGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show one session.",
        discussion: """
            The exit status is 1 when there is no such session. With --json everything is printed, a stored token \
            included; else secrets are shown as ****.

              minsky session get s-1
              minsky session get s-1 --json
            """
    )

    @Argument(help: "The session's name.")
    var name: String
    @Flag(help: "Print a JSON object.")
    var json = false

    func run() async throws {
        let record = try await SessionStore.readingStorage { try await $0.getJSON(name) }
        guard let record else { throw SessionCommand.absent(name) }
        if json { return try JSONOutput.print(record) }
        try StandardStreams.print(RecordText.lines(record, of: SessionRecord.schema.collection))
    }
}

/// `session delete`.
struct SessionDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete one session.",
        discussion: """
            The exit status is 1 when there is no such session.

              minsky session delete s-1
            """
    )

    @Argument(help: "The session's name.")
    var name: String

    func run() async throws {
        guard try await SessionStore.withStorage({ try await $0.delete(name) }) else {
            throw SessionCommand.absent(name)
        }
        try StandardStreams.print("deleted \(TextTable.printable(name))")
    }
}
