public import ArgumentParser
internal import Stowage
internal import StowageMigration

/// `storage schema …`: what the store's schema is, and what it should be.
public struct StorageSchemaCommand<App: StorageApp>: AsyncParsableCommand {
    /// The name and the subcommands.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "schema",
            abstract: "Show and apply the schema migrations of the store.",
            subcommands: [
                SchemaStatusCommand<App>.self, SchemaPlanCommand<App>.self, SchemaApplyCommand<App>.self,
                SchemaValidateCommand<App>.self, SchemaPrintCommand<App>.self,
            ],
            defaultSubcommand: SchemaStatusCommand<App>.self
        )
    }

    /// Made by the parser.
    public init() {}
}

/// `storage schema status`: what was applied, what is pending, and how the live schema differs from it.
public struct SchemaStatusCommand<App: StorageApp>: AsyncParsableCommand {
    /// The name and the help.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "status",
            abstract: "Show which migrations are applied, and how the store differs from them.",
            discussion: """
                The store is opened for reading alone. The exit status is 0 when the schema is up to date, 65 when a \
                migration is pending or refused or the live schema differs, and 66 when there is no store yet.
                """
        )
    }

    @Flag(help: "Print one JSON object.")
    var json = false

    /// Made by the parser.
    public init() {}

    /// Prints the status.
    public func run() async throws {
        let (location, status) = try await App.schemaStatus()
        let move = try await App.lastMove()
        if json {
            var object = status.json(at: location).object ?? JSONObject()
            if let move { object["lastMove"] = MoveJSON.move(move) }
            try JSONOutput.print(.object(object))
        } else {
            let line = move.map { "\nlast move  \(TextTable.printable($0.description))" } ?? ""
            try StandardStreams.print(status.text(at: location) + line)
        }
        if status.isUpToDate { return }
        if status.refusal == nil, status.pending.isEmpty { throw status.drift }
        throw CommandFailure(
            status: StorageError.Code.schemaMismatch.exitStatus,
            status.refusal?.code == .corrupt ? "the store is damaged" : "the schema is not up to date",
            advice: status.refusal?.advice ?? "Apply what is pending: storage schema apply"
        )
    }
}

/// `storage schema plan`: what would run.
public struct SchemaPlanCommand<App: StorageApp>: AsyncParsableCommand {
    /// The name and the help.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "plan",
            abstract: "Show what applying the pending migrations would run.",
            discussion: """
                Nothing is changed. The exit status is 0 when nothing is pending, 65 when a migration is pending or \
                refused, and 66 when there is no store yet.
                """
        )
    }

    @Flag(help: "Print one JSON object.")
    var json = false

    /// Made by the parser.
    public init() {}

    /// Prints the texts of the pending migrations.
    public func run() async throws {
        let (location, status) = try await App.schemaStatus()
        if let refusal = status.refusal { throw refusal }
        let texts = try App.withSchemaDriver { driver, migrations in try driver.schemaTexts(of: migrations) }
        let pending = status.pending.map { ($0, texts[$0.number - 1]) }
        if json {
            var object = JSONObject()
            object["location"] = .string(location)
            object["version"] = .number(JSONNumber(status.version))
            object["pending"] = .array(
                pending.map { migration, text in
                    guard case .object(var object) = migration.json else { return .null }
                    object["text"] = .string(text)
                    return .object(object)
                }
            )
            try JSONOutput.print(.object(object))
        } else if !pending.isEmpty {
            try StandardStreams.print(pending.map(\.1).joined(separator: "\n"))
        }
        if pending.isEmpty {
            if !json { try StandardStreams.print("nothing is pending") }
            return
        }
        throw CommandFailure(
            status: StorageError.Code.schemaMismatch.exitStatus,
            "\(pending.count) pending: \(pending.map(\.0.title).joined(separator: ", "))",
            advice: "Apply what is pending: storage schema apply"
        )
    }
}

