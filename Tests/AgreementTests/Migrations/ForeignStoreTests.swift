#if SQLite && Postgres
import Foundation
import Stowage
import Testing

/// Databases that another program made, which are only read: sources of a move, of `verify`, of a backup.
@Suite struct ForeignStoreTests {
    private struct ItemState: StorageState {
        var items: [Item1] = []
        var baseDir: String?
        static var records: any WritableKeyPath<ItemState, [Item1]> & Sendable { \.items }
        static var fields: [Field<ItemState>] { Field("baseDir", \.baseDir) }
    }

    private static func text(_ engine: Engine) -> String { engine == .postgres ? "text COLLATE \"C\"" : "text" }

    private func make(_ place: MigrationPlace) async throws {
        let text = Self.text(place.engine)
        try await place.change(
            sql: """
                CREATE TABLE items (id \(text) PRIMARY KEY, size \(text) NOT NULL, note \(text));
                INSERT INTO items VALUES ('a', '5', 'n'), ('b', '6', NULL);
                """
        )
    }

    @Test(arguments: [Engine.sqlite, .postgres], [true, false])
    func anAbsentStateIsAnEmptyOne(_ engine: Engine, _ hasMigrations: Bool) async throws {
        try await MigrationPlace.with(engine) { place in
            try await make(place)
            let before = try await place.content()
            let migrations = hasMigrations ? ItemVersions.upTo(1) : nil
            let database = try place.database(migrations, access: .readOnly)
            let items = try database.storage(Item1.self, state: ItemState.self)
            try await items.initialize()
            let state = try await items.readState()
            #expect(state.baseDir == nil && state.items.map(\.id) == ["a", "b"])
            let read = try await items.transaction(.readOnly) { try await $0.readState().items.count }
            #expect(read == 2)
            #expect(try await items.get("b")?.size == "6")
            #expect(try await place.content() == before)
            // What another program writes meanwhile is seen (TXN-4).
            let writer = try place.database(migrations)
            let other = try writer.storage(Item1.self, state: ItemState.self)
            try await other.initialize()
            try await other.writeState(ItemState(items: [Item1(id: "c", size: "7")], baseDir: "/b"))
            let after = try await items.readState()
            #expect(after.baseDir == "/b" && after.items.map(\.id) == ["c"])
            let again = try await items.transaction(.readOnly) { try await $0.readState().baseDir }
            #expect(again == "/b")
            try await writer.close()
            try await database.close()
        }
    }

    @Test(arguments: [Engine.sqlite, .postgres])
    func aDatabaseWithoutTheTableIsAbsent(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            try await place.change(sql: "CREATE TABLE other (x integer)")
            let before = try await place.content()
            for migrations in [nil, ItemVersions.upTo(1)] {
                let error = await failure { try await place.open(Item1.self, migrations, access: .readOnly) { _ in } }
                #expect(error?.code == .notFound, "\(String(describing: error))")
            }
            #expect(try await place.content() == before)
        }
    }

    /// Columns that are not the schema's are told, and are drift only where they refuse new records.
    @Test(arguments: [Engine.sqlite, .postgres])
    func foreignColumnsAreDriftOnlyWhereTheyRefuseRecords(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            let migrations = ItemVersions.upTo(1)
            try await place.open(Item1.self, migrations) { _ in }
            try await place.change(
                sql: """
                    ALTER TABLE items ADD COLUMN weight integer;
                    ALTER TABLE items ADD COLUMN grade integer DEFAULT 4;
                    ALTER TABLE items ADD COLUMN twice integer GENERATED ALWAYS AS (4) \
                    \(engine == .postgres ? "STORED" : "VIRTUAL");
                    """
            )
            let status = try await place.status(Item1.self, migrations)
            #expect(status.isUpToDate, "\(status.differences)")
            #expect(status.differences.map(\.kind) == [.foreignField, .foreignField, .foreignField])
            #expect(status.differences.map(\.name) == ["weight", "grade", "twice"])
            try await place.open(Item1.self, migrations) { try await $0.create(Item1(id: "a", size: "1")) }
            try await place.change(
                sql: engine == .postgres
                    ? "ALTER TABLE items ADD COLUMN must integer; UPDATE items SET must = 1; ALTER TABLE items ALTER must SET NOT NULL"
                    : """
                    ALTER TABLE items RENAME TO old;
                    CREATE TABLE items (id TEXT NOT NULL PRIMARY KEY, size TEXT NOT NULL, note TEXT, _stowage_unknown text, must INTEGER NOT NULL);
                    DROP TABLE old; CREATE INDEX "items_note_idx" ON items (note);
                    """
            )
            let refusing = try await place.status(Item1.self, migrations)
            let drift = refusing.differences.filter(\.isDrift)
            #expect(!refusing.isUpToDate && drift.map(\.name) == ["must"] && drift.map(\.kind) == [.extraField])
            #expect(drift.first?.detail?.contains("NOT NULL without a default") == true)
            await #expect(throws: StorageError.self) {
                try await place.open(Item1.self, migrations) { try await $0.create(Item1(id: "b", size: "1")) }
            }
        }
    }

    @Test(arguments: [Engine.sqlite, .postgres])
    func aLostColumnForUnknownMembersIsNamedUntilItIsMadeAgain(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            let migrations = ItemVersions.upTo(1)
            try await place.open(Item1.self, migrations) { _ in }
            try await place.change(sql: "ALTER TABLE items DROP COLUMN _stowage_unknown")
            let status = try await place.status(Item1.self, migrations)
            #expect(!status.isUpToDate && status.differences.map(\.kind) == [.missingUnknowns])
            try await place.open(Item1.self, migrations) { _ in }
            #expect(try await place.status(Item1.self, migrations).isUpToDate)
        }
    }
}

