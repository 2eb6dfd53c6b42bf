import FoundationEssentials
import Stowage
import Testing

/// A driver that only says what it was made of.
final class NamedDriver: StorageDriver {
    let location: StorageLocation
    let capabilities = Capabilities([])
    let notes: [String]

    init(_ backend: String, _ place: String, notes: [String] = []) {
        location = StorageLocation(backend: backend, description: place)
        self.notes = notes
    }
    func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {}
    func close() async throws {}
    func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        throw StorageError(.unsupported, "it only has a name")
    }
}

/// A factory with four backends as the adapters describe theirs, an injected environment and a home of its own.
struct ConfigurationBench {
    let home: String
    var environment: [String: String]

    init(_ environment: [String: String] = [:]) throws {
        home = FileManager.default.temporaryDirectory.path + "/stowage-configuration-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        self.environment = ["HOME": home].merging(environment) { $1 }
    }

    static let server = StorageBackend(
        name: "postgres",
        schemes: ["postgres", "postgresql"],
        place: .server(parameters: { ["sslmode", "password", "host", "connect_timeout", "application_name"] })
    ) { settings in
        NamedDriver("postgres", try settings.url().description, notes: ["\(try settings.poolSize(default: 4))"])
    }

    static func file(_ name: String) -> StorageBackend {
        StorageBackend(name: name, place: .file(defaultName: "\(name)-own")) { NamedDriver(name, try $0.path()) }
    }

    /// A third party's, with keys and URL parameters of its own.
    static let lmdb = StorageBackend(name: "lmdb", place: .file(parameters: ["mode"])) { settings in
        let notes = [
            "\(try settings.int("mapSize", in: 1...64) ?? 1)",
            SettingShape.text(try settings.duration("syncEvery")), try settings.string("key", isSecret: true) ?? "none",
            try settings.choice("order", of: Order.self)?.rawValue ?? "none", settings.parameter("mode") ?? "none",
        ]
        return NamedDriver("lmdb", try settings.path(), notes: notes)
    }
    enum Order: String, CaseIterable { case bytes, integers }

    func factory(_ arguments: [String: String] = [:]) -> StorageFactory {
        StorageFactory(
            prefix: "MINSKY",
            store: "SESSION",
            backends: [Self.file("json"), Self.file("sqlite"), Self.server, .memory, Self.lmdb],
            defaultFiles: ["json": "session-db.json", "sqlite": "sessions.db"],
            arguments: arguments,
            environment: environment
        )
    }

    /// Backend and place, in one text.
    func place(at location: String? = nil, _ arguments: [String: String] = [:]) throws -> String {
        let configuration = try factory(arguments).configuration(at: location)
        #expect(configuration.location.backend == configuration.backend)
        return "\(configuration.backend) \(configuration.location.description)"
    }

    /// The error that the configuration is refused with.
    func refusal(
        at location: String? = nil,
        _ arguments: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        let error = try #require(
            #expect(throws: StorageError.self, sourceLocation: sourceLocation) {
                try factory(arguments).configuration(at: location)
            }
        )
        #expect(error.code == .configuration, sourceLocation: sourceLocation)
        #expect(error.advice != nil, sourceLocation: sourceLocation)
        return error.description
    }

    func write(_ text: String, to path: String) throws {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    /// Writes the configuration file at its default place.
    func configure(_ text: String) throws { try write(text, to: "\(home)/.config/minsky/config.json") }

    func setting(_ name: String) throws -> Setting? { try factory().report().first { $0.name == name } }
}

enum SettingShape {
    static func text(_ duration: Duration?) -> String { duration.map { "\($0)" } ?? "none" }
}
