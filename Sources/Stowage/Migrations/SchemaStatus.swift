/// How a store stands to a program's migrations: what ``StorageDatabase/schemaStatus()`` found.
public struct SchemaStatus: Sendable {
    /// Whether there is no store yet.
    public var isAbsent: Bool
    /// What the store says it has applied, by number.
    public var history: [AppliedMigration]
    /// The newest migration that a store without a history has already: it will be taken as applied.
    public var adoptable: Int?
    /// What is still to be applied, in order.
    public var pending: [KnownMigration]
    /// Why nothing can be applied (SCH-2); nil when all is well.
    public var refusal: StorageError?
    /// Every difference of the store from what its history says, what is no drift among them
    /// (``SchemaDifference/isDrift``).
    public var differences: [SchemaDifference]

    /// Makes a status.
    public init(
        isAbsent: Bool = false,
        history: [AppliedMigration] = [],
        adoptable: Int? = nil,
        pending: [KnownMigration] = [],
        refusal: StorageError? = nil,
        differences: [SchemaDifference] = []
    ) {
        self.isAbsent = isAbsent
        self.history = history
        self.adoptable = adoptable
        self.pending = pending
        self.refusal = refusal
        self.differences = differences
    }

    /// Whether the store has the newest schema, and has not drifted from it.
    public var isUpToDate: Bool {
        !isAbsent && pending.isEmpty && refusal == nil && !differences.contains(where: \.isDrift)
    }

    /// The number of the newest migration that the store has; 0 for none.
    public var version: Int { history.map(\.number).max() ?? adoptable ?? 0 }
}

/// What ``StorageDatabase/initialize()`` does with migrations that a store has not applied.
public enum SchemaMigrationPolicy: String, Sendable, Hashable, Codable, CaseIterable {
    /// Applies them.
    case apply
    /// Throws `schemaMismatch` that names them.
    case refuse
}

/// Says of a `schemaMismatch` that nothing is wrong but that migrations are still to be applied.
public struct PendingMigrations: Error, Sendable, Hashable {
    /// The migrations, in order.
    public let migrations: [KnownMigration]

    package init(migrations: [KnownMigration]) { self.migrations = migrations }

    /// The error of a store that may not be changed.
    package func refusal(_ advice: String) -> StorageError {
        let names = migrations.map(\.title).joined(separator: ", ")
        let (noun, verb) = migrations.count == 1 ? ("migration", "is") : ("migrations", "are")
        return StorageError(.schemaMismatch, "the \(noun) \(names) \(verb) pending", advice: advice).causedBy(self)
    }
}
