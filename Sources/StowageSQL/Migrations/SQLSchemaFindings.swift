package import Stowage

/// What an SQL store says about its schema, and what follows from it: pure, the engines only fill it in.
package struct SQLSchemaFindings: Sendable {
    /// The rows of the history; empty when there is no such table.
    package var history: [AppliedMigration]
    /// The live tables of all collections that any version knows.
    package var tables: [ByteText: SQLLiveTable]
    /// Those of Stowage's own tables that stand beside them.
    package var ownTables: [ByteText: SQLLiveTable] = [:]
    /// Whether the table of the history loses its rows when the server crashes.
    package var historyIsUnlogged = false
    /// What else has a name among those of tables and indexes.
    package var relations: [SQLRelation] = []

    private let migrations: [SQLMigration]
    let known: [KnownMigration]
    let versions: [[CollectionShape]]
    let dialect: any SQLDialect
    let isSame: @Sendable (String, String) -> Bool

    /// Prepares for a store that has nothing yet.
    ///
    /// - Parameter isSame: How the engine compares names.
    package init(
        _ migrations: SchemaMigrations,
        _ dialect: any SQLDialect,
        isSame: @escaping @Sendable (String, String) -> Bool
    ) throws {
        let texts = try SQLMigrationWriter(dialect).migrations(migrations)
        self.migrations = texts
        known = texts.map { KnownMigration($0.migration, text: $0.text) }
        versions = try migrations.versions()
        self.dialect = dialect
        self.isSame = isSame
        history = []
        tables = [:]
    }

    /// All collections of all versions, each once, in the shape that it had last.
    package var collections: [CollectionSchema] {
        var found: [CollectionSchema] = []
        for shape in versions.reversed().joined() where !found.contains(where: { $0.isNamed(shape.name) }) {
            found.append(shape.schema)
        }
        return found
    }

    /// Stowage's own tables, but for the history itself: what reads that checks it.
    package static let ownCollections: [CollectionSchema] = [.state, .moves]

    /// What is to be done, under the lock or without it.
    package struct Plan: Sendable {
        /// The migrations that the store has without having noted them.
        package var adopted: [KnownMigration]
        /// The migrations to run.
        package var pending: [(known: KnownMigration, migration: SQLMigration)]
        /// Whether there is nothing to do.
        package var isEmpty: Bool { adopted.isEmpty && pending.isEmpty }
    }

    /// Decides what is to be done.
    ///
    /// - Parameter isStrict: Whether a table that the history made and that is not there is refused: made anew, it would
    ///   hide that its records are lost (STA-2).
    /// - Throws: `schemaMismatch` as ``Stowage/SchemaPlanner``; when something is to be done, also for what would stand in
    ///   its way as far as it can be seen: no migration runs before one that cannot.
    package func plan(isStrict: Bool = true) throws -> Plan {
        let plan = try planned(isStrict)
        if !plan.isEmpty {
            try requireOwnTables()
            try requireFreeNames(for: plan)
        }
        return plan
    }

    private func planned(_ isStrict: Bool) throws -> Plan {
        if !history.isEmpty {
            let number = known.count - (try SchemaPlanner.pending(known, after: history)).count
            if isStrict, let lost = versions[number].first(where: { table($0.name).isAbsent }) {
                throw StorageError(
                    .schemaMismatch,
                    "the table is not there, and the history of migrations says that it was made",
                    advice: "Restore the table or a backup; nothing was changed"
                ).inCollection(lost.name)
            }
            return plan(after: number)
        }
        guard tables.values.contains(where: { !$0.isAbsent }) else { return plan(after: 0) }
        let number = try SchemaPlanner.adoptable(versions) { shapes, forgotten in
            differences(from: shapes) + forgotten.flatMap { table($0.name).forgotten($0, isSame: isSame) }
        }
        var plan = plan(after: number)
        plan.adopted = Array(known.prefix(number))
        return plan
    }

    /// Checks what a migration has made, before it is noted as applied: something of the same name may have stood in its
    /// way, and then no later opening would be possible.
    ///
    /// - Throws: `schemaMismatch` that names every difference.
    package func checkApplied(_ number: Int) throws {
        let wrong = differences(from: versions[number]).filter { $0.preventsAdoption || $0.kind == .missingIndex }
        guard !wrong.isEmpty else { return }
        throw StorageError(
            .schemaMismatch,
            "something else of the same name stands in its way: "
                + wrong.prefix(50).map(\.description).joined(separator: "; "),
            advice: "Rename or remove it, then try again; nothing was changed"
        )
    }

    /// The collections of a version.
    package func shapes(of number: Int) -> [CollectionShape] { versions[number] }

    private func plan(after number: Int) -> Plan {
        Plan(adopted: [], pending: Array(zip(known, migrations).dropFirst(number)).map { ($0, $1) })
    }

    private func table(_ name: String) -> SQLLiveTable { tables[ByteText(name)] ?? SQLLiveTable() }

    /// What the live tables have otherwise than some shapes.
    private func differences(from shapes: [CollectionShape]) -> [SchemaDifference] {
        shapes.flatMap { table($0.name).differences(from: $0, dialect, isSame: isSame) }
    }

    /// How the store stands to the migrations. A database with neither a history nor a table of ours is none.
    package func status(comparing: Bool) -> SchemaStatus {
        let isAbsent = history.isEmpty && tables.values.allSatisfy(\.isAbsent)
        var status = SchemaStatus(isAbsent: isAbsent, history: history.sorted { $0.number < $1.number })
        do {
            // Where differences are named, a lost table is one of them.
            let plan = try plan(isStrict: !comparing)
            status.pending = plan.pending.map(\.known)
            if history.isEmpty, !plan.adopted.isEmpty { status.adoptable = plan.adopted.count }
            let version = known.count - status.pending.count
            if comparing, !isAbsent {
                status.differences = differences(from: versions[version]) + ownDifferences()
                // What comes without a history is brought into line by opening it for writing.
                if status.adoptable != nil {
                    status.differences.removeAll { $0.kind == .missingIndex || $0.kind == .missingUnknowns }
                }
            }
        } catch {
            status.refusal = error as? StorageError
        }
        return status
    }
}
