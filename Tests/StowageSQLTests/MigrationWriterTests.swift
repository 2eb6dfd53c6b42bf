import FoundationEssentials
import Stowage
import Testing

@testable import StowageSQL

/// The SQL of each operation, as it runs and as its checksum covers it.
@Suite struct MigrationWriterTests {
    private static let create = SchemaMigration(
        1,
        "create",
        [.createCollection("t\"x", [.text("id").identifier(), .int("n").indexed(), .decimal("d").optional().unique()])]
    )

    private func text(_ dialect: any SQLDialect, _ operations: SchemaOperation...) throws -> String {
        let migrations = SchemaMigrations([Self.create, SchemaMigration(2, "m", operations)])
        let text = try SQLMigrationWriter(dialect).migrations(migrations)[1].text
        #expect(text.hasPrefix("-- 2 m\n\n"))
        return String(text.dropFirst("-- 2 m\n\n".utf8.count))
    }

    @Test func creatingACollection() throws {
        let text = try SQLMigrationWriter(SQLiteDialect()).migrations(SchemaMigrations([Self.create]))[0].text
        #expect(
            text == """
                -- 1 create

                CREATE TABLE IF NOT EXISTS "t""x" (
                  "id" TEXT NOT NULL,
                  "n" INTEGER NOT NULL,
                  "d" TEXT,
                  "_stowage_unknown" text,
                  PRIMARY KEY ("id")
                );

                CREATE INDEX IF NOT EXISTS "t""x_n_idx" ON "t""x" ("n");

                CREATE UNIQUE INDEX IF NOT EXISTS "t""x_d_key" ON "t""x" ("d");

                CREATE INDEX IF NOT EXISTS "_stowage_range_t""x_d_key" ON "t""x" (CAST("d" AS REAL));

                """
        )
        let named = SchemaMigration(
            1,
            "create",
            [.createCollection("t", [.text("id").identifier()], namespace: "n\"s")]
        )
        let postgres = try SQLMigrationWriter(PostgresDialect()).migrations(SchemaMigrations([named]))[0].text
        #expect(postgres.contains("CREATE SCHEMA IF NOT EXISTS \"n\"\"s\";\n"))
        #expect(postgres.contains("CREATE TABLE IF NOT EXISTS \"n\"\"s\".\"t\""))
        #expect(throws: StorageError.self) {
            try SQLMigrationWriter(SQLiteDialect()).migrations(SchemaMigrations([named]))
        }
    }

    @Test func addingFields() throws {
        let note = "-- By code: a stored member \"f\", unknown until now, becomes the field's value.\n"
        let required = SchemaOperation.addField(.text("f"), to: "t\"x", default: .text("it's \\"))
        #expect(
            try text(SQLiteDialect(), required) == """
                ALTER TABLE "t""x" ADD COLUMN "f" TEXT NOT NULL DEFAULT 'it''s \\';

                UPDATE "t""x" SET "f" = 'it''s \\' WHERE "f" IS NULL;

                \(note)
                """
        )
        #expect(
            try text(PostgresDialect(), required) == """
                ALTER TABLE "t""x" ADD COLUMN IF NOT EXISTS "f" text COLLATE "C";

                UPDATE "t""x" SET "f" = E'it''s \\\\' WHERE "f" IS NULL;

                \(note)
                ALTER TABLE "t""x" ALTER COLUMN "f" SET NOT NULL;

                """
        )
        #expect(
            try text(SQLiteDialect(), .addField(.double("f").optional().indexed(), to: "t\"x")) == """
                ALTER TABLE "t""x" ADD COLUMN "f";

                \(note)
                CREATE INDEX IF NOT EXISTS "t""x_f_idx" ON "t""x" ("f");

                """
        )
    }

    @Test func defaultsOfEveryType() throws {
        let id = try #require(UUID(uuidString: "4D6E0F3A-1E2B-4C3D-8E9F-0A1B2C3D4E5F"))
        let cases: [(Value, sqlite: String, postgres: String)] = [
            (.bool(true), "1", "TRUE"), (.int(.min), "(-9223372036854775807 - 1)", "(-9223372036854775807 - 1)"),
            (.double(0.5), "0.5", "'0.5'::double precision"),
            (.decimal(Decimal(string: "-1.5") ?? 0), "'-1.5'", "-1.5"),
            (.uuid(id), "'4d6e0f3a-1e2b-4c3d-8e9f-0a1b2c3d4e5f'", "'4d6e0f3a-1e2b-4c3d-8e9f-0a1b2c3d4e5f'"),
            (.data(Data([0, 171])), "x'00ab'", "'\\x00ab'::bytea"),
            (.json("{\"a\":\"'\"}"), "'{\"a\":\"''\"}'", "'{\"a\":\"''\"}'"),
            (
                .time(try Timestamp(rfc3339: "2024-01-02T03:04:05Z")), "'2024-01-02T03:04:05.000000Z'",
                "'2024-01-02T03:04:05.000000Z'"
            ),
        ]
        for (value, sqlite, postgres) in cases {
            #expect(try SQLiteDialect().literal(value) == sqlite)
            #expect(try PostgresDialect().literal(value) == postgres)
        }
        // SQLite might not read these back to the bit, so they are refused rather than rounded.
        for number in [-0.0, 0.1 + 0.2, Double.leastNonzeroMagnitude, 1e300] {
            #expect(throws: StorageError.self) { try SQLiteDialect().literal(.double(number)) }
            #expect(throws: Never.self) { try PostgresDialect().literal(.double(number)) }
        }
    }

    @Test func renamingDroppingAndIndexing() throws {
        for dialect in [SQLiteDialect(), PostgresDialect()] as [any SQLDialect] {
            #expect(
                try text(dialect, .renameField("n", of: "t\"x", to: "m")) == """
                    DROP INDEX IF EXISTS "t""x_n_idx";

                    ALTER TABLE "t""x" RENAME COLUMN "n" TO "m";

                    -- By code: a stored member "m", unknown until now, would stand beside the field: it is refused.

                    CREATE INDEX IF NOT EXISTS "t""x_m_idx" ON "t""x" ("m");

                    """
            )
            #expect(
                try text(dialect, .dropIndex(on: ["n"], of: "t\"x"), .dropCollection("t\"x")) == """
                    DROP INDEX IF EXISTS "t""x_n_idx";

                    DROP TABLE "t""x";

                    """
            )
        }
        #expect(
            try text(SQLiteDialect(), .dropField("d", of: "t\"x")) == """
                DROP INDEX IF EXISTS "t""x_d_key";

                DROP INDEX IF EXISTS "_stowage_range_t""x_d_key";

                ALTER TABLE "t""x" DROP COLUMN "d";

                """
        )
    }

    @Test func changingATypeGoesByASecondColumn() throws {
        #expect(
            try text(PostgresDialect(), .changeType("n", of: "t\"x", to: .text)) == """
                DROP INDEX IF EXISTS "t""x_n_idx";

                ALTER TABLE "t""x" ADD COLUMN "_stowage_changing" text COLLATE "C";

                -- By code: every value of "n" is converted from int to text.

                ALTER TABLE "t""x" DROP COLUMN "n";

                ALTER TABLE "t""x" RENAME COLUMN "_stowage_changing" TO "n";

                ALTER TABLE "t""x" ALTER COLUMN "n" SET NOT NULL;

                CREATE INDEX IF NOT EXISTS "t""x_n_idx" ON "t""x" ("n");

                """
        )
    }

    @Test func fieldsBecomeOptionalAndRequired() throws {
        #expect(
            try text(
                PostgresDialect(),
                .makeOptional("n", of: "t\"x"),
                .makeRequired("n", of: "t\"x", default: .int(1))
            ) == """
                ALTER TABLE "t""x" ALTER COLUMN "n" DROP NOT NULL;

                LOCK TABLE "t""x" IN ACCESS EXCLUSIVE MODE;

                UPDATE "t""x" SET "n" = 1 WHERE "n" IS NULL;

                ALTER TABLE "t""x" ALTER COLUMN "n" SET NOT NULL;

                """
        )
        // SQLite has no such statement: another column takes the old one's place.
        #expect(
            try text(SQLiteDialect(), .makeOptional("n", of: "t\"x")) == """
                DROP INDEX IF EXISTS "t""x_n_idx";

                ALTER TABLE "t""x" ADD COLUMN "_stowage_changing" INTEGER;

                UPDATE "t""x" SET "_stowage_changing" = "n" WHERE "n" IS NOT NULL;

                ALTER TABLE "t""x" DROP COLUMN "n";

                ALTER TABLE "t""x" RENAME COLUMN "_stowage_changing" TO "n";

                CREATE INDEX IF NOT EXISTS "t""x_n_idx" ON "t""x" ("n");

                """
        )
        let required = try text(SQLiteDialect(), .makeRequired("d", of: "t\"x"))
        #expect(required.hasPrefix("-- By code: a record without \"d\" is refused.\n"))
        #expect(required.contains("ADD COLUMN \"_stowage_changing\" TEXT NOT NULL DEFAULT '';\n"))
        #expect(required.contains("DROP INDEX IF EXISTS \"_stowage_range_t\"\"x_d_key\";\n"))
    }

    @Test func whatThePortableFormDoesNotReach() throws {
        let raw = SchemaOperation.sql(sqlite: "SELECT 1;")
        #expect(try text(SQLiteDialect(), raw) == "SELECT 1;\n")
        #expect(try text(PostgresDialect(), raw) == "-- Nothing is to be done on this engine.\n")
        let changed = try text(SQLiteDialect(), .transform("t\"x", version: "1\n; DROP TABLE t") { _ in })
        // A comment ends with its line, so that no version can become a statement.
        #expect(changed.split(separator: "\n").count == 1 && changed.hasPrefix("-- By code: "))
    }
}
