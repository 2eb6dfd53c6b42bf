public import ArgumentParser
internal import Stowage
internal import StowageMigration

/// `storage backup`: writes the whole store into one file.
public struct StorageBackupCommand<App: StorageApp>: AsyncParsableCommand {
    /// The name and the help.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "backup",
            abstract: "Write the whole store into one file, which any backend can restore.",
            discussion: """
                Others may go on writing: the backup is one moment of the store. It is read back and compared with the \
                store before it gets its name; it never replaces a file (73), and a backup that fails leaves none.

                Secrets that are stored, such as tokens, are part of the backup: keep it like a password. Only you can \
                read it. The credentials of the connection are not in it.

                The file is text with one JSON object a line. Its last line has the SHA-256 of all lines before it:

                  … storage backup sessions.backup
                  head -n -1 sessions.backup | sha256sum
                """
        )
    }

    @Argument(help: "The file, which must not exist.")
    var file: String
    @Flag(help: "Print one JSON object.")
    var json = false

    /// Made by the parser.
    public init() {}

    /// Refuses what is no file.
    public func validate() throws { try BackupArgument.check(file) }

    /// Writes the backup.
    public func run() async throws {
        let progress = ProgressLine()
        defer { progress.clear() }
        let report = try await App.withStorage(access: .readOnly) { storage in
            try await StorageBackup.write(from: storage, to: file) { progress.show($0) }
        }
        progress.clear()
        if json {
            var object = BackupArgument.json(report.backup)
            object["source"] = .string(report.source.description)
            object["verified"] = .number(JSONNumber(report.verified))
            return try JSONOutput.print(.object(object))
        }
        try StandardStreams.print(
            """
            \(Counted.text(report.backup.records, "record")) of \(TextTable.printable(report.source.description)) backed up and verified
            \(BackupArgument.text(report.backup))
            """
        )
    }
}

/// What the two commands share.
enum BackupArgument {
    /// A pipe can neither be read back nor read twice.
    static func check(_ file: String) throws {
        if file == "-" { throw ValidationError("A backup is a file; ./- is one of that name.") }
        if file.isEmpty { throw ValidationError("Name a file.") }
    }

    static func json(_ backup: BackupSummary) -> JSONObject {
        var object = JSONObject()
        object["file"] = .string(backup.path)
        object["createdAt"] = .string(backup.createdAt.description)
        object["adapter"] = .string(backup.adapter)
        object["records"] = .number(JSONNumber(backup.records))
        object["stateFields"] = .number(JSONNumber(backup.stateFields))
        object["bytes"] = .number(JSONNumber(backup.byteCount))
        object["sha256"] = .string(backup.checksum)
        return object
    }

    static func text(_ backup: BackupSummary) -> String {
        var table = TextTable([])
        table.add(["file", backup.path])
        table.add(["created", backup.createdAt.description])
        table.add(["from", backup.adapter])
        table.add(["bytes", String(backup.byteCount)])
        table.add(["sha256", backup.checksum])
        return table.text
    }
}
