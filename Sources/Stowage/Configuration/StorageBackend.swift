/// A kind of store that an app can be configured to use: a name, the keys it reads, and how its driver is made.
///
/// The adapters bring theirs (`.json`, `.sqlite`, `.postgres`, ``memory``); a third party's takes a few lines:
///
/// ```swift
/// extension StorageBackend {
///     static var lmdb: StorageBackend {
///         StorageBackend(name: "lmdb", place: .file(defaultName: "sessions.lmdb")) { settings in
///             LMDBDriver(path: try settings.path(), mapSize: try settings.int("mapSize", in: 1...64) ?? 1)
///         }
///     }
/// }
/// let factory = StorageFactory(prefix: "MINSKY", store: "SESSION", backends: [.json, .lmdb])
/// // MINSKY_SESSION_BACKEND=lmdb MINSKY_LMDB_PATH=~/x.lmdb MINSKY_LMDB_MAP_SIZE=8, or MINSKY_DATABASE_URL=lmdb:~/x.lmdb
/// ```
public struct StorageBackend: Sendable {
    /// The name by which it is chosen, and the section of its keys: `sqlite.path`, `MINSKY_SQLITE_PATH`.
    public let name: String
    /// The URL schemes that choose it, in lower case.
    public let schemes: [String]
    /// How its place is given.
    public let place: Place
    /// Makes the driver. Nothing is opened yet.
    public let make: @Sendable (_ settings: StorageSettings) throws -> any StorageDriver
    /// Makes a place apart from every store that holds data, for tools that try the backend out. A file's backend needs
    /// none, since a file can stand anywhere; a server's without it is never tried out.
    public var scratch: (@Sendable (_ settings: StorageSettings, _ name: String) throws -> ScratchPlace)?

    /// How the place of a store is given.
    public enum Place: Sendable {
        /// A file. Its key is `path` unless named otherwise, and its URL is `scheme:PATH`.
        ///
        /// - Parameters:
        ///   - key: The key within the backend's section.
        ///   - defaultName: The file's name in the app's state folder when no path is set; an app may give another
        ///     one. By default it is `STORE.BACKEND`.
        ///   - parameters: The parameters that a URL may have, as in `scheme:PATH?parameter=value`.
        case file(key: String = "path", defaultName: String? = nil, parameters: Set<String> = [])
        /// A server, given by a URL under the key `url` unless named otherwise. There is no default.
        ///
        /// - Parameters:
        ///   - key: The key within the backend's section.
        ///   - parameters: Answers the parameters that a URL may have, as in `scheme://HOST/NAME?parameter=value`. It is
        ///     called when the backend has been chosen, and never for the sake of another; what it throws is thrown to
        ///     whoever reads the configuration.
        case server(key: String = "url", parameters: @Sendable () throws -> Set<String>)
        /// None: the store is not anywhere.
        case nowhere
    }

    /// Describes a backend.
    ///
    /// - Parameters:
    ///   - name: The name by which it is chosen.
    ///   - schemes: The URL schemes that choose it; by default its name.
    ///   - place: How its place is given.
    ///   - make: Makes the driver of what was configured, reading further settings as it likes.
    public init(
        name: String,
        schemes: [String]? = nil,
        place: Place,
        make: @escaping @Sendable (_ settings: StorageSettings) throws -> any StorageDriver
    ) {
        self.name = name
        self.schemes = schemes ?? [name]
        self.place = place
        self.make = make
    }

    /// Records in memory, gone when the process ends.
    public static var memory: StorageBackend {
        StorageBackend(name: "memory", place: .nowhere) { _ in MemoryDriver() }
    }

    /// The key of the place, within the configuration.
    var placeKey: [String]? {
        switch place {
        case .file(let key, _, _), .server(let key, _): [name, key]
        case .nowhere: nil
        }
    }

    /// How its URL is written, for messages.
    var urlForm: String {
        let scheme = schemes.first ?? name
        return switch place {
        case .file: "\(scheme):PATH"
        case .server: "\(scheme)://USER@HOST/DATABASE"
        case .nowhere: "\(scheme):"
        }
    }
}
