public import ArgumentParser
internal import FoundationEssentials
internal import Stowage
internal import StowageSQL

/// `storage schema print`: the texts of all migrations, for every engine.
public struct SchemaPrintCommand<App: StorageApp>: AsyncParsableCommand {
    /// The name and the help.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "print",
            abstract: "Print the SQL of every migration, or the JSON Schema of the file.",
            discussion: """
                No store is opened. With --to, each text goes into a file of its own: FOLDER/ENGINE/0001_NAME.sql.
                """
        )
    }

    @Option(help: ArgumentHelp("The engine; all of them by default.", valueName: "sqlite|postgres|json"))
    var engine: String?

    @Option(help: ArgumentHelp("Write the texts into files below a folder.", valueName: "folder"))
    var to: String?

    /// Made by the parser.
    public init() {}

    /// The engine must be one of those.
    public func validate() throws {
        if let engine, SchemaFiles.Engine(rawValue: engine) == nil {
            throw ValidationError("There is no engine of that name; name sqlite, postgres or json.")
        }
    }

    /// Prints or writes.
    public func run() async throws {
        let migrations = try App.requireMigrations()
        let engines = engine.flatMap(SchemaFiles.Engine.init(rawValue:)).map { [$0] } ?? SchemaFiles.Engine.allCases
        for engine in engines {
            let files = try SchemaFiles.files(migrations, for: engine)
            guard let to else {
                let texts = files.map { file in
                    engine == .json ? file.text : "-- \(engine.rawValue)/\(file.name)\n\(file.text)"
                }
                try StandardStreams.write(Array(texts.joined(separator: "\n").utf8))
                continue
            }
            let folder = "\(to)/\(engine.rawValue)"
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch {
                throw StorageError(.permission, "the folder cannot be made").at(.init(path: folder)).causedBy(error)
            }
            for file in files {
                try FileArguments.write(Array(file.text.utf8), to: "\(folder)/\(file.name)", replacing: true)
            }
        }
    }
}
