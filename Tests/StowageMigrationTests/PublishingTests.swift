#if SQLite && Postgres
import Foundation
import Stowage
import StowageMigration
import Synchronization
import Testing

/// How records come into place: at once, into a store that is then like any other.
@Suite struct PublishingTests {
    @Test(arguments: [Kind.json, .sqlite, .postgres])
    func readersSeeNothingOrEverything(_ kind: Kind) async throws {
        try await withPlaces(.memory, kind) { source, target in
            try await source.fill(sampleItems(2000))
            let reader = try target.database()
            let items = try reader.items()
            try await items.initialize()
            let isOver = Atomic(false)
            async let seen: Set<Int> = {
                var seen: Set<Int> = []
                while !isOver.load(ordering: .relaxed) {
                    seen.insert(try await items.count())
                    // Reads need no thread of their own: without a pause the writers would get none.
                    try await Task.sleep(for: .microseconds(200))
                }
                return seen
            }()
            let report = try await source.moved(to: target, .init(batchSize: 100))
            #expect(try await items.count() == 2000)
            isOver.store(true, ordering: .relaxed)
            #expect(try await seen.subtracting([0, 2000]) == [])
            #expect(report.verified == 2000)
            try await reader.close()
        }
    }

    @Test(arguments: [Kind.sqlite, .postgres])
    func handlesThatWereOpenGoOnWorking(_ kind: Kind) async throws {
        try await withPlaces(.memory, kind) { source, target in
            try await source.fill(sampleItems(300))
            let open = try target.database()
            let items = try open.items()
            try await items.initialize()
            // Statements of every kind are prepared before the tables change places.
            for round in 0..<2 {
                try await items.create(Item(id: "x", text: "t", email: "x@example.org"))
                _ = try await items.get("x")
                _ = try await items.fetch(.where { $0.text == "t" })
                _ = try await items.update("x") { $0.text = "u" }
                _ = try await items.upsert(Item(id: "x", text: "v"))
                #expect(try await items.delete("x"))
                if round == 0 { try await source.moved(to: target) }
            }
            #expect(try await items.count() == 300)
            await #expect { try await items.create(Item(id: "y", email: "1@example.org")) } throws: {
                ($0 as? StorageError)?.code == .constraint
            }
            try await open.close()
        }
    }

    @Test func aPublishedSqliteTableIsLikeOneThatWasMade() async throws {
        let fresh = try await Place(.sqlite)
        try await fresh.with { _ in }
        try await withPlaces(.json, .sqlite) { source, target in
            try await source.fill(sampleItems(10))
            try await source.moved(to: target)
            let query = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE tbl_name = 'items' ORDER BY name"
            #expect(try RawSQLite(target.file).lines(query) == RawSQLite(fresh.file).lines(query))
            #expect(
                try RawSQLite(target.file).lines("SELECT name FROM sqlite_master WHERE name = '_stowage_move_items'")
                    == []
            )
        }
    }

    @Test func aPublishedPostgresTableIsLikeOneThatWasMade() async throws {
        try await withPlaces(.postgres, .postgres) { fresh, target in
            let source = try await Place(.json)
            try await source.fill(sampleItems(10))
            try await fresh.with { _ in }
            try await source.moved(to: target)
            for sql in [
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'items' ORDER BY 1",
                "SELECT conname, contype FROM pg_constraint WHERE conrelid = 'items'::regclass ORDER BY 1",
                """
                SELECT attname, format_type(atttypid, atttypmod), attnotnull, attcollation FROM pg_attribute
                WHERE attrelid = 'items'::regclass AND attnum > 0 ORDER BY attnum
                """,
            ] { #expect(try await target.psql(sql) == fresh.psql(sql)) }
            #expect(
                try await target.psql("SELECT count(*) FROM pg_class WHERE relname LIKE '\\_stowage\\_move\\_%'") == "0"
            )
        }
    }

    @Test func tablesThatOthersHangOnAreFilledAndNotReplaced() async throws {
        try await withPlaces(.sqlite, .postgres) { sqlite, postgres in
            let source = try await Place(.memory)
            try await source.fill(sampleItems(50))
            try await sqlite.with { _ in }
            try await postgres.with { _ in }
            try RawSQLite(sqlite.file).run(
                "ALTER TABLE items ADD COLUMN extra TEXT DEFAULT 'e'; CREATE VIEW names AS SELECT id FROM items"
            )
            try await postgres.psql("CREATE VIEW names AS SELECT id FROM items; GRANT SELECT ON items TO stowage_scram")
            try await source.moved(to: sqlite)
            try await source.moved(to: postgres)
            #expect(try RawSQLite(sqlite.file).lines("SELECT count(*) FROM names") == ["50"])
            #expect(try await postgres.psql("SELECT count(*) FROM names") == "50")
            #expect(try await postgres.psql("SELECT relacl IS NULL FROM pg_class WHERE relname = 'items'") == "f")
            #expect(try await source.verified(against: postgres).isEqual)
        }
    }

    @Test func columnsAddedByAMigrationKeepTheirPlace() async throws {
        try await withPlaces(.memory, .postgres) { source, target in
            try await source.fill(sampleItems(20))
            try await target.with { _ in }
            try await target.psql("ALTER TABLE items DROP COLUMN text; ALTER TABLE items ADD COLUMN text text")
            let before = try await target.psql(
                "SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'items'::regclass"
                    + " AND attnum > 0 AND NOT attisdropped"
            )
            try await source.moved(to: target)
            #expect(
                try await target.psql(
                    "SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'items'::regclass"
                        + " AND attnum > 0 AND NOT attisdropped"
                ) == before
            )
            #expect(try await source.verified(against: target).isEqual)
        }
    }
}
#endif
