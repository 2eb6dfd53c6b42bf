#if Postgres
internal import Stowage

/// A schema of its own in the configured database, which needs no right to create databases.
///
/// The driver names tables without a schema, so the search path of its sessions decides where they are.
enum PostgresScratch {
    static func place(_ settings: StorageSettings, _ name: String, _ options: PostgresOptions) throws -> ScratchPlace {
        let url = try settings.url()
        let driver = InSchema(
            driver: try PostgresDriver(url: searching(name, url, settings.parameter("options")), options: options),
            schema: quoted(name),
            url: url.text
        )
        var place = ScratchPlace(driver: driver) {
            try await driver.run("DROP SCHEMA IF EXISTS \(quoted(name)) CASCADE")
        }
        place.connections = connections(driver, name)
        return place
    }

    /// A deferred constraint that takes its time makes a commit slow; the lock that it holds tells which sessions are
    /// in it, so that no other is severed.
    private static func connections(_ driver: InSchema, _ name: String) -> ConnectionFault {
        let (one, two) = (Int32.random(in: 1 ... .max), Int32.random(in: 1 ... .max))
        let function = "\(quoted(name)).stowage_kit_hold"
        var fault = ConnectionFault { collection in
            try await driver.run(
                """
                CREATE FUNCTION \(function)() RETURNS trigger LANGUAGE plpgsql AS
                  'BEGIN PERFORM pg_advisory_xact_lock_shared(\(one), \(two)); PERFORM pg_sleep(600); RETURN NULL; END';
                CREATE CONSTRAINT TRIGGER stowage_kit_hold AFTER INSERT OR UPDATE ON \(quoted(name)).\(quoted(collection))
                  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION \(function)()
                """
            )
        } sever: {
            try await driver.count(
                """
                SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
                  AND classid::int8 = \(one) AND objid::int8 = \(two) AND objsubid = 2
                """
            )
        }
        // The name that the place's sessions give themselves; it holds no quote, so it needs no escape.
        let application = application(name)
        fault.severAll = {
            try await driver.count(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '\(application)'"
            )
        }
        return fault
    }

    /// At most 63 letters, digits and `_`.
    private static func application(_ name: String) -> String {
        String(
            String.UnicodeScalarView(
                name.unicodeScalars.filter { $0.properties.isAlphabetic && $0.isASCII || "0"..."9" ~= $0 || $0 == "_" }
                    .prefix(63)
            )
        )
    }

    private static func quoted(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    /// The URL with the search path as one more of the server's options: of a parameter given twice the last one holds.
    private static func searching(_ name: String, _ url: ConnectionURL, _ options: String?) -> String {
        let all = (options.map { $0 + " " } ?? "") + "-csearch_path=\(quoted(name))"
        let encoded = all.utf8.map { byte -> String in
            let digits = String(byte, radix: 16)
            return "%" + (digits.utf8.count == 1 ? "0" : "") + digits
        }
        return url.text + (url.text.utf8.contains(UInt8(ascii: "?")) ? "&" : "?") + "options=" + encoded.joined()
            + "&application_name=" + application(name)
    }
}

/// A driver whose schema is made before it is opened for writing, as an administrator makes a database.
private struct InSchema: PlanningDriver {
    let driver: PostgresDriver
    let schema: String
    let url: String

    var location: StorageLocation { driver.location }
    var capabilities: Capabilities { driver.capabilities }
    var commitsReads: Bool { driver.commitsReads }

    func explain(
        _ query: DriverQuery,
        in collection: CollectionSchema,
        context: OperationContext
    ) async throws -> QueryPlan {
        try await driver.explain(query, in: collection, context: context)
    }

    /// Runs a script.
    func run(_ script: String, until deadline: Deadline = .after(.seconds(30))) async throws {
        try await withConnection(deadline) { try await $0.execute(script, deadline: deadline) }
    }

    /// Runs a query, and counts its rows.
    func count(_ sql: String) async throws -> Int {
        let deadline = Deadline.after(.seconds(30))
        return try await withConnection(deadline) { connection in
            var rows = 0
            _ = try await connection.query(sql, deadline: deadline) { _ in rows += 1 }
            return rows
        }
    }

    /// Works on a connection of its own.
    private func withConnection<Answer: Sendable>(
        _ deadline: Deadline,
        _ body: (PostgresConnection) async throws -> Answer
    ) async throws -> Answer {
        var configuration = PostgresPoolConfiguration()
        configuration.size = 1
        let pool = try PostgresPool(url: url, configuration: configuration)
        let answer: Answer
        do {
            answer = try await pool.withConnection(deadline: deadline, body)
        } catch {
            try? await pool.close()
            throw error
        }
        try await pool.close()
        return answer
    }

    func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {
        if access == .readWrite { try await makeSchema(context) }
        try await driver.open(collections, access: access, context: context)
    }

    /// Two sessions that make one schema at once would fail, its absence checked or not; so they take turns.
    private func makeSchema(_ context: OperationContext) async throws {
        try await run(
            "SELECT pg_advisory_xact_lock(\(Self.lock)); CREATE SCHEMA IF NOT EXISTS \(schema)",
            until: context.deadline
        )
    }

    /// `stowage` as a number.
    private static let lock = 0x73_746f_7761_6765

    func close() async throws { try await driver.close() }

    func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        try await driver.begin(mode, context: context)
    }

    func health(context: OperationContext) async throws -> StorageHealth { try await driver.health(context: context) }

    func get(
        _ keys: [Key],
        in collection: CollectionSchema,
        includingUnknown: Bool,
        context: OperationContext,
        rows: @escaping RowHandler
    ) async throws {
        try await driver.get(keys, in: collection, includingUnknown: includingUnknown, context: context, rows: rows)
    }

    func query(
        _ query: DriverQuery,
        in collection: CollectionSchema,
        context: OperationContext,
        rows: @escaping RowHandler
    ) async throws {
        try await driver.query(query, in: collection, context: context, rows: rows)
    }

    func count(
        _ predicate: QueryPredicate,
        in collection: CollectionSchema,
        context: OperationContext
    ) async throws -> Int {
        try await driver.count(predicate, in: collection, context: context)
    }

    func write(_ batch: WriteBatch, context: OperationContext) async throws -> [MutationOutcome] {
        try await driver.write(batch, context: context)
    }
}

extension InSchema: SchemaDriver {
    func schemaTexts(of migrations: SchemaMigrations) throws -> [String] { try driver.schemaTexts(of: migrations) }

    func schemaStatus(
        of migrations: SchemaMigrations,
        access: StorageAccess,
        comparing: Bool,
        context: OperationContext
    ) async throws -> SchemaStatus {
        try await driver.schemaStatus(of: migrations, access: access, comparing: comparing, context: context)
    }

    func migrate(_ migrations: SchemaMigrations, context: OperationContext) async throws -> [AppliedMigration] {
        try await makeSchema(context)
        return try await driver.migrate(migrations, context: context)
    }
}
#endif
