#if SQLite && Postgres
import Foundation
import Stowage
import Testing

/// What would stop migrations half-way is seen before the first of them runs, and said the same by who only reads.
@Suite struct ObstacleTests {
    private func expectRefused(
        _ place: MigrationPlace,
        _ migrations: SchemaMigrations,
        naming words: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try await place.content()
        for access in [StorageAccess.readOnly, .readWrite] {
            let error = await failure { try await place.open(Item2.self, migrations, access: access) { _ in } }
            #expect(
                error?.code == .schemaMismatch && words.allSatisfy { "\(error!)".contains($0) },
                "\(access): \(String(describing: error))",
                sourceLocation: sourceLocation
            )
        }
        let status = try await place.status(Item2.self, migrations)
        #expect(status.refusal != nil && !status.isUpToDate, sourceLocation: sourceLocation)
        #expect(try await place.content() == before, sourceLocation: sourceLocation)
    }

    /// A table of ours in another form is refused by whoever opens it: so it is before anything is migrated.
    @Test(arguments: [Engine.sqlite, .postgres], ["_stowage_state", "_stowage_moves"])
    func aTableOfOursInAnotherFormIsRefusedBeforeTheFirstMigration(_ engine: Engine, _ table: String) async throws {
        try await MigrationPlace.with(engine) { place in
            try await place.fill(Item1.self, ItemVersions.upTo(1), #"[{"id": "a", "size": "1"}]"#)
            try await place.change(sql: "DROP TABLE IF EXISTS \(table); CREATE TABLE \(table) (x integer)")
            try await expectRefused(place, ItemVersions.upTo(2), naming: [table, "nothing was changed"])
        }
        // The same for a store without a history, which would be adopted.
        try await MigrationPlace.with(engine) { place in
            try await place.fill(Item1.self, nil, #"[{"id": "a", "size": "1"}]"#)
            try await place.change(sql: "DROP TABLE IF EXISTS \(table); CREATE TABLE \(table) (x integer)")
            try await expectRefused(place, ItemVersions.upTo(2), naming: [table, "nothing was changed"])
        }
    }

    /// The second migration's index cannot be made: the first does not run either.
    @Test(arguments: [Engine.sqlite, .postgres])
    func aTakenNameIsRefusedBeforeTheFirstMigration(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            try await place.change(sql: "CREATE TABLE other (a integer); CREATE INDEX items_tag_idx ON other (a)")
            try await expectRefused(place, ItemVersions.upTo(2), naming: ["2 (add_fields)", "items_tag_idx", "other"])
        }
        try await MigrationPlace.with(engine) { place in
            try await place.change(sql: "CREATE TABLE other (a integer); CREATE INDEX items ON other (a)")
            // Postgres takes the index for a table that another program made.
            let words = engine == .sqlite ? ["1 (create_items)", "other"] : []
            try await expectRefused(place, ItemVersions.upTo(2), naming: words + ["items", "nothing was changed"])
        }
        // An index that adoption would make.
        try await MigrationPlace.with(engine) { place in
            try await place.fill(Item1.self, nil, #"[{"id": "a", "size": "1"}]"#)
            try await place.change(
                sql:
                    "DROP INDEX items_note_idx; CREATE TABLE other (a integer); CREATE INDEX items_note_idx ON other (a)"
            )
            try await expectRefused(place, ItemVersions.upTo(2), naming: ["items_note_idx", "other"])
        }
    }

    /// What SQL of the app's own makes room for cannot be seen before it runs, and is not refused.
    @Test(arguments: [Engine.sqlite, .postgres])
    func aNameThatAMigrationFreesIsNotTaken(_ engine: Engine) async throws {
        let freeing = SchemaMigrations([
            SchemaMigration(1, "free", [.sql(sqlite: "DROP TABLE other;", postgres: "DROP TABLE other;", json: nil)]),
            SchemaMigration(2, "create", ItemVersions.list[0].operations),
        ])
        try await MigrationPlace.with(engine) { place in
            try await place.change(sql: "CREATE TABLE other (a integer); CREATE INDEX items_note_idx ON other (a)")
            try await place.open(Item1.self, freeing) { try await $0.create(Item1(id: "a", size: "1")) }
        }
    }
}

/// What `schema status` says of tables that another program has changed.
@Suite struct ForeignRuleTests {
    private static let migrations = ItemVersions.upTo(1)

    @Test(arguments: [Engine.sqlite, .postgres])
    func aLostOrAlteredStateIsDrift(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            try await place.fill(Item1.self, Self.migrations, #"[{"id": "a", "size": "1"}]"#)
            #expect(try await place.status(Item1.self, Self.migrations).isUpToDate)
            try await place.change(sql: "DROP TABLE _stowage_state")
            let lost = try await place.status(Item1.self, Self.migrations)
            #expect(!lost.isUpToDate, "\(lost.differences)")
            #expect(lost.differences.map(\.kind) == [.missingCollection])
            #expect(lost.differences.map(\.collection) == ["_stowage_state"])
            try await place.change(sql: "CREATE TABLE _stowage_state (name text PRIMARY KEY NOT NULL)")
            let altered = try await place.status(Item1.self, Self.migrations)
            #expect(altered.differences.contains { $0.kind == .missingField && $0.name == "value" })
            #expect(!altered.isUpToDate)
        }
    }

    /// A schema that was only applied has its state from the beginning.
    @Test(arguments: [Engine.sqlite, .postgres])
    func aSchemaThatWasOnlyAppliedIsUpToDate(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            let database = try place.database(Self.migrations)
            _ = try database.storage(Item1.self)
            try await database.migrateSchema()
            try await database.close()
            let status = try await place.status(Item1.self, Self.migrations)
            #expect(status.isUpToDate && status.differences.isEmpty, "\(status.differences)")
        }
    }

    @Test(arguments: [Engine.sqlite, .postgres])
    func checksAndTriggersAreToldAndNoDrift(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            try await place.fill(Item1.self, Self.migrations, #"[{"id": "a", "size": "1"}]"#)
            if engine == .postgres {
                try await place.change(
                    sql: """
                        ALTER TABLE items ADD CONSTRAINT short CHECK (length(size) < 9);
                        CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
                        CREATE TRIGGER guard BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION guard();
                        """
                )
            } else {
                try await place.change(
                    sql: """
                        ALTER TABLE items ADD COLUMN theirs integer CHECK (theirs < 9);
                        CREATE TRIGGER guard BEFORE INSERT ON items BEGIN SELECT 1; END;
                        """
                )
            }
            let status = try await place.status(Item1.self, Self.migrations)
            #expect(status.isUpToDate, "\(status.differences)")
            let rules = status.differences.filter { $0.kind == .foreignRule }
            let check = engine == .postgres ? "CHECK \"short\"" : "CHECK"
            #expect(rules.map(\.name) == [check, "trigger \"guard\""], "\(rules)")
        }
    }

    @Test func anUnloggedTableIsDrift() async throws {
        try await MigrationPlace.with(.postgres) { place in
            try await place.fill(Item1.self, Self.migrations, #"[{"id": "a", "size": "1"}]"#)
            try await place.change(sql: "ALTER TABLE items SET UNLOGGED")
            let status = try await place.status(Item1.self, Self.migrations)
            #expect(!status.isUpToDate && status.differences.map(\.kind) == [.unlogged], "\(status.differences)")
            try await place.change(sql: "ALTER TABLE items SET LOGGED; ALTER TABLE _stowage_state SET UNLOGGED")
            let own = try await place.status(Item1.self, Self.migrations)
            #expect(own.differences.map(\.collection) == ["_stowage_state"], "\(own.differences)")
            try await place.change(
                sql: "ALTER TABLE _stowage_state SET LOGGED; ALTER TABLE _stowage_migrations SET UNLOGGED"
            )
            let history = try await place.status(Item1.self, Self.migrations)
            #expect(history.differences.map(\.kind) == [.unlogged], "\(history.differences)")
            #expect(history.differences.map(\.collection) == ["_stowage_migrations"])
        }
    }

    /// What a file remembers of moves.
    @Test(arguments: ["5", #"[{"collection": "items"}]"#, #"["a"]"#])
    func damagedMovesOfAFileAreDrift(_ moves: String) async throws {
        try await MigrationPlace.with(.json) { place in
            try await place.fill(Item1.self, Self.migrations, #"[{"id": "a", "size": "1"}]"#)
            #expect(try await place.status(Item1.self, Self.migrations).isUpToDate)
            try await place.change(
                sql: "",
                json: { text in
                    text.replacingOccurrences(of: "\"items\":", with: "\"_stowage_moves\": \(moves), \"items\":")
                }
            )
            let status = try await place.status(Item1.self, Self.migrations)
            #expect(!status.isUpToDate && status.refusal == nil, "\(status)")
            #expect(status.differences.allSatisfy { $0.isDrift } && status.differences.count == 1)
        }
    }

    /// Who asks makes no difference to what a table is said to have.
    @Test func rowSecurityIsNotedWhoeverAsks() async throws {
        try await MigrationPlace.with(.postgres) { place in
            try await place.fill(Item1.self, Self.migrations, #"[{"id": "a", "size": "1"}]"#)
            // The owner is not subject to it.
            try await place.change(sql: "ALTER TABLE items ENABLE ROW LEVEL SECURITY")
            let status = try await place.status(Item1.self, Self.migrations)
            #expect(status.isUpToDate && status.differences.map(\.name) == ["rule \"row security\""])
        }
    }

    /// A table that inherits is noted: its rows are read as records.
    @Test func anInheritingTableIsNoted() async throws {
        try await MigrationPlace.with(.postgres) { place in
            try await place.fill(Item1.self, Self.migrations, #"[{"id": "a", "size": "1"}]"#)
            try await place.change(sql: "CREATE TABLE kid() INHERITS (items)")
            let status = try await place.status(Item1.self, Self.migrations)
            #expect(status.isUpToDate && status.differences.map(\.name) == ["rule \"inheriting table kid\""])
        }
    }

    /// SQLite lets null into a key that is not declared NOT NULL. Without one in it the key is as good as declared.
    @Test func aKeyWithoutNotNullIsAsGoodAsItHolds() async throws {
        try await MigrationPlace.with(.sqlite) { place in
            try await place.change(
                sql:
                    "CREATE TABLE items (id TEXT PRIMARY KEY, size TEXT NOT NULL, note TEXT); INSERT INTO items VALUES ('a', '1', NULL)"
            )
            #expect(try await place.status(Item1.self, Self.migrations).isUpToDate)
            try await place.open(Item1.self, Self.migrations) { try await $0.create(Item1(id: "b", size: "2")) }
            let adopted = try await place.status(Item1.self, Self.migrations)
            #expect(adopted.isUpToDate && adopted.differences.isEmpty, "\(adopted.differences)")
            try await place.change(sql: "INSERT INTO items (id, size) VALUES (NULL, '3')")
            let holed = try await place.status(Item1.self, Self.migrations)
            #expect(holed.differences.map(\.kind) == [.otherOptionality] && holed.differences[0].name == "id")
            #expect(!holed.isUpToDate && holed.differences[0].detail?.contains("holds null") == true)
        }
    }

    /// What was adopted by applying alone is up to date, and not only once it is opened.
    @Test(arguments: [Engine.sqlite, .postgres])
    func aStoreThatWasOnlyAdoptedIsUpToDate(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            let text = engine == .postgres ? "text COLLATE \"C\"" : "text"
            try await place.change(
                sql: "CREATE TABLE items (id \(text) NOT NULL PRIMARY KEY, size \(text) NOT NULL, note \(text))"
            )
            let database = try place.database(Self.migrations)
            _ = try database.storage(Item1.self)
            #expect(try await database.migrateSchema().map(\.isAdopted) == [true])
            try await database.close()
            let status = try await place.status(Item1.self, Self.migrations)
            #expect(status.isUpToDate && status.differences.isEmpty, "\(status.differences)")
        }
    }
}
#endif
