public import Stowage

/// What a backup says of itself, once all of it was read and checked.
public struct BackupSummary: Sendable, Hashable {
    /// The file.
    public var path: String
    /// When it was written.
    public var createdAt: Timestamp
    /// The adapter from which it was taken: `json`, `sqlite`, `postgres`.
    public var adapter: String
    /// How many records it holds.
    public var records: Int
    /// How many fields of the state it holds, foreign keys of the file among them.
    public var stateFields: Int
    /// Its length.
    public var byteCount: Int
    /// The SHA-256 of all but its last line, as 64 hexadecimal digits.
    public var checksum: String
}

/// What a backup did.
public struct BackupReport: Sendable, Hashable {
    /// The store from which the backup was taken.
    public var source: StorageLocation
    /// The file that was written, read back and compared.
    public var backup: BackupSummary
    /// Records that were read back from the file and are those of the store, to the bit.
    public var verified: Int
}

/// What a restore did.
public struct RestoreReport: Sendable, Hashable {
    /// The store, which now equals the backup.
    public var target: StorageLocation
    /// The file.
    public var backup: BackupSummary
    /// Records that the store held before, and that are gone or replaced.
    public var removed: Int
    /// Columns of its table that no field names, and whose values went with those records. Where such a column does not fill
    /// itself, values that the backup has for it are kept beside the fields.
    public var clearedColumns: [String] = []
    /// Records that were read back from the store and are those of the file, to the bit.
    public var verified: Int
}
