#if SQLite && Postgres
import Stowage
import Testing

/// SQL of the app's own within a migration: it cannot end the migration's transaction, however it is written.
@Suite struct PostgresScriptTests {
    private static func migrations(_ sql: String) -> SchemaMigrations {
        SchemaMigrations([ItemVersions.list[0], SchemaMigration(2, "raw", [.sql(postgres: sql)])])
    }

    @Test(arguments: [
        "UPDATE items SET size = '3'; COMMIT", "UPDATE items SET size = '3'; COMMIT; BEGIN",
        "UPDATE items SET size = '3'; COMMIT AND CHAIN",
        "UPDATE items SET size = '3'; ROLLBACK; UPDATE items SET size = '4'",
        "UPDATE items SET size = '3'; /* ; */ end", "COMMIT; UPDATE items SET size = '3'; UPDATE items SET size = '4'",
        "UPDATE items SET size = '3'; -- ;\nABORT; UPDATE items SET size = '4'",
        "UPDATE items SET size = '3'; PREPARE TRANSACTION 'left'", "BEGIN; UPDATE items SET size = '3'; COMMIT",
        "UPDATE items SET size = '3'; DO $$BEGIN COMMIT; END$$",
        """
        CREATE PROCEDURE settle() LANGUAGE plpgsql AS $$BEGIN UPDATE items SET size = '3'; COMMIT; END$$;
        CALL settle()
        """,
    ])
    func endingTheTransactionIsRefusedAndNothingStays(_ sql: String) async throws {
        try await MigrationPlace.with(.postgres) { place in
            try await place.fill(Item1.self, ItemVersions.upTo(1), #"[{"id": "a", "size": "1"}]"#)
            let before = try await place.content()
            let database = try place.database(Self.migrations(sql))
            let error = await failure { try await database.migrateSchema() }
            #expect(error?.code == .unsupported, "\(sql): \(String(describing: error))")
            #expect(error?.message.contains("2 (raw)") == true && error?.advice?.contains("COMMIT") == true)
            try await database.close()
            #expect(try await place.content() == before, "\(sql)")
        }
    }

    /// The words may stand wherever they are none of the transaction's, and statements build on those before them.
    @Test func whatOnlyLooksLikeItRuns() async throws {
        let sql = #"""
            SELECT size INTO copies FROM items; -- COMMIT;
            CREATE TABLE notes (id bigint PRIMARY KEY, text text DEFAULT 'a;COMMIT; "b');
            INSERT INTO notes VALUES (1), (2);
            CREATE FUNCTION twice(bigint) RETURNS bigint BEGIN ATOMIC SELECT $1; SELECT $1 * 2; END;
            CREATE FUNCTION thrice(bigint) RETURNS bigint LANGUAGE plpgsql AS $f$BEGIN /* ROLLBACK; */ RETURN 3 * $1; END$f$;
            /* nested /* COMMIT; */ */ UPDATE items SET size = (SELECT sum(thrice(twice(id)))::text FROM notes);
            UPDATE items SET note = $x$COMMIT; $y$ ' ;$x$ || E'\'; COMMIT; ' || U&'\0041';
            SELECT 1
            """#
        try await MigrationPlace.with(.postgres) { place in
            try await place.fill(Item1.self, ItemVersions.upTo(1), #"[{"id": "a", "size": "1"}]"#)
            let item = try await place.open(Item1.self, Self.migrations(sql)) { try await $0.get("a") }
            #expect(item == Item1(id: "a", size: "18", note: "COMMIT; $y$ ' ;'; COMMIT; A"))
            try await place.change(sql: "SELECT 1 / count(*) FROM copies")
        }
    }

    @Test(arguments: ["", "-- nothing\n", "SELECT size INTO copies FROM items"])
    func shortScriptsRun(_ sql: String) async throws {
        try await MigrationPlace.with(.postgres) { place in
            try await place.fill(Item1.self, ItemVersions.upTo(1), #"[{"id": "a", "size": "1"}]"#)
            #expect(try await place.open(Item1.self, Self.migrations(sql)) { try await $0.count() } == 1)
        }
    }
}
#endif
