#if Postgres
public import Stowage
internal import StowageSQL
internal import Synchronization

/// Keeps collections in a Postgres database.
///
/// ```swift
/// let driver = try PostgresDriver(url: "postgresql://app:secret@db.example/sessions")
/// ```
///
/// Reads outside transactions are single statements; all writes are serializable transactions, mostly of one round
/// trip. The tables are ordinary ones: every Postgres tool reads them.
public final class PostgresDriver: StorageDriver {
    /// The hosts, the database and the search path that the URL sets, without role and password.
    public let location: StorageLocation
    /// All that the contract names.
    public let capabilities = Capabilities(
        [
            .transactions, .nestedTransactions, .durability, .multipleProcesses, .readOnlyAccess, .indexes, .plan,
            .schemaMigrations, .staging,
        ],
        maximumRecordBytes: 1_000_000_000
    )

    let options: PostgresOptions
    /// What a timeout says was waited for.
    let wait: String
    /// One opening or closing at a time.
    let opening = AsyncGate(1)
    let url: String
    private let state = Mutex(State())

    private struct State {
        var pool: PostgresPool?
        var access = StorageAccess.readWrite
        var tables: [PostgresTable] = []
        var isClosed = false
    }

    /// Names a database; nothing is connected before ``open(_:access:context:)``.
    ///
    /// - Parameters:
    ///   - url: A libpq URL, several hosts allowed: `postgresql://user:password@host:port/database?sslmode=require`.
    ///   - options: Sizes and times.
    /// - Throws: `configuration` for a URL that libpq cannot read; the error does not quote it.
    public init(url: String, options: PostgresOptions = .init()) throws {
        let endpoint = try PostgresEndpoint(url: url)
        guard options.poolSize > 0 else {
            throw StorageError(.configuration, "a connection pool needs room for at least one connection")
        }
        self.url = options.allowsStandby ? Self.allowingStandby(url, endpoint) : url
        self.options = options
        location = StorageLocation(backend: "postgres", description: endpoint.publicURL)
        wait = "a free connection to \(location)"
    }

    /// The URL with the standby asked for by name, unless it names a kind of server itself.
    private static func allowingStandby(_ url: String, _ endpoint: PostgresEndpoint) -> String {
        guard !url.contains("target_session_attrs") else { return url }
        guard url.contains("://") else { return url + " target_session_attrs=any" }
        return url + (url.contains("?") ? "&" : "?") + "target_session_attrs=any"
    }

    /// Postgres finds out about reads that fit into no order when they are committed.
    public var commitsReads: Bool { true }

    // MARK: State

    /// The open pool.
    func openedPool() throws -> PostgresPool {
        try state.withLock { state in
            if state.isClosed { throw Self.closed }
            guard let pool = state.pool else { throw Self.notOpen }
            return pool
        }
    }

    /// The table of a collection.
    func opened(_ collection: CollectionSchema) throws -> PostgresTable {
        try state.withLock { state in
            if state.isClosed { throw Self.closed }
            if state.pool == nil { throw Self.notOpen }
            for table in state.tables where table.describes(collection) { return table }
            throw StorageError(.invalidArgument, "the collection was not opened").inCollection(collection.name)
        }
    }

    /// Whether any collection is open.
    var hasTables: Bool { state.withLock { !$0.tables.isEmpty } }

    func requireWritable() throws {
        if state.withLock({ $0.pool != nil && $0.access == .readOnly }) {
            throw StorageError(.readOnly, "the store was opened for reading only")
        }
    }

    private static var closed: StorageError { StorageError(.closed, "the storage was closed") }
    private static var notOpen: StorageError { StorageError(.invalidArgument, "the storage was not opened") }

    /// Which collections are not known yet.
    func missing(of collections: [CollectionSchema]) -> [CollectionSchema] {
        state.withLock { state in
            collections.filter { wanted in !state.tables.contains { $0.describes(wanted) } }
        }
    }

    /// The collections that are open.
    var collections: [CollectionSchema] { state.withLock { $0.tables.map(\.schema) } }

