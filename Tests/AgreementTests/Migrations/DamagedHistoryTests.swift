#if SQLite && Postgres
import Foundation
import Stowage
import Testing

/// Stores whose records or whose book-keeping another program has lost: refused, never read as empty and never made
/// anew (STA-2).
@Suite struct DamagedHistoryTests {
    private func expectRefused(
        _ place: MigrationPlace,
        _ codes: Set<StorageError.Code>,
        _ words: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try await place.content()
        for access in [StorageAccess.readWrite, .readOnly] {
            let error = await failure {
                try await place.open(Item1.self, ItemVersions.upTo(1), access: access) { _ in }
            }
            let isRight =
                error.map { codes.contains($0.code) && (words.isEmpty || $0.description.contains(words)) } ?? false
            #expect(isRight, "\(access): \(String(describing: error))", sourceLocation: sourceLocation)
        }
        #expect(try await place.content() == before, sourceLocation: sourceLocation)
    }

    @Test(arguments: Engine.allCases)
    func aLostCollectionIsRefused(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            try await place.fill(Item1.self, ItemVersions.upTo(1), #"[{"id": "a", "size": "1"}]"#)
            try await place.change(sql: "DROP TABLE items") { $0.replacing("\"items\":", with: "\"lost\":") }
            try await expectRefused(place, [.schemaMismatch], "history")
        }
    }

    @Test(
        arguments: [Engine.sqlite, .postgres],
        [
            "CREATE TABLE _stowage_migrations (x integer)",
            "CREATE TABLE _stowage_migrations (number text, name text, checksum text, applied_at text, duration_ms text, applied_by text, adopted text); INSERT INTO _stowage_migrations VALUES ('one', 'n', 'c', 'then', 'long', 'me', 'no')",
        ]
    )
    func aHistoryOfAnotherFormIsRefused(_ engine: Engine, _ sql: String) async throws {
        try await MigrationPlace.with(engine) { place in
            try await place.fill(Item1.self, ItemVersions.upTo(1), #"[{"id": "a", "size": "1"}]"#)
            try await place.change(sql: "DROP TABLE _stowage_migrations; " + sql)
            try await expectRefused(place, [.schemaMismatch, .corrupt])
        }
    }

    @Test(arguments: [
        "7", "[]", #"{"format": "one"}"#, #"{"migrations": 3}"#, #"{"migrations": [{"number": "one"}]}"#,
        #"{"migrations": [{"number": 1, "name": "create_items"}]}"#, #"{"migrations": [null]}"#,
    ])
    func bookKeepingThatCannotBeReadIsRefused(_ text: String) async throws {
        try await MigrationPlace.with(.json) { place in
            try #"{"items": [{"id": "a", "size": "1"}], "_stowage": \#(text)}"#
                .write(toFile: place.path, atomically: false, encoding: .utf8)
            try await expectRefused(place, [.corrupt], "_stowage")
        }
    }

    /// Neither shape is ours when it has our key, and both hold records.
    @Test(
        arguments: [
            #"{"a": {"size": "1"}, "_stowage": {"format": 1}}"#,
            #"{"timestamp": "t", "version": 1, "data": {"items": [{"id": "a", "size": "1"}]}, "_stowage": {"format": 1}}"#,
        ],
        [true, false]
    )
    func aMapOrAnEnvelopeBesideOurKeyIsRead(_ text: String, _ hasMigrations: Bool) async throws {
        try await MigrationPlace.with(.json) { place in
            try text.write(toFile: place.path, atomically: false, encoding: .utf8)
            for access in [StorageAccess.readOnly, .readWrite] {
                let migrations = hasMigrations ? ItemVersions.upTo(1) : nil
                let found = try await place.open(Item1.self, migrations, access: access) { try await $0.fetch() }
                #expect(found == [Item1(id: "a", size: "1")])
            }
        }
    }

    /// Something of an index's name stands in a migration's way: the migration is undone, and says what.
    @Test(arguments: [Engine.sqlite, .postgres])
    func anIndexThatAMigrationCouldNotMakeIsRefused(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            try await place.fill(Item1.self, ItemVersions.upTo(1), #"[{"id": "a", "size": "1"}]"#)
            try await place.change(sql: "CREATE INDEX items_tag_idx ON items (size)")
            let before = try await place.content()
            let error = await failure { try await place.open(Item2.self, ItemVersions.upTo(2)) { _ in } }
            #expect(error?.code == .schemaMismatch && error?.message.contains("items_tag_idx") == true, "\(error!)")
            #expect(error?.message.contains("2 (add_fields)") == true)
            #expect(try await place.content() == before)
        }
    }

    @Test(arguments: [Engine.sqlite, .postgres])
    func anotherIndexOfTheNamePreventsAdoption(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            try await place.fill(Item1.self, nil, #"[{"id": "a", "size": "1"}]"#)
            try await place.change(sql: "DROP INDEX items_note_idx; CREATE INDEX items_note_idx ON items (size)")
            let before = try await place.content()
            let error = await failure { try await place.open(Item1.self, ItemVersions.upTo(1)) { _ in } }
            #expect(error?.code == .schemaMismatch && error?.message.contains("items_note_idx") == true, "\(error!)")
            #expect(try await place.content() == before)
        }
    }
}
#endif
