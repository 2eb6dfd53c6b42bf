#if Postgres
internal import Stowage
internal import StowageSQL

/// The one schema of a database in which a store lives, whatever the search path of whoever opens it.
///
/// A table without a namespace is looked for along the search path. Were the history of migrations, the state, the
/// checkpoints of moves and later tables simply made in the path's first schema, two programs with different paths would
/// give one table two histories. So all of it goes where the store's tables are found; of several schemas one with a
/// history comes first, then that of the first table. With no table yet it is the schema of the history that the path
/// shows, since its tables are lost and that must be noticed; then the namespace of a store that has nothing outside
/// one; then the current schema.
struct PostgresHome {
    private let tables: [(name: String, isQualified: Bool)]
    private let namespace: String?

    /// Looks for some collections, of which Stowage's own count nothing: every store has tables of their names.
    init(of collections: [CollectionSchema]) {
        let own = collections.filter { !CollectionSchema.isInternal($0.name) }
        tables = own.map { (PostgresDialect().table($0), $0.namespace != nil) }
        namespace = own.contains { $0.namespace == nil } ? nil : own.first?.namespace
    }

    /// Whether there is anything to look for.
    var isNowhere: Bool { tables.isEmpty }

    private var found: String {
        let history = PostgresDialect().quoted(CollectionSchema.migrationHistory.name)
        let names = tables.map { Self.literal($0.name) }.joined(separator: ", ")
        let marks = tables.map { $0.isQualified ? "true" : "false" }.joined(separator: ", ")
        return """
            (SELECT n.nspname::text
              FROM unnest(ARRAY[\(names)]::text[], ARRAY[\(marks)]::bool[]) WITH ORDINALITY AS w(name, is_qualified, number)
              JOIN pg_catalog.pg_class c ON c.oid = to_regclass(w.name)
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              ORDER BY to_regclass(quote_ident(n.nspname) || \(Self.literal("." + history))) IS NULL, w.is_qualified, w.number
              LIMIT 1),
            (SELECT n.nspname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              WHERE c.oid = to_regclass(\(Self.literal(history))))
            """
    }

    /// For a new session: puts the schema in front of the search path, when the store is there already.
    var setup: String {
        """
        SELECT set_config('search_path', \(Self.path("h.name")), false) FROM (SELECT coalesce(\(found)) AS name) h
        WHERE h.name <> coalesce(current_schema()::text, '')
        """
    }

    /// Finds it; nil when the search path names no schema that exists.
    func name(on connection: PostgresConnection, _ deadline: Deadline) async throws -> String? {
        let fallback = namespace.map { Self.literal($0) + ", " } ?? ""
        let sql = "SELECT coalesce(\(found), \(fallback)current_schema()::text)"
        guard let row = try await connection.run([PostgresSession.plain(sql)], deadline: deadline).first?.row(0) else {
            throw StorageError.lostConnection
        }
        return try row.isNull(0) ? nil : row.text(0)
    }

    /// Puts it in front of the search path until the transaction ends, and makes it if it is a namespace to come.
    func enter(on connection: PostgresConnection, _ deadline: Deadline) async throws {
        guard let name = try await name(on: connection, deadline) else { return }
        let statements = try await PostgresDriver.namespaces([name], on: connection, deadline)
        let enter = "SELECT set_config('search_path', \(Self.path("$1")), true)"
        _ = try await connection.run(
            statements.map(PostgresSession.plain) + [PostgresStatement(enter, [.text(name)], isPrepared: false)],
            deadline: deadline
        )
    }

    private static func path(_ name: String) -> String {
        "concat_ws(', ', quote_ident(\(name)), nullif(current_setting('search_path'), ''))"
    }

    /// A name as a text of SQL, whatever the session takes a backslash for.
    private static func literal(_ name: String) -> String {
        "E'\(name.replacing("\\", with: "\\\\").replacing("'", with: "''"))'"
    }
}
#endif
