#if Postgres
public import Stowage
internal import StowageSQL

extension PostgresDriver {
    /// Connects, and makes the tables and indexes that are missing.
    ///
    /// When everything is there nothing is locked. What is missing is made in one transaction, by one process at a time.
    /// For reading, a database without a table of the state has an empty state.
    ///
    /// - Throws: `unavailable`, `permission`, `notFound` (an absent database; for reading, an absent table),
    ///   `schemaMismatch` (a column is missing or of another type), `configuration` (a database that is not in UTF-8),
    ///   `timeout`.
    public func open(
        _ collections: [CollectionSchema],
        access: StorageAccess,
        context: OperationContext
    ) async throws {
        try await open(collections, naming: collections, access: access, context: context)
    }

    /// The same; the first opening looks for the store's schema by the collections that it names.
    func open(
        _ collections: [CollectionSchema],
        naming named: [CollectionSchema],
        access: StorageAccess,
        context: OperationContext
    ) async throws {
        let deadline = context.deadline
        try await opening.acquire(until: deadline, waitingFor: "the opening of \(self.location)")
        defer { opening.release() }
        let (pool, isNew) = try pool(for: access, PostgresHome(of: named))
        let wanted = missing(of: collections)
        if wanted.isEmpty, !isNew { return }
        do {
            let tables = try await pool.withConnection(deadline: deadline, waitingFor: wait) { connection in
                let catalog = try await PostgresCatalog(of: wanted, on: connection, deadline: deadline)
                try Self.check(catalog.encoding)
                if let tables = try complete(wanted, in: catalog, access) { return tables }
                return try await make(wanted, on: connection, context)
            }
            keep(tables)
        } catch {
            if isNew { await forget(pool) }
            throw (error as? StorageError)?.atIndex(nil) ?? error
        }
    }

    /// Text that another encoding lacks could not be stored, and sorting would follow that encoding.
    private static func check(_ encoding: String) throws {
        guard encoding != "UTF8" else { return }
        throw StorageError(
            .configuration,
            "the database keeps text in another encoding than UTF-8",
            advice: "Create it with ENCODING 'UTF8'"
        )
    }

    /// The tables of the collections, an absent state among them when a store is only read; nil when something has to be made first.
    private func complete(
        _ wanted: [CollectionSchema],
        in catalog: PostgresCatalog,
        _ access: StorageAccess
    ) throws -> [PostgresTable]? {
        var tables: [PostgresTable] = []
        var isComplete = true
        let isStore = hasTables || !catalog.tables.allSatisfy(\.isAbsent)
        for (schema, table) in zip(wanted, catalog.tables) {
            if table.isAbsent {
                if access == .readOnly {
                    // A store that another program made has no state, and that is an empty one.
                    if schema.isState, isStore {
                        tables.append(try PostgresTable(.absent(schema)))
                        continue
                    }
                    // Without the records there is no store; without the state there may be one.
                    let absent = zip(wanted, catalog.tables).first { $1.isAbsent && !$0.isState }?.0 ?? schema
                    throw StorageError(
                        .notFound,
                        "the database has no table of this collection",
                        advice: "Check which database is meant"
                    )
                    .inCollection(absent.name)
                }
                isComplete = false
                continue
            }
            tables.append(try table.described(schema))
            if access == .readWrite, table.lacks(schema) != (false, false) { isComplete = false }
        }
        return isComplete ? tables : nil
    }

    // MARK: Making tables

    /// The one lock under which tables are made, a number of ours in each database ("stowage" in ASCII).
    private static let lock: Int64 = 0x73_746f_7761_6765

    /// Makes what is missing. Transaction-level locks go with the transaction, also behind a proxy that pools them.
    private func make(
        _ wanted: [CollectionSchema],
        on connection: PostgresConnection,
        _ context: OperationContext
    ) async throws -> [PostgresTable] {
        let deadline = context.deadline
        do {
            _ = try await connection.run(
                [
                    PostgresSession.plain("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"),
                    PostgresSession.plain("SET LOCAL lock_timeout = \(max(deadline.remainingMilliseconds, 1))"),
                    PostgresSession.plain("SELECT pg_advisory_xact_lock(\(Self.lock))"),
                ],
                deadline: deadline
            )
            let home = PostgresHome(of: collections + wanted)
            if !home.isNowhere { try await home.enter(on: connection, deadline) }
            // Another process may have been first.
            let found = try await PostgresCatalog(of: wanted, on: connection, deadline: deadline)
            let statements = try await Self.statements(for: wanted, in: found, on: connection, deadline)
            if !statements.isEmpty {
                _ = try await connection.run(statements.map(PostgresSession.plain), deadline: deadline)
            }
            let made = try await PostgresCatalog(of: wanted, on: connection, deadline: deadline)
            guard let tables = try complete(wanted, in: made, .readWrite) else {
                throw StorageError(
                    .schemaMismatch,
                    "an index of the schema could not be made, since another table has one of its name"
                )
            }
            _ = try await connection.run([PostgresSession.commit], commits: true, deadline: deadline)
            return tables
        } catch let error as StorageError where error.backend?.code == "55P03" {
            throw deadline.timeout(waitingFor: "the lock under which tables are made, held by another session")
                .from(error.backend)
        }
    }

    /// What brings the database to the schema.
    private static func statements(
        for wanted: [CollectionSchema],
        in catalog: PostgresCatalog,
        on connection: PostgresConnection,
        _ deadline: Deadline
    ) async throws -> [String] {
        let writer = SQLSchemaWriter(PostgresDialect())
        var statements = try await namespaces(of: wanted, on: connection, deadline)
        for (schema, table) in zip(wanted, catalog.tables) {
            if table.isAbsent {
                statements += try writer.create(schema)
                continue
            }
            let lacks = table.lacks(schema)
            if lacks.unknownColumn { statements.append(try writer.addUnknownColumn(schema)) }
            if lacks.indexes { statements += try writer.createIndexes(schema) }
        }
        return statements
    }

    /// Creating a schema asks for a privilege even when it is there, so it is looked for first.
    static func namespaces(
        of wanted: [CollectionSchema],
        on connection: PostgresConnection,
        _ deadline: Deadline
    ) async throws -> [String] {
        try await namespaces(Set(wanted.compactMap(\.namespace)), on: connection, deadline)
    }

    /// What makes the namespaces that are not there.
    static func namespaces(
        _ namespaces: Set<String>,
        on connection: PostgresConnection,
        _ deadline: Deadline
    ) async throws -> [String] {
        let names = namespaces.map { PostgresDialect().quoted($0) }.sorted()
        if names.isEmpty { return [] }
        let absent = PostgresStatement(
            "SELECT name FROM unnest($1) AS w(name) WHERE to_regnamespace(w.name) IS NULL",
            [.textArray(names)],
            isPrepared: false
        )
        var statements: [String] = []
        let result = try await connection.run([absent], deadline: deadline).first
        try result?.forEachRow { statements.append("CREATE SCHEMA \(try $0.text(0))") }
        return statements
    }
}
#endif
