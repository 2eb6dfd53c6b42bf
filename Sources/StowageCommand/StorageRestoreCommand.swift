public import ArgumentParser
internal import Stowage
internal import StowageMigration

/// `storage restore`: makes the store equal to a backup.
public struct StorageRestoreCommand<App: StorageApp>: AsyncParsableCommand {
    /// The name and the help.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "restore",
            abstract: "Make the store equal to a backup of this or another backend.",
            discussion: """
                The backup is read to its end first: one that is damaged, cut short or not of these records is refused \
                (65) before anything is changed. A store that holds records is refused (73) unless --replace is given; \
                then everything in it is replaced, at once or not at all, and compared with the backup before that.

                  … storage restore sessions.backup
                  … storage restore sessions.backup --replace
                """
        )
    }

    @Argument(help: "The file that was backed up.")
    var file: String
    @Flag(help: "Replace what the store holds.")
    var replace = false
    @Flag(help: "Print one JSON object.")
    var json = false

    /// Made by the parser.
    public init() {}

    /// Refuses what is no file.
    public func validate() throws { try BackupArgument.check(file) }

    /// Restores the backup.
    public func run() async throws {
        let progress = ProgressLine()
        defer { progress.clear() }
        // Before the store is opened, which would make one that is not there.
        let backup = try await StorageBackup(App.Record.self, state: App.State.self, reading: file) {
            progress.show($0)
        }
        let report = try await App.withStorage { storage in
            do {
                return try await backup.restore(into: storage, replacing: replace) { progress.show($0) }
            } catch let error as StorageError where error.code == .alreadyExists && !replace {
                throw error.advising("Back it up first if need be, and add --replace to replace all of it")
            }
        }
        progress.clear()
        if json {
            var object = BackupArgument.json(report.backup)
            object["target"] = .string(report.target.description)
            object["removed"] = .number(JSONNumber(report.removed))
            object["clearedColumns"] = .array(report.clearedColumns.map(JSON.string))
            object["verified"] = .number(JSONNumber(report.verified))
            return try JSONOutput.print(.object(object))
        }
        let replaced = report.removed > 0 ? ", in place of \(report.removed)" : ""
        let columns = report.clearedColumns.map { TextTable.printable($0) }.joined(separator: ", ")
        let cleared = columns.isEmpty ? "" : "\nvalues of columns that no field names went with them: \(columns)"
        try StandardStreams.print(
            """
            \(Counted.text(report.verified, "record")) restored into \(TextTable.printable(report.target.description)) and verified\
            \(replaced)\(cleared)
            \(BackupArgument.text(report.backup))
            """
        )
    }
}
