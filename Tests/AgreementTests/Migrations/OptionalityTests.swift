#if SQLite && Postgres
import Foundation
import Stowage
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
            #expect(error?.recordID == "bad" && error?.field == "mark" && error?.collection == "items", "\(error!)")
            #expect(error?.message.contains("2 (change)") == true && error?.description.contains("s3cret") == false)
            #expect(try await place.content() == before)
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