/// Indexes of the declared names that are not what they should be. Postgres has kinds of its own.
@Suite struct IndexDriftTests {
    @Test(arguments: [
        ("CREATE INDEX items_note_idx ON items (lower(note))", "an expression"),
        ("CREATE INDEX items_note_idx ON items (note COLLATE NOCASE)", "note COLLATE NOCASE"),
        ("CREATE INDEX items_note_idx ON items (note DESC)", "note DESC"),
        ("CREATE INDEX items_note_idx ON items (note) WHERE note > 'a'", "of some rows"),
        ("CREATE UNIQUE INDEX items_note_idx ON items (note)", "unique"),
        ("CREATE INDEX items_note_idx ON items (note, size)", "note, size"),
        ("CREATE INDEX items_note_idx ON items (size)", "on size"),
    ])
    func anotherIndexOfTheNameIsNamed(_ sql: String, _ words: String) async throws {
        try await MigrationPlace.with(.sqlite) { place in
            let migrations = ItemVersions.upTo(1)
            try await place.open(Item1.self, migrations) { _ in }
            try await place.change(sql: "DROP INDEX items_note_idx; " + sql)
            let status = try await place.status(Item1.self, migrations)
            #expect(status.differences.map(\.kind) == [.otherIndex] && !status.isUpToDate, "\(status.differences)")
            #expect(status.differences.first?.detail?.contains(words) == true, "\(status.differences)")
            let error = await failure { try await place.open(Item1.self, migrations) { _ in } }
            #expect(error?.code == .schemaMismatch && error?.backend?.constraint == "items_note_idx")
            // Without a history the store is not taken for one of ours.
            try await place.change(sql: "DROP TABLE _stowage_migrations")
            let before = try await place.content()
            let refused = await failure { try await place.open(Item1.self, migrations) { _ in } }
            #expect(refused?.code == .schemaMismatch && refused?.message.contains("items_note_idx") == true)
            #expect(try await place.content() == before)
        }
    }

    /// Decimals are found by an expression of our own, and by no other.
    @Test func theExpressionOfADecimalIndexIsOurs() async throws {
        struct Priced: StorageRecord {
            var id: String
            var price: Decimal
            static let collection = "items"
            static var fields: [Field<Priced>] {
                Field("id", \.id).identifier()
                Field("price", \.price).unique()
            }
        }
        let migrations = SchemaMigrations([
            SchemaMigration(
                1,
                "create",
                [.createCollection("items", [.text("id").identifier(), .decimal("price").unique()])]
            )
        ])
        try await MigrationPlace.with(.sqlite) { place in
            try await place.open(Priced.self, migrations) { try await $0.create(Priced(id: "a", price: 1)) }
            #expect(try await place.status(Priced.self, migrations).isUpToDate)
            let range = "\"_stowage_range_items_price_key\""
            try await place.change(sql: "DROP INDEX \(range); CREATE INDEX \(range) ON items (CAST(price AS INTEGER))")
            let found = try await place.status(Priced.self, migrations).differences
            #expect(found.map(\.kind) == [.otherIndex] && found.map(\.name) == ["_stowage_range_items_price_key"])
        }
    }
}
#endif
