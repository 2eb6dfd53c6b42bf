// The schema of a database: explicit calls, and what initializing does.
extension StorageDatabase {
    /// How the store stands to the database's migrations. Nothing is created, adopted or changed.
    ///
    /// - Throws: `unsupported` without migrations or on an adapter without ``Capabilities/Feature/schemaMigrations``;
    ///   `configuration` when the migrations do not lead to the record types.
    public func schemaStatus() async throws -> SchemaStatus {
        try ActiveTransaction.refuse(self, doing: "asking for the schema")
        let (migrations, driver) = try schema()
        return try await running {
            let context = options.context()
            return try await driver.schemaStatus(of: migrations, access: access, comparing: true, context: context)
        }
    }

    /// Applies what is pending, whatever ``migrationPolicy`` says (SCH-1, SCH-2).
    ///
    /// - Returns: What was applied or adopted by this call.
    /// - Throws: As ``schemaStatus()`` and ``SchemaDriver/migrate(_:context:)``; `readOnly` for a database that was
    ///   opened for reading only.
    @discardableResult
    public func migrateSchema() async throws -> [AppliedMigration] {
        try ActiveTransaction.refuse(self, doing: "migrating the schema")
        let (migrations, driver) = try schema()
        try requireWritable()
        return try await running { try await driver.migrate(migrations, context: options.context()) }
    }

    private func schema() throws -> (SchemaMigrations, any SchemaDriver) {
        guard let migrations else {
            throw StorageError(
                .unsupported,
                "the database was given no migrations",
                advice: "Give them where the database is made"
            )
        }
        try driver.capabilities.require(.schemaMigrations, for: "schema migrations")
        guard let driver = driver as? any SchemaDriver else {
            throw StorageError(.unsupported, "the adapter declares schema migrations and does not have them")
        }
        try migrations.validate(against: knownCollections)
        return (migrations, driver)
    }

    /// Brings the schema up to date before the collections are opened, or says why it is not.
    func prepareSchema(_ context: OperationContext) async throws {
        guard let migrations else { return }
        try migrations.validate(against: knownCollections)
        guard driver.capabilities.contains(.schemaMigrations), let driver = driver as? any SchemaDriver else { return }
        if access == .readWrite, migrationPolicy == .apply {
            _ = try await driver.migrate(migrations, context: context)
            return
        }
        let status = try await driver.schemaStatus(of: migrations, access: access, comparing: false, context: context)
        if let refusal = status.refusal { throw refusal }
        // An absent store is refused by opening it for reading; otherwise all of it is pending.
        if status.pending.isEmpty || status.isAbsent && access == .readOnly { return }
        throw PendingMigrations(migrations: status.pending).refusal(
            access == .readOnly
                ? "Open the store for writing to apply them; nothing was changed"
                : "Apply them with `storage schema apply`, or set the policy to apply; nothing was changed"
        )
    }
}
