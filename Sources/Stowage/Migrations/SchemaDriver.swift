/// What a driver does beyond ``StorageDriver`` when its engine keeps a schema: it applies migrations, each once, in order,
/// under a lock that holds across processes (SCH-1).
///
/// A driver that declares ``Capabilities/Feature/schemaMigrations`` conforms to this. The core calls ``migrate(_:context:)``
/// before ``StorageDriver/open(_:access:context:)``; one that does not conform simply opens, with the checks of SCH-3.
public protocol SchemaDriver: StorageDriver {
    /// The migrations as the engine runs them: their texts decide their checksums.
    ///
    /// - Throws: `configuration` as ``SchemaMigrations/versions()``.
    func schemaTexts(of migrations: SchemaMigrations) throws -> [String]

    /// How the store stands to the migrations. Nothing is created, adopted or changed; an absent store is no error.
    ///
    /// - Parameters:
    ///   - access: How the driver will be opened: what is opened here stays open.
    ///   - comparing: Whether to look for differences of the live schema as well.
    func schemaStatus(
        of migrations: SchemaMigrations,
        access: StorageAccess,
        comparing: Bool,
        context: OperationContext
    ) async throws -> SchemaStatus

    /// Brings the store to the newest schema: adopts what is there without a history, and applies what is pending, each
    /// migration with its row of the history in one transaction.
    ///
    /// Promised: of several processes that call it at once each migration is run by one; a migration that fails
    /// leaves schema, records and history as they were before it.
    ///
    /// - Returns: What this call has applied or adopted.
    /// - Throws: `schemaMismatch` as ``SchemaPlanner`` says; `timeout` with what was waited for; what the migration met.
    func migrate(_ migrations: SchemaMigrations, context: OperationContext) async throws -> [AppliedMigration]
}

extension SchemaDriver {
    /// The migrations with their checksums.
    package func known(_ migrations: SchemaMigrations) throws -> [KnownMigration] {
        zip(migrations.list, try schemaTexts(of: migrations)).map { KnownMigration($0, text: $1) }
    }
}
