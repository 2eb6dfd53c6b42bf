#if SQLite && Postgres
import Foundation
import Stowage
import StowageTestServers
import Testing

/// Fields that become optional or required, on every engine.
@Suite struct OptionalityTests {
    struct Before: StorageRecord, Equatable {
        var id: String
        var note: String?
        var rank: Int
        var mark: String?
        static let collection = "items"
        static var fields: [Field<Before>] {
            Field("id", \.id).identifier()
            Field("note", \.note).indexed()
            Field("rank", \.rank).indexed()
            Field("mark", \.mark).unique()
        }
    }

    struct After: StorageRecord, Equatable {
        var id: String
        var note: String
        var rank: Int?
        var mark: String
        static let collection = "items"
        static var fields: [Field<After>] {
            Field("id", \.id).identifier()
            Field("note", \.note).indexed()
            Field("rank", \.rank).indexed()
            Field("mark", \.mark).unique()
        }
    }

    private static let create = SchemaMigration(
        1,
        "create",
        [
            .createCollection(
                "items",
                [
                    .text("id").identifier(), .text("note").optional().indexed(), .int("rank").indexed(),
                    .text("mark").optional().unique(),
                ]
            )
        ]
    )
    private static let first = SchemaMigrations([create])
    private static let both = SchemaMigrations([
        create,
        SchemaMigration(
            2,
            "change",
            [
                .makeRequired("note", of: "items", default: .text("it's none")), .makeOptional("rank", of: "items"),
                .makeRequired("mark", of: "items"),
            ]
        ),
    ])
    private static let records = """
        [{"id": "a", "rank": 1, "mark": "x", "more": 1.50}, {"id": "b", "note": "n", "rank": 2, "mark": "y"}]
        """

