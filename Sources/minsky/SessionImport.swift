import ArgumentParser
import Stowage
import StowageCommand

/// `session import`.
struct SessionImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import the sessions of a JSON file, all or none.",
        discussion: """
            Four shapes are read: [session, …], {"sessions": […], "baseDir": …}, a backup's {"timestamp", "version", \
            "data": {"sessions": […]}}, and a map {"name": session}. Every session that cannot be taken is named with \
            its line, and then nothing is imported.

              minsky session import backup.json
              minsky session import backup.json --on-conflict skip
              minsky session export | MINSKY_SESSION_BACKEND=sqlite minsky session import -
            """
    )

    @Argument(help: "The file; - for standard input.")
    var file: String
    @Option(help: ArgumentHelp("What to do with a session that exists.", valueName: "fail|skip|replace"))
    var onConflict = ImportConflict.fail
    @Flag(help: "Print the counts as a JSON object.")
    var json = false

    func run() async throws {
        let (bytes, source) = try FileArguments.read(file)
        let content = try StoreImport(
            SessionRecord.self,
            state: SessionState.self,
            reading: bytes,
            from: source
        )
        let counts = try await SessionStore.withStorage { try await content.run(into: $0, onConflict: onConflict) }
        guard json else {
            return try StandardStreams.print(
                "\(counts.imported) imported, \(counts.skipped) skipped, \(counts.replaced) replaced"
            )
        }
        var object = JSONObject()
        object["imported"] = .number(JSONNumber(counts.imported))
        object["skipped"] = .number(JSONNumber(counts.skipped))
        object["replaced"] = .number(JSONNumber(counts.replaced))
        try JSONOutput.print(.object(object))
    }
}

/// `session export`.
struct SessionExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Export all sessions as one JSON document.",
        discussion: """
            Equal content gives equal bytes from every backend. The file is written whole or not at all, and only you \
            can read it; one that exists is refused (73) unless --force is given.

              minsky session export > sessions.json
              minsky session export sessions.json --force
            """
    )

    @Argument(help: "The file; standard output by default.")
    var file: String?
    @Flag(help: "Replace a file that exists.")
    var force = false

    func run() async throws {
        let bytes = try await SessionStore.readingStorage { try await StoreExport.bytes(of: $0) }
        do {
            try FileArguments.write(bytes, to: file, replacing: force)
        } catch let error as StorageError where error.code == .alreadyExists {
            throw error.advising("Name another file, or add --force to replace this one")
        }
    }
}
