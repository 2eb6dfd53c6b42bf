public import ArgumentParser
internal import Stowage

/// `storage …`: what any app can say about its store.
public struct StorageCommand<App: StorageApp>: AsyncParsableCommand {
    /// The name and the subcommands.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "storage",
            abstract: "Show where the records are kept and whether all is well; back them up and restore them.",
            subcommands: [
                StorageInfoCommand<App>.self, StorageHealthCommand<App>.self, StorageSchemaCommand<App>.self,
                StorageBackupCommand<App>.self, StorageRestoreCommand<App>.self, StorageConformCommand<App>.self,
                StorageWorkerCommand<App>.self,
            ]
        )
    }

    /// Made by the parser.
    public init() {}
}

/// `storage info`: the backend, its location, and every setting with the level and the key that it came from.
public struct StorageInfoCommand<App: StorageApp>: AsyncParsableCommand {
    /// The name and the help.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "info",
            abstract: "Show the store's settings, and where each came from.",
            discussion: """
                Nothing is opened or changed. Credentials are shown as ****.
                The levels, highest first: argument, environment, file, default.
                """
        )
    }

    @Flag(help: "Print one JSON object.")
    var json = false

    /// Made by the parser.
    public init() {}

    /// Prints the settings.
    public func run() async throws {
        let configuration = try App.factory.configuration()
        if json {
            var object = JSONObject()
            object["backend"] = .string(configuration.backend)
            object["location"] = .string(configuration.location.description)
            object["settings"] = .array(configuration.settings.map(\.json))
            try JSONOutput.print(.object(object))
            return
        }
        var table = TextTable(["setting", "value", "level", "key"])
        for setting in configuration.settings {
            table.add([setting.name, setting.value, setting.level.rawValue, setting.key])
        }
        try StandardStreams.print(
            """
            backend   \(configuration.backend)
            location  \(TextTable.printable(configuration.location.description))

            \(table.text)
            """
        )
    }
}

/// `storage health`: asks the engine whether it is well.
public struct StorageHealthCommand<App: StorageApp>: AsyncParsableCommand {
    /// The name and the help.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "health",
            abstract: "Ask the store whether it is well.",
            discussion: """
                The store is opened for reading alone: nothing is created or changed. The exit status is 0 when the \
                store answers, 66 when there is none yet, and as for every other command when it cannot be read.
                """
        )
    }

    @Flag(help: "Print one JSON object.")
    var json = false

    /// Made by the parser.
    public init() {}

    /// Prints what the engine says.
    public func run() async throws {
        let (location, health) = try await App.withStorage(access: .readOnly) { storage in
            (storage.location, try await storage.health())
        }
        let details = health.details.sorted { $0.key < $1.key }
        if json {
            var object = JSONObject()
            object["healthy"] = .bool(true)
            object["backend"] = .string(location.backend)
            object["location"] = .string(location.description)
            object["version"] = .string(health.backendVersion)
            var inner = JSONObject()
            for (name, value) in details { inner[name] = .string(value) }
            object["details"] = .object(inner)
            try JSONOutput.print(.object(object))
            return
        }
        var table = TextTable([])
        table.add(["healthy", "yes"])
        table.add(["location", location.description])
        table.add(["version", health.backendVersion])
        for (name, value) in details { table.add([name, value]) }
        try StandardStreams.print(table.text)
    }
}

extension Setting {
    fileprivate var json: JSON {
        var object = JSONObject()
        object["name"] = .string(name)
        object["value"] = .string(value)
        object["level"] = .string(level.rawValue)
        object["key"] = .string(key)
        return .object(object)
    }
}
