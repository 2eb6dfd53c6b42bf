#if SQLite && Postgres
import Foundation
import Stowage
import Testing

/// Stores that were made without migrations, and stores that another program has changed.
@Suite struct AdoptionTests {
    @Test(arguments: Engine.allCases)
    func aStoreWithoutAHistoryIsAdoptedAtTheNewestVersionThatFits(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            try await place.fill(Item1.self, nil, #"[{"id": "a", "size": "12", "extra": 1.50}]"#)
            let before = try await place.content()
            let found = try await place.status(Item4.self, ItemVersions.all)
            #expect(found.history.isEmpty && found.adoptable == 1 && found.pending.map(\.number) == [2, 3, 4])
            #expect(try await place.content() == before)
            let json = try await place.json("a", of: Item4.self, ItemVersions.all)
            #expect(json?.contains(#""size":12"#) == true && json?.contains(#""extra":1.50"#) == true)
            let status = try await place.status(Item4.self, ItemVersions.all)
            #expect(status.isUpToDate && status.history.map(\.isAdopted) == [true, false, false, false])
        }
    }

    /// A damaged field of a later version is no sign of an earlier one.
    @Test(arguments: [#"[\#n%@]"#, #"{"items": [\#n%@]}"#])
    func aDamagedFieldOfAFileIsNoOlderSchema(_ shape: String) async throws {
        try await MigrationPlace.with(.json) { place in
            let records = """
                {"id": "a", "size": "1", "count": 3},
                {"id": "b", "size": "1", "count": 3, "tag": 5},
                {"id": "c", "size": "1", "count": "three"}
                """
            let text = shape.replacingOccurrences(of: "%@", with: records)
            try Data(text.utf8).write(to: URL(fileURLWithPath: place.path))
            let status = try await place.status(Item2.self, ItemVersions.upTo(2))
            #expect(status.pending.isEmpty && status.adoptable == nil)
            #expect(
                status.refusal?.code == .corrupt && status.refusal?.recordID == "b",
                "\(String(describing: status))"
            )
            #expect(status.refusal?.field == "tag" && status.refusal?.place?.line == 3)
            #expect(status.differences.map(\.name) == ["tag", "count"], "\(status.differences)")
            for policy in [SchemaMigrationPolicy.apply, .refuse] {
                let error = await failure { try await place.open(Item2.self, ItemVersions.upTo(2), policy) { _ in } }
                #expect(error?.code == .corrupt && error?.recordID == "b" && error?.field == "tag")
            }
            #expect(try String(contentsOfFile: place.path, encoding: .utf8) == text)
        }
    }

    /// A map without a record is an empty store, as an empty list is.
    @Test(arguments: ["{}", "[]", " { } "])
    func anEmptyFileOfAnyShapeHasTheNewestSchema(_ text: String) async throws {
        try await MigrationPlace.with(.json) { place in
            try Data(text.utf8).write(to: URL(fileURLWithPath: place.path))
            let status = try await place.status(Item2.self, ItemVersions.upTo(2))
            #expect(status.adoptable == 2 && status.isUpToDate)
            let count = try await place.open(Item2.self, ItemVersions.upTo(2), .refuse, access: .readOnly) {
                try await $0.count()
            }
            #expect(count == 0)
            #expect(try String(contentsOfFile: place.path, encoding: .utf8) == text)
        }
    }

    @Test(arguments: Engine.allCases)
    func aStoreThatHasAllOfItIsAdoptedWithoutBeingChanged(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            let detail = #"{"color": "red", "deep": 1.0}"#
            try await place.fill(
                Item2.self,
                nil,
                #"[{"id": "a", "size": "1", "count": 3, "detail": \#(detail), "x": 1}]"#
            )
            let migrations = ItemVersions.upTo(2)
            #expect(try await place.status(Item2.self, migrations).adoptable == 2)
            #expect(try await place.status(Item2.self, migrations).isUpToDate)
            let json = try await place.json("a", of: Item2.self, migrations)
            #expect(json == #"{"id":"a","size":"1","count":3,"detail":{"color":"red","deep":1.0},"x":1}"#)
            try await place.open(Item2.self, migrations) { try await $0.create(Item2(id: "b", size: "", count: 0)) }
            #expect(try await place.status(Item2.self, migrations).history.map(\.isAdopted) == [true, true])
        }
    }