    @Test(arguments: Engine.allCases)
    func recordsAreFilledAndTheRuleChanges(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            try await place.fill(Before.self, Self.first, Self.records)
            if engine != .json {
                try await place.change(sql: "CREATE VIEW ids AS SELECT id FROM items")
                try await place.change(sql: "ALTER TABLE items ADD COLUMN theirs integer DEFAULT 4")
            }
            let json = try await place.json("a", of: After.self, Self.both)
            #expect(json?.hasPrefix(#"{"id":"a","note":"it's none","rank":1,"mark":"x","more":1.50"#) == true)
            try await place.open(After.self, Self.both) { items in
                #expect(try await items.fetch().map(\.note) == ["it's none", "n"])
                try await items.create(After(id: "c", note: "", rank: nil, mark: "z"))
                #expect(try await items.fetch(.where { $0.rank == nil }).map(\.id) == ["c"])
                let clash = await failure { try await items.create(After(id: "d", note: "", rank: 1, mark: "z")) }
                #expect(clash?.code == .constraint && clash?.field == "mark")
            }
            let status = try await place.status(After.self, Self.both)
            #expect(status.isUpToDate, "\(status.differences)")
            guard engine != .json else { return }
            // The engine itself holds to the rule.
            for column in ["note", "mark"] {
                await #expect(throws: (any Error).self) {
                    try await place.change(sql: "UPDATE items SET \(column) = NULL")
                }
            }
            try await place.change(sql: "UPDATE items SET rank = NULL WHERE id = 'a'; SELECT id FROM ids")
        }
    }

    @Test(arguments: Engine.allCases)
    func aRecordWithoutAValueFailsAndIsNamed(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            try await place.fill(
                Before.self,
                Self.first,
                #"[{"id": "a", "rank": 1, "mark": "x"}, {"id": "bad", "note": "s3cret", "rank": 2}]"#
            )
            let before = try await place.content()
            let error = await failure { try await place.open(After.self, Self.both) { _ in } }
            #expect(
                error?.recordID == "bad" && error?.field == "mark" && error?.collection == "items",
                "\(String(describing: error))"
            )
            #expect(error?.message.contains("2 (change)") == true && error?.description.contains("s3cret") == false)
            #expect(try await place.content() == before)
        }
    }

    /// What another program has put on a column that is replaced stays, word for word, and does not run meanwhile.
    @Test(arguments: [Engine.sqlite, .postgres])
    func whatStandsOnTheColumnStays(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            try await place.fill(Before.self, Self.first, Self.records)
            let make =
                engine == .sqlite
                ? """
                CREATE TABLE log (id TEXT);
                CREATE TRIGGER noted AFTER UPDATE OF note, rank ON items BEGIN INSERT INTO log VALUES (new.note); END;
                CREATE VIEW notes AS SELECT note, rank FROM items;
                CREATE TRIGGER through INSTEAD OF DELETE ON notes BEGIN DELETE FROM items WHERE note = old.note; END;
                CREATE INDEX theirs ON items (lower(note));
                """
                : """
                CREATE TABLE log (id text);
                ALTER TABLE items ADD CONSTRAINT few CHECK (rank IS NULL OR id <> 'zz');
                CREATE INDEX theirs ON items (lower(note));
                """
            try await place.change(sql: make)
            try await place.open(After.self, Self.both) { try await $0.create(After(id: "c", note: "", mark: "z")) }
            let content = try await place.content()
            guard engine == .sqlite else {
                await #expect(throws: (any Error).self) {
                    try await place.change(sql: "UPDATE items SET rank = 1, id = 'zz'")
                }
                return
            }
            for line in make.split(separator: "\n") { #expect(content.contains(line), "\(line)") }
            #expect(!content.contains("INSERT INTO log VALUES('"))
            try await place.change(sql: "UPDATE items SET note = 'new' WHERE id = 'a'")
            #expect(try await place.content().contains("INSERT INTO log VALUES('new')"))
        }
    }

    /// Postgres would drop a constraint with the column, without a word.
    @Test func aConstraintOfPostgresSurvivesAnotherType() async throws {
        try await MigrationPlace.with(.postgres) { place in
            try await place.fill(Item1.self, ItemVersions.upTo(1), #"[{"id": "a", "size": "1"}]"#)
            try await place.change(
                sql:
                    "ALTER TABLE items ADD CONSTRAINT few CHECK (size IS NOT NULL OR id = 'q'); CREATE INDEX their ON items (id, size)"
            )
            let database = try place.database(ItemVersions.upTo(3))
            try await database.migrateSchema()
            try await database.close()
            let name = String(place.url.split(separator: "/").last ?? "")
            let kept = try await #require(place.server).psql(
                "SELECT conname FROM pg_constraint WHERE conname = 'few' UNION ALL SELECT relname FROM pg_class WHERE relname = 'their'",
                database: name
            )
            #expect(kept == "few\ntheir")
        }
    }

    /// SQLite cannot take a column out of a CHECK: the migration is undone and says what to do.
    @Test func aCheckOfSQLiteIsNamed() async throws {
        try await MigrationPlace.with(.sqlite) { place in
            try await place.change(
                sql: """
                    CREATE TABLE items (id TEXT NOT NULL PRIMARY KEY, note TEXT, rank INTEGER NOT NULL, mark TEXT, \
                    CHECK (length(note) < 9)); CREATE UNIQUE INDEX items_mark_key ON items (mark);
                    """
            )
            let before = try await place.content()
            let error = await failure { try await place.open(After.self, Self.both) { _ in } }
            #expect(error?.code == .schemaMismatch && error?.field == "note", "\(String(describing: error))")
            #expect(error?.message.contains("CHECK") == true && error?.advice?.contains("as SQL") == true)
            let after = try await place.content()
            #expect(after.contains("CHECK (length(note) < 9)") && before.contains("CHECK (length(note) < 9)"))
            #expect(!after.contains("_stowage_changing"))
        }
    }

    /// A store without a history is taken at the version whose rule it has, so that the records are filled.
    @Test(arguments: Engine.allCases)
    func adoptionLooksAtTheRule(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            try await place.fill(Before.self, nil, Self.records)
            #expect(try await place.status(After.self, Self.both).adoptable == 1)
            let notes = try await place.open(After.self, Self.both) { try await $0.fetch().map(\.note) }
            #expect(notes == ["it's none", "n"])
            let history = try await place.status(After.self, Self.both).history
            #expect(history.map(\.isAdopted) == [true, false])
        }
        try await MigrationPlace.with(engine) { place in
            try await place.fill(After.self, nil, #"[{"id": "a", "note": "n", "mark": "x"}]"#)
            #expect(try await place.status(After.self, Self.both).adoptable == 2)
        }
    }
}
#endif
