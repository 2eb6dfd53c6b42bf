import Testing

@testable import Stowage
@testable import StowageSQL

struct WriterTests {
    private let sqlite = SQLiteDialect()
    private let postgres = PostgresDialect()

    @Test func selections() throws {
        let writer = SQLQueryWriter(sqlite, SQLTable(Samples.everything, foreignColumns: ["other"]))
        let query = DriverQuery(
            .compare(field: "done", .equal, .bool(true)),
            order: [SortKey("count"), SortKey("price", .descending), SortKey("id", .descending)],
            limit: 10,
            offset: 20,
            includesUnknown: true
        )
        let statement = try writer.select(query)
        #expect(
            statement.text == """
                SELECT "id", "count", "name", "price", "ratio", "extra", "done", "_stowage_unknown", "other" \
                FROM "things" WHERE "done" = ?1 \
                ORDER BY "count" NULLS LAST, stowage_decimal_key("price") DESC NULLS FIRST, "id" DESC LIMIT ?2 OFFSET ?3
                """
        )
        #expect(statement.parameters == [.value(.bool(true), .bool), .value(.int(10), .int), .value(.int(20), .int)])
        let there = try SQLQueryWriter(postgres, SQLTable(Samples.everything)).select(
            DriverQuery(order: [SortKey("count"), SortKey("name", nils: .first), SortKey("id")], offset: 5)
        )
        #expect(there.text.hasSuffix(#"FROM "things" ORDER BY "count", "name" NULLS FIRST, "id" OFFSET $1"#))
        let offset = try writer.select(DriverQuery(order: [SortKey("id")], offset: 5))
        #expect(offset.text.hasSuffix(#"ORDER BY "id" LIMIT -1 OFFSET ?1"#))
    }

    @Test func rangesUseTheirIndexBeforeTheOrderUsesAnother() throws {
        let writer = SQLQueryWriter(sqlite, SQLTable(Samples.everything))
        func order(_ field: String, by key: String, limit: Int? = nil) throws -> Substring {
            let range = QueryPredicate.compare(field: field, .less, field == "count" ? .int(1) : .text("x"))
            let text = try writer.select(DriverQuery(range, order: [SortKey(key)], limit: limit)).text
            return text[text.firstRange(of: " ORDER BY ")!.upperBound...]
        }
        #expect(try order("name", by: "id") == #"+"id""#)
        #expect(try order("name", by: "done") == #"+"done""#)
        #expect(try order("name", by: "name") == #""name" NULLS LAST"#)
        #expect(try order("id", by: "id") == #""id""#)
        #expect(try order("count", by: "id") == #""id""#)
        #expect(try order("id", by: "name", limit: 5) == #""name" NULLS LAST LIMIT ?2"#)
    }

    @Test func hostileNamesAreQuoted() throws {
        let writer = SQLQueryWriter(postgres, SQLTable(Samples.hostile))
        #expect(
            try writer.selectByKey(includingUnknown: false) == #"""
                SELECT "select", "100% ?" FROM "s""x"."a ""b""; DROP" WHERE "select" = $1 AND "100% ?" = $2
                """#
        )
        let error = #expect(throws: StorageError.self) { try sqlite.table(Samples.hostile) }
        #expect(error?.code == .unsupported)
    }

    @Test func mutations() throws {
        let small = CollectionSchema(
            name: "t",
            fields: [
                FieldSchema(name: "id", type: .int, isOptional: false),
                FieldSchema(name: "a", type: .text, isOptional: true),
                FieldSchema(name: "n", type: .json, isOptional: true),
            ],
            key: [0],
            indexes: []
        )
        let here = SQLMutationWriter(sqlite, SQLTable(small))
        #expect(try here.insert() == #"INSERT INTO "t" ("id", "a", "n", "_stowage_unknown") VALUES (?1, ?2, ?3, ?4)"#)
        #expect(try here.insertIfAbsent().hasSuffix(#" ON CONFLICT ("id") DO NOTHING"#))
        #expect(try here.update([1, 2]) == #"UPDATE "t" SET "a" = ?1, "n" = ?2 WHERE "id" = ?3"#)
        #expect(try here.delete() == #"DELETE FROM "t" WHERE "id" = ?1"#)
        let all = try here.updateAll(
            .compare(field: "id", .greater, .int(3)),
            [Assignment(field: 1, value: .null)]
        )
        #expect(all.text == #"UPDATE "t" SET "a" = ?1 WHERE "id" > ?2"#)
        #expect(all.parameters == [.value(.null, .text), .value(.int(3), .int)])
        #expect(try here.deleteAll(.all).text == #"DELETE FROM "t""#)
        let there = SQLMutationWriter(postgres, SQLTable(small))
        #expect(
            try there.upsert() == """
                INSERT INTO "t" AS "stowage_stored" ("id", "a", "n", "_stowage_unknown") VALUES ($1, $2, $3, $4) \
                ON CONFLICT ("id") DO UPDATE SET "a" = excluded."a", "n" = excluded."n" \
                WHERE ("stowage_stored"."n" IS NULL OR "stowage_stored"."n"::text = excluded."n"::text) \
                RETURNING (xmax = 0)
                """
        )
    }

    @Test func schemas() throws {
        #expect(
            try SQLSchemaWriter(sqlite).create(Samples.everything) == [
                """
                CREATE TABLE IF NOT EXISTS "things" (
                  "id" TEXT NOT NULL,
                  "count" INTEGER,
                  "name" TEXT,
                  "price" TEXT,
                  "ratio",
                  "extra" TEXT,
                  "done" INTEGER NOT NULL,
                  "_stowage_unknown" text,
                  PRIMARY KEY ("id")
                )
                """,
                #"CREATE UNIQUE INDEX IF NOT EXISTS "things_name" ON "things" ("name")"#,
                #"CREATE INDEX IF NOT EXISTS "things_price" ON "things" (CAST("price" AS REAL))"#,
            ]
        )
        #expect(
            try SQLSchemaWriter(postgres).createTable(.state) == """
                CREATE TABLE IF NOT EXISTS "_stowage_state" (
                  "name" text COLLATE "C" NOT NULL,
                  "value" json NOT NULL,
                  PRIMARY KEY ("name")
                )
                """
        )
        let error = #expect(throws: StorageError.self) {
            try SQLSchemaWriter(sqlite).check(Samples.everything, hasColumns: ["id", "count"], isSame: ==)
        }
        #expect(error?.code == .schemaMismatch)
        #expect(error?.field == "name")
    }
}
