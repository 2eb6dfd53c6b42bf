/// What an adapter does beyond the minimum. Apps ask at run time; the kit asks the same values (LIF-5).
public struct Capabilities: Sendable, Hashable {
    /// What it does.
    public var features: Set<Feature>
    /// The most bytes of one record that it keeps; nil for no limit of its own.
    public var maximumRecordBytes: Int?

    /// Declares capabilities.
    public init(_ features: Set<Feature>, maximumRecordBytes: Int? = nil) {
        self.features = features
        self.maximumRecordBytes = maximumRecordBytes
    }

    /// Whether the adapter does it.
    public func contains(_ feature: Feature) -> Bool { features.contains(feature) }

    /// Throws `unsupported` unless the adapter does it.
    public func require(_ feature: Feature, for what: String) throws {
        if !contains(feature) {
            throw StorageError(.unsupported, "this adapter does not do \(what): it lacks the capability \(feature)")
        }
    }

    /// One ability, named so that reports can show it.
    public struct Feature: Sendable, Hashable, RawRepresentable, CustomStringConvertible {
        /// Its stable name.
        public var rawValue: String
        /// An ability by its name.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// Its stable name.
        public var description: String { rawValue }

        /// Transactions over several calls.
        public static let transactions = Feature(rawValue: "transactions")
        /// Nested transactions that roll back alone (TXN-2).
        public static let nestedTransactions = Feature(rawValue: "nestedTransactions")
        /// Acknowledged writes survive the end of the process and power loss (DUR-1).
        public static let durability = Feature(rawValue: "durability")
        /// Several processes may use one store at once.
        public static let multipleProcesses = Feature(rawValue: "multipleProcesses")
        /// Opening for reading only.
        public static let readOnlyAccess = Feature(rawValue: "readOnlyAccess")
        /// Queries are answered by the engine, with its indexes (QRY-10).
        public static let indexes = Feature(rawValue: "indexes")
        /// The engine shows how it answers a query (QRY-10).
        public static let plan = Feature(rawValue: "plan")
        /// Schema migrations are applied, once and in order (SCH-1, SCH-2); the driver is a ``SchemaDriver``.
        public static let schemaMigrations = Feature(rawValue: "schemaMigrations")
    }
}

/// Where a store is, fit to be shown: no credential is part of it.
public struct StorageLocation: Sendable, Hashable, CustomStringConvertible {
    /// The adapter's name: `json`, `sqlite`, `postgres`, `memory`.
    public var backend: String
    /// A path, or a URL without its password.
    public var description: String

    /// Makes a location.
    public init(backend: String, description: String) {
        self.backend = backend
        self.description = description
    }
}

/// What ``DatabaseStorage/health()`` found.
public struct StorageHealth: Sendable, Hashable {
    /// The engine and its version: `SQLite 3.40.1`.
    public var backendVersion: String
    /// Further facts worth showing, such as the journal mode, by name.
    public var details: [String: String]

    /// Makes a report.
    public init(backendVersion: String, details: [String: String] = [:]) {
        self.backendVersion = backendVersion
        self.details = details
    }
}