/// `storage schema apply`: applies what is pending.
public struct SchemaApplyCommand<App: StorageApp>: AsyncParsableCommand {
    /// The name and the help.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "apply",
            abstract: "Apply the pending migrations.",
            discussion: """
                A store that is absent is made. Any number of processes may do this at once: each migration is applied \
                once. One that fails is undone, and those before it stay.
                """
        )
    }

    @Flag(help: "Print one JSON object.")
    var json = false

    /// Made by the parser.
    public init() {}

    /// Applies and says what was done.
    public func run() async throws {
        let applied = try await App.withDatabase(access: .readWrite) { try await $0.migrateSchema() }
        if json {
            var object = JSONObject()
            object["applied"] = .array(applied.map(\.json))
            return try JSONOutput.print(.object(object))
        }
        if applied.isEmpty { return try StandardStreams.print("nothing was pending") }
        for migration in applied {
            try StandardStreams.print(
                "\(migration.isAdopted ? "adopted" : "applied") \(migration.number) \(migration.name)"
            )
        }
    }
}

/// `storage schema validate`: checks the migrations themselves, and what the store has applied of them.
public struct SchemaValidateCommand<App: StorageApp>: AsyncParsableCommand {
    /// The name and the help.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "validate",
            abstract: "Check the migrations against the record types and the store's history.",
            discussion: """
                Nothing is changed, and pending migrations are no fault. The exit status is 78 when the migrations do \
                not lead to the record types, and 65 when the store has applied others than these or its tables are \
                not what those it has applied have made.
                """
        )
    }

    /// Made by the parser.
    public init() {}

    /// Checks.
    public func run() async throws {
        // The list itself first: that needs no store.
        let migrations = try App.requireMigrations()
        try migrations.validate(against: [App.Record.schema.collection])
        let valid = Counted.text(migrations.list.count, "migration is", plural: "migrations are") + " valid"
        do {
            let (_, status) = try await App.schemaStatus()
            if let refusal = status.refusal { throw refusal }
            try status.requireNoDrift()
        } catch let error as StorageError where error.code == .notFound {
            return try StandardStreams.print("\(valid); there is no store yet")
        }
        try StandardStreams.print("\(valid), and the store has applied no others")
    }
}

extension StorageApp {
    /// Makes the database, runs the body, and closes it.
    static func withDatabase<Result: Sendable>(
        access: StorageAccess,
        _ body: (StorageDatabase) async throws -> Result
    ) async throws -> Result {
        _ = try requireMigrations()
        let database = try factory.configuration(access: access).database()
        _ = try database.storage(Record.self, state: State.self)
        let result: Result
        do {
            result = try await body(database)
        } catch {
            try? await database.close()
            throw error
        }
        try await database.close()
        return result
    }

    static func requireMigrations() throws -> SchemaMigrations {
        guard let migrations = factory.migrations else {
            throw StorageError(.unsupported, "the program has no schema migrations")
        }
        return migrations
    }

    /// The status of a store that is there.
    static func schemaStatus() async throws -> (location: String, status: SchemaStatus) {
        let (location, status) = try await withDatabase(access: .readOnly) { database in
            (database.driver.location.description, try await database.schemaStatus())
        }
        if status.isAbsent {
            throw StorageError(.notFound, "there is no store yet", advice: "Make it: storage schema apply")
                .at(.init(path: location))
        }
        return (location, status)
    }

    /// What the store remembers of the last move into it; nil also for a store that cannot be read, as its status says.
    static func lastMove() async throws -> PastMove? {
        let database = try factory.configuration(access: .readOnly).database()
        let move = try? await PastMove.last(into: Record.self, in: database)
        try await database.close()
        return move
    }

    static func withSchemaDriver<Result>(
        _ body: (any SchemaDriver, SchemaMigrations) throws -> Result
    ) throws -> Result {
        guard let driver = try factory.configuration(access: .readOnly).driver as? any SchemaDriver else {
            throw StorageError(.unsupported, "this backend keeps no schema")
        }
        return try body(driver, requireMigrations())
    }
}
