/// What an adapter does beyond the minimum. Apps ask at run time; the kit asks the same values (LIF-5).
public struct Capabilities: Sendable, Hashable {
    /// What it does.
    public var features: Set<Feature>
    /// The most bytes of one record that it keeps, as ``Row/byteCount`` counts them; nil for no limit of its own. A write
    /// of more is refused with `invalidValue`, naming the record.
    public var maximumRecordBytes: Int?
    /// The longest id that it keeps, in bytes as ``Key/byteCount`` counts them: 1,024 unless the engine takes less
    /// (VAL-2). A longer one is refused with `invalidValue`, naming the record.
    public var maximumIDBytes: Int

    /// The longest id that the contract knows (VAL-2).
    public static let longestID = 1024

    /// Declares capabilities.
    public init(
        _ features: Set<Feature>,
        maximumRecordBytes: Int? = nil,
        maximumIDBytes: Int = Capabilities.longestID
    ) {
        self.features = features
        self.maximumRecordBytes = maximumRecordBytes
        self.maximumIDBytes = maximumIDBytes
    }

    /// Refuses a row that is larger than what is declared: for drivers whose engine does not.
    ///
    /// - Throws: `invalidValue` with the record's id.
    public func requireRoom(for row: Row, in collection: CollectionSchema) throws {
        let key = collection.key(of: row.values)
        if key.byteCount > maximumIDBytes {
            throw StorageError(.invalidValue, "an id of \(key.byteCount) bytes is longer than \(maximumIDBytes)")
                .inField(collection.fields[collection.key[0]].name).forRecord(key.description)
        }
        if let limit = maximumRecordBytes, row.byteCount > limit {
            throw StorageError(.invalidValue, "a record of \(row.byteCount) bytes is larger than \(limit)")
                .forRecord(key.description)
        }
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
        /// Collections are filled aside and published at once: ``StagingTransaction``.
        public static let staging = Feature(rawValue: "staging")
        /// Every stored record can be found, or what is wrong with it: ``RawScanDriver``.
        public static let rawScan = Feature(rawValue: "rawScan")
        /// The whole store can be taken out of use: ``RetirableDriver``.
        public static let retirement = Feature(rawValue: "retirement")
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
