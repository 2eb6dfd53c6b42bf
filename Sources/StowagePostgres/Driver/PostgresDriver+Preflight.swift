#if Postgres
public import Stowage
internal import StowageSQL

extension PostgresDriver: PreflightDriver {
    /// Asks for the role's privileges: whether it may make those of the tables that are not there, and fill the others.
    ///
    /// - Throws: `permission`; `notFound` when the search path names no schema that exists.
    public func checkWritable(_ collections: [CollectionSchema], context: OperationContext) async throws {
        let deadline = context.deadline
        let pool = try probe()
        do {
            try await pool.withConnection(deadline: deadline, waitingFor: wait) { connection in
                guard let home = try await PostgresHome(of: collections).name(on: connection, deadline) else {
                    throw StorageError(
                        .notFound,
                        "the search path names no schema that exists",
                        advice: "Create the schema, or name another in the URL's options"
                    )
                }
                let tables = collections.map {
                    PostgresDialect().table($0.namespace == nil ? $0.inNamespace(home) : $0)
                }
                let statement = PostgresStatement(
                    Self.privileges,
                    [.text(home), .textArray(tables)],
                    isPrepared: false
                )
                let result = try await connection.run([statement], deadline: deadline).first
                try result?.forEachRow { row in
                    guard !row.isNull(0) else { return }
                    throw StorageError(
                        .permission,
                        try row.text(0),
                        advice: "Grant it, or connect as a role that has it"
                    )
                }
            }
        } catch {
            try? await pool.close(deadline: deadline)
            throw (error as? StorageError)?.atIndex(nil) ?? error
        }
        try await pool.close(deadline: deadline)
    }

    /// What the role lacks, in words; null for nothing.
    private static let privileges = """
        SELECT CASE
          WHEN to_regnamespace(quote_ident($1)) IS NULL AND NOT has_database_privilege(current_database(), 'CREATE')
            THEN 'the role may not make the schema ' || quote_ident($1)
          WHEN to_regnamespace(quote_ident($1)) IS NOT NULL AND NOT has_schema_privilege($1, 'CREATE')
            AND EXISTS (SELECT FROM unnest($2) AS w(name) WHERE to_regclass(w.name) IS NULL)
            THEN 'the role may not make tables in the schema ' || quote_ident($1)
          ELSE (SELECT 'the role may not write to the table ' || w.name FROM unnest($2) AS w(name)
            WHERE to_regclass(w.name) IS NOT NULL AND NOT (has_table_privilege(to_regclass(w.name)::oid, 'SELECT')
              AND has_table_privilege(to_regclass(w.name)::oid, 'INSERT')) LIMIT 1) END
        """
}
#endif
