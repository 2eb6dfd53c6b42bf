internal import FoundationEssentials
public import Stowage
internal import Synchronization

/// The harness of any backend that an app can be configured to use, apart from every store that holds data.
///
/// A backend whose place is a file works in a temporary folder; one on a server in a ``Stowage/ScratchPlace`` of its own;
/// one that is nowhere keeps a driver for each location. A third party's backend has this by being registered:
///
/// ```swift
/// let factory = StorageFactory(prefix: "SHELF", store: "BOOKS", backends: [.shelf])
/// let harness = try FactoryHarness(factory, backend: "shelf")
/// print(await ConformanceRunner.run(harness))
/// await harness.removeAll()
/// ```
public final class FactoryHarness: ConformanceHarness {
    /// The backend's name.
    public let adapter: String

    private let factory: StorageFactory
    private let backend: StorageBackend
    /// What chooses the backend: its name, or a URL.
    private let choice: String
    private let folder: String
    private let worker: [String]
    private let places = Mutex(Places())

    private struct Places {
        var drivers: [HarnessLocation: any StorageDriver] = [:]
        var scratch: [HarnessLocation: ScratchPlace] = [:]
    }

    /// Takes a backend from a factory.
    ///
    /// - Parameters:
    ///   - factory: The app's factory; its settings hold, except for the place of a file.
    ///   - backend: A registered backend's name or a URL; nil for the one that the configuration chooses.
    ///   - folder: Where the files go, which a worker is told; a new temporary folder by default.
    ///   - worker: The command that starts a worker, its program's path first, to which `--backend`, `--folder`,
    ///     `--location`, `--job` and `--name` are added; empty when there is none.
    /// - Throws: `configuration` as the factory does; `unsupported` for a server's backend that cannot make a place of
    ///   its own.
    public init(
        _ factory: StorageFactory,
        backend choice: String? = nil,
        folder: String? = nil,
        worker: [String] = []
    ) throws {
        let name = try factory.configuration(at: choice).backend
        guard let backend = factory.backends.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
            throw StorageError(.configuration, "the backend is not registered")
        }
        if case .server = backend.place, backend.scratch == nil {
            throw StorageError(
                .unsupported,
                "the backend \(name) has no way to make a store of its own beside those that hold data",
                advice: "Give its StorageBackend a scratch place"
            )
        }
        self.factory = factory
        self.backend = backend
        adapter = name
        // A file's URL names the app's store, which the kit stays away from.
        if case .file = backend.place { self.choice = name } else { self.choice = choice ?? name }
        let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        self.folder = folder ?? FileManager.default.temporaryDirectory.path + "/stowage-kit-" + unique
        self.worker = worker
    }

    /// A store that is kept can be opened with another schema, and a file can be written by others.
    public var abilities: Set<HarnessAbility> {
        switch backend.place {
        case .file: workers.union([.otherSchema, .storedFile])
        case .server: workers.union([.otherSchema, .losesConnections])
        case .nowhere: []
        }
    }

    private var workers: Set<HarnessAbility> { worker.isEmpty ? [] : [.workers] }

    /// The worker's command with what it needs to know.
    public func workerCommand(_ job: ConformanceWorker.Job, at location: HarnessLocation, name: String) -> [String]? {
        if worker.isEmpty { return nil }
        // A URL may hold a password, and a command line is public: the starter leaves it in the environment.
        let backend = choice.utf8.contains(UInt8(ascii: ":")) ? "environment" : choice
        return worker
            + [
                "--backend", backend, "--folder", folder, "--location", location.name, "--job", job.rawValue, "--name",
                name,
            ]
    }

    /// A database over a new driver; for a backend that is nowhere, over the location's one driver.
    public func open(
        at location: HarnessLocation,
        access: StorageAccess,
        options: StorageOptions
    ) throws -> StorageDatabase {
        StorageDatabase(driver: try driver(location, access), access: access, options: options)
    }

    private func driver(_ location: HarnessLocation, _ access: StorageAccess) throws -> any StorageDriver {
        switch backend.place {
        case .file(let key, _, _):
            try Self.makeFolder(folder + "/" + location.name)
            return try factory.with("\(backend.name).\(key)", path(location))
                .configuration(at: choice, access: access).driver
        case .server:
            return try factory.replacing(backend, make: { try self.scratch($0, location) })
                .configuration(at: choice, access: access).driver
        case .nowhere:
            if let known = places.withLock({ $0.drivers[location] }) { return known }
            let new = try factory.configuration(at: choice, access: access).driver
            return places.withLock { places in
                if let known = places.drivers[location] { return known }
                places.drivers[location] = new
                return new
            }
        }
    }

    private func scratch(_ settings: StorageSettings, _ location: HarnessLocation) throws -> any StorageDriver {
        guard let scratch = backend.scratch else { throw StorageError(.unsupported, "no place can be made") }
        let place = try scratch(settings, "stowage_kit_" + location.name)
        // The first stays: what it did to the place it can undo.
        places.withLock { if $0.scratch[location] == nil { $0.scratch[location] = place } }
        return place.driver
    }

    /// The file of a store whose backend keeps it in one.
    public func storedFile(at location: HarnessLocation) -> String? {
        if case .file = backend.place { path(location) } else { nil }
    }

    /// What the location's place on the server offers.
    public func connections(at location: HarnessLocation) -> ConnectionFault? {
        places.withLock { $0.scratch[location]?.connections }
    }

    private func path(_ location: HarnessLocation) -> String { "\(folder)/\(location.name)/store.\(backend.name)" }

    /// Removes the location's folder, its place on the server, or its driver.
    public func destroy(_ location: HarnessLocation) async throws {
        let place = places.withLock { places in
            places.drivers[location] = nil
            return places.scratch.removeValue(forKey: location)
        }
        try await place?.remove()
        if case .file = backend.place { try Self.remove(folder + "/" + location.name) }
    }

    /// Removes what the harness itself has made, once no location is left.
    public func removeAll() async { try? Self.remove(folder) }

    private static func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    private static func remove(_ path: String) throws {
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
    }
}

extension StorageFactory {
    /// The factory with one backend's driver made in another way.
    fileprivate func replacing(
        _ backend: StorageBackend,
        make: @escaping @Sendable (StorageSettings) throws -> any StorageDriver
    ) -> StorageFactory {
        let other = StorageBackend(name: backend.name, schemes: backend.schemes, place: backend.place, make: make)
        return StorageFactory(
            prefix: prefix,
            store: store,
            backends: backends.map { $0.name.utf8.elementsEqual(backend.name.utf8) ? other : $0 },
            defaultFiles: defaultFiles,
            arguments: arguments,
            environment: environment
        )
    }
}