    func keep(_ tables: [PostgresTable]) { state.withLock { $0.tables += tables } }

    /// The pool, made by the first opening; whether it is new.
    ///
    /// - Parameter home: Where its sessions look first.
    func pool(for access: StorageAccess, _ home: PostgresHome) throws -> (PostgresPool, isNew: Bool) {
        try state.withLock { state in
            if state.isClosed { throw Self.closed }
            if let pool = state.pool {
                if state.access == .readOnly, access == .readWrite {
                    throw StorageError(.readOnly, "the store is open for reading only")
                }
                return (pool, false)
            }
            var configuration = PostgresPoolConfiguration()
            configuration.size = options.poolSize
            configuration.lifetime = options.maximumLifetime
            configuration.idleTime = options.idleTime
            configuration.preparedStatements = max(0, options.preparedStatements)
            configuration.setupScript = PostgresSession.setup(access, home)
            let pool = try PostgresPool(url: url, configuration: configuration)
            state.pool = pool
            state.access = access
            return (pool, true)
        }
    }

    /// Forgets a pool whose database turned out to be unfit, so that the next opening begins anew.
    func forget(_ pool: PostgresPool) async {
        state.withLock { if $0.pool === pool { $0.pool = nil } }
        try? await pool.close(deadline: .after(.seconds(5)))
    }

    /// Waits for the connections in use, and closes all. Later calls throw `closed`.
    public func close() async throws {
        await withCheckedContinuation { continuation in opening.whenAcquired { continuation.resume() } }
        defer { opening.release() }
        let pool = state.withLock { state in
            defer {
                state.isClosed = true
                state.tables = []
            }
            return state.pool
        }
        try await pool?.close()
    }
}

extension PostgresEndpoint {
    /// The search path that the URL's `options` set, as the server reads them: the last one counts.
    private var searchPath: String? {
        // Words are parted by blanks; a backslash keeps the next character as it is.
        var words: [String] = [""]
        var isEscaped = false
        for scalar in (settings["options"] ?? "").unicodeScalars {
            if isEscaped || !scalar.properties.isWhitespace && scalar != "\\" {
                words[words.count - 1].unicodeScalars.append(scalar)
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else if !words[words.count - 1].isEmpty {
                words.append("")
            }
        }
        var path: String?
        for (index, word) in words.enumerated() {
            let isValue = index > 0 && words[index - 1] == "-c"
            let setting = word.hasPrefix("--") || word.hasPrefix("-c") ? String(word.dropFirst(2)) : isValue ? word : ""
            let sides = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, sides[0].lowercased().replacing("-", with: "_") == "search_path" else { continue }
            path = String(sides[1])
        }
        return path
    }

    /// The place as a URL without role and password. Of its parameters only the search path tells stores apart.
    fileprivate var publicURL: String {
        func encoded(_ text: String, keeping kept: String) -> String {
            var result = ""
            for byte in text.utf8 {
                let scalar = Unicode.Scalar(byte)
                if byte < 0x80,
                    scalar.properties.isAlphabetic || (0x30...0x39).contains(byte)
                        || kept.unicodeScalars.contains(scalar)
                {
                    result.unicodeScalars.append(scalar)
                } else {
                    let digits = String(byte, radix: 16, uppercase: true)
                    result += "%" + (digits.count == 1 ? "0" : "") + digits
                }
            }
            return result
        }
        let places = hosts.map { host in
            let name = host.name ?? host.address ?? ""
            let text = encoded(name, keeping: "-._~")
            let isAddress = name.utf8.contains(UInt8(ascii: ":"))
            return (isAddress ? "[\(name)]" : text) + (host.port.map { ":" + $0 } ?? "")
        }
        return "postgresql://" + places.joined(separator: ",")
            + (settings["dbname"].map { "/" + encoded($0, keeping: "-._~") } ?? "")
            + (searchPath.map { "?options=-csearch_path%3D" + encoded($0, keeping: "-._~,") } ?? "")
    }
}
#endif