    @Test(arguments: Engine.allCases)
    func aStoreThatFitsNoVersionIsRefusedWithTheDifferences(_ engine: Engine) async throws {
        struct Strange: StorageRecord {
            var id: String
            var color: Int
            static let collection = "items"
            static var fields: [Field<Strange>] {
                Field("id", \.id).identifier()
                Field("color", \.color)
            }
        }
        try await MigrationPlace.with(engine) { place in
            try await place.fill(Strange.self, nil, #"[{"id": "a", "color": 1}]"#)
            let before = try await place.content()
            let error = await failure { try await place.open(Item2.self, ItemVersions.upTo(2)) { _ in } }
            #expect(error?.code == .schemaMismatch && error?.message.contains("size") == true)
            if engine != .json { #expect(error?.message.contains("count") == true) }
            #expect(try await place.content() == before)
        }
    }

    /// Tables that another program made: what is there beside the schema stays.
    @Test(arguments: [Engine.sqlite, .postgres])
    func foreignColumnsAndTriggersStay(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            try await place.change(
                sql: """
                    CREATE TABLE items (id text \(engine == .postgres ? "COLLATE \"C\" " : "")NOT NULL PRIMARY KEY,
                      size text \(engine == .postgres ? "COLLATE \"C\" " : "")NOT NULL,
                      note text\(engine == .postgres ? " COLLATE \"C\"" : ""), weight integer DEFAULT 4);
                    CREATE VIEW heavy AS SELECT id, weight FROM items WHERE weight > 4;
                    INSERT INTO items VALUES ('a', '5', 'n', 7), ('b', '6', NULL, 1);
                    """
            )
            let json = try await place.json("a", of: Item4.self, ItemVersions.all)
            #expect(json?.contains(#""weight":7"#) == true && json?.contains(#""size":5"#) == true, "\(json ?? "")")
            let status = try await place.status(Item4.self, ItemVersions.all)
            #expect(status.history.map(\.isAdopted) == [true, false, false, false])
            #expect(status.differences.contains { $0.kind == .foreignField && $0.name == "weight" })
            #expect(status.isUpToDate)
            try await place.change(sql: "SELECT id FROM heavy")
        }
    }

    @Test(arguments: [Engine.sqlite, .postgres])
    func driftIsNamed(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            let migrations = ItemVersions.upTo(2)
            try await place.open(Item2.self, migrations) { _ in }
            #expect(try await place.status(Item2.self, migrations).isUpToDate)
            let required =
                engine == .postgres
                ? "ALTER TABLE items ALTER COLUMN detail SET NOT NULL; ALTER TABLE items ALTER COLUMN count DROP NOT NULL;"
                : "ALTER TABLE items DROP COLUMN detail; ALTER TABLE items ADD COLUMN detail TEXT NOT NULL DEFAULT '{}';"
            try await place.change(
                sql: """
                    DROP INDEX "items_note_idx";
                    DROP INDEX "items_tag_idx"; CREATE INDEX "items_tag_idx" ON items (size);
                    CREATE INDEX theirs ON items (size);
                    ALTER TABLE items ADD COLUMN more integer;
                    ALTER TABLE items DROP COLUMN note;
                    \(required)
                    """
            )
            let status = try await place.status(Item2.self, migrations)
            #expect(!status.isUpToDate && status.pending.isEmpty && status.refusal == nil)
            func found(_ kind: SchemaDifference.Kind) -> [String] {
                status.differences.filter { $0.kind == kind }.compactMap(\.name).sorted()
            }
            #expect(found(.missingField) == ["note"] && found(.foreignField) == ["more"])
            #expect(found(.missingIndex) == ["items_note_idx"] && found(.otherIndex) == ["items_tag_idx"])
            #expect(found(.extraIndex) == ["theirs"])
            #expect(found(.otherOptionality) == (engine == .postgres ? ["count", "detail"] : ["detail"]))
            try await place.change(
                sql: engine == .postgres
                    ? "ALTER TABLE items ALTER COLUMN size TYPE varchar COLLATE \"de-DE-x-icu\""
                    : "DROP INDEX theirs; DROP INDEX items_tag_idx; ALTER TABLE items DROP COLUMN size; ALTER TABLE items ADD COLUMN size INTEGER"
            )
            let types = try await place.status(Item2.self, migrations).differences.filter { $0.kind == .otherType }
            #expect(types.map(\.name) == ["size"])
        }
    }
}
#endif
