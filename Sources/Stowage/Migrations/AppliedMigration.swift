/// What a store knows of a migration that it has applied: a row of its history.
public struct AppliedMigration: Sendable, Hashable {
    /// The migration's number.
    public var number: Int
    /// Its name.
    public var name: String
    /// The SHA-256 of its text for the store's engine, in hexadecimal digits.
    public var checksum: String
    /// When it was applied.
    public var appliedAt: Timestamp
    /// How long it took, in milliseconds.
    public var milliseconds: Int64
    /// Which program applied it, and with which version of Stowage.
    public var appliedBy: String
    /// Whether the store was found to have this schema already, and nothing was run.
    public var isAdopted: Bool

    /// Makes a row.
    public init(
        number: Int,
        name: String,
        checksum: String,
        appliedAt: Timestamp,
        milliseconds: Int64 = 0,
        appliedBy: String = AppliedMigration.thisProgram,
        isAdopted: Bool = false
    ) {
        self.number = number
        self.name = name
        self.checksum = checksum
        self.appliedAt = appliedAt
        self.milliseconds = milliseconds
        self.appliedBy = appliedBy
        self.isAdopted = isAdopted
    }

    /// This program's name and the version of Stowage.
    public static var thisProgram: String {
        let path = CommandLine.arguments.first ?? "?"
        return "\(path.split(separator: "/").last ?? "?"), Stowage \(StowageVersion.current)"
    }

    /// A row for a migration that a store is found to have already.
    package static func adopted(_ migration: KnownMigration) -> AppliedMigration {
        AppliedMigration(
            number: migration.number,
            name: migration.name,
            checksum: migration.checksum,
            appliedAt: .now,
            isAdopted: true
        )
    }
}

/// The version of this library, as stores note it.
public enum StowageVersion {
    /// The version.
    public static let current = "0.1.0"
}
