#if SQLite && Postgres
import Foundation
import Stowage
import Testing

/// Filled stores go from every earlier version to the newest, with all that they hold.
@Suite struct UpgradeTests {
    /// What version 1 or 2 is filled with: `"size"` is still text, and no schema knows `extra` and `color`.
    private static let records = """
        [{"id": "a", "size": "12", "extra": {"n": 9007199254740993, "f": 1.50}},
         {"id": "é", "size": "-9223372036854775808", "note": "it's", "color": [1.0]},
         {"id": "z'\\"", "size": "0", "note": "x"}]
        """

    @Test(arguments: Engine.allCases, 1...4)
    func fromEveryVersion(_ engine: Engine, _ version: Int) async throws {
        try await MigrationPlace.with(engine) { place in
            switch version {
            case 1: try await place.fill(Item1.self, ItemVersions.upTo(1), Self.records)
            case 2: try await place.fill(Item2.self, ItemVersions.upTo(2), withCount(Self.records))
            default: try await place.fill(Item1.self, ItemVersions.upTo(1), Self.records)
            }
            if version == 3 {
                let database = try place.database(ItemVersions.upTo(3))
                #expect(try await database.migrateSchema().map(\.number) == [2, 3])
                try await database.close()
            }
            let all = ItemVersions.all
            if version < 4 {
                let before = try await place.status(Item4.self, all)
                #expect(before.version == version && before.pending.map(\.number) == Array((version + 1)...4))
                #expect(before.differences.isEmpty && before.refusal == nil, "\(before.differences)")
            }
            let json = try await place.json("a", of: Item4.self, all)
            #expect(
                json == """
                    {"id":"a","size":12,"remark":"none of a","count":9,"it's \\"new\\"":"it's \\\\ \\"so\\"",\
                    "extra":{"n":9007199254740993,"f":1.50},"seen":true}
                    """
            )
            try await place.open(Item4.self, all) { items in
                let stored = try await items.fetch()
                #expect(stored.map(\.size) == [12, 0, .min])
                #expect(stored.map(\.remark) == ["none of a", "x", "it's"])
                #expect(stored.allSatisfy { $0.count == 9 && $0.new == "it's \\ \"so\"" && $0.detail == nil })
                try await items.create(Item4(id: "new", size: 1, count: 2, detail: Detail(color: "red")))
                #expect(try await items.fetch(.where { $0.remark == "x" }).map(\.id) == ["z'\""])
            }
            let after = try await place.status(Item4.self, all)
            #expect(after.isUpToDate, "\(after)")
            #expect(after.history.map(\.number) == [1, 2, 3, 4] && after.history.allSatisfy { !$0.isAdopted })
            #expect(after.history.allSatisfy { $0.appliedBy.contains("Stowage") && $0.checksum.utf8.count == 64 })
        }
    }

    private func withCount(_ json: String) -> String {
        json.replacing("\"size\"", with: "\"count\": 7, \"it's \\\"new\\\"\": \"it's \\\\ \\\"so\\\"\", \"size\"")
    }

    /// Members that were unknown become the values of fields of their name: never both.
    @Test(arguments: Engine.allCases)
    func unknownMembersBecomeFields(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            try await place.fill(
                Item1.self,
                ItemVersions.upTo(1),
                #"""
                [{"id": "a", "size": "1", "detail": {"color": "red", "deep": 1.0}, "count": 3, "tag": null, "rest": 1},
                 {"id": "b", "size": "2", "tag": "t"}]
                """#
            )
            let json = try await place.json("a", of: Item2.self, ItemVersions.upTo(2))
            #expect(
                json == """
                    {"id":"a","size":"1","count":3,"detail":{"color":"red","deep":1.0},\
                    "it's \\"new\\"":"it's \\\\ \\"so\\"","rest":1}
                    """
            )
            try await place.open(Item2.self, ItemVersions.upTo(2)) { items in
                #expect(try await items.fetch().map(\.tag) == [nil, "t"])
                #expect(try await items.fetch().map(\.count) == [3, 7])
                #expect(try await items.fetch(.where { $0.tag == "t" }).map(\.id) == ["b"])
                // Never both: clearing the field leaves nothing that could come back.
                try await items.update("b") { $0.tag = nil }
                #expect(try await items.getJSON("b")?.object?["tag"] == nil)
            }
        }
    }

    @Test(arguments: Engine.allCases)
    func aMemberOfAnotherTypeFailsAndNamesTheRecord(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            try await place.fill(
                Item1.self,
                ItemVersions.upTo(1),
                #"[{"id": "a", "size": "1"}, {"id": "bad", "size": "1", "count": "s3cret"}]"#
            )
            let before = try await place.content()
            let error = await failure { try await place.open(Item2.self, ItemVersions.upTo(2)) { _ in } }
            #expect(error?.recordID == "bad" && error?.field == "count" && error?.collection == "items", "\(error!)")
            #expect(error?.message.contains("2 (add_fields)") == true)
            #expect(error?.description.contains("s3cret") == false)
            #expect(try await place.content() == before)
        }
    }

    /// A file in another of the four shapes is brought to the one that is written, untouched records byte for byte.
    @Test func aFileKeepsTheBytesOfWhatDoesNotChange() async throws {
        try await MigrationPlace.with(.json) { place in
            let record = #"{ "id":"a" ,"size": "1",   "x":[1, 2.50] }"#
            try #"{"version": 7, "items": [\#(record)], "baseDir":"/b"}"#
                .write(toFile: place.path, atomically: false, encoding: .utf8)
            // Adopted: nothing is written at opening.
            let before = try await place.content()
            try await place.open(Item1.self, ItemVersions.upTo(1)) { items in
                #expect(try await place.content() == before)
                try await items.create(Item1(id: "b", size: "2"))
            }
            let written = try await place.content()
            #expect(written.contains(record) && written.contains("\"_stowage\"") && written.contains("\"version\": 7"))
            #expect(try await place.status(Item1.self, ItemVersions.upTo(1)).history.map(\.isAdopted) == [true])
            let exported = try await place.open(Item1.self, ItemVersions.upTo(1)) {
                String(decoding: try await StoreExport.bytes(of: $0), as: UTF8.self)
            }
            #expect(!exported.contains("_stowage") && exported.contains("baseDir"))
            // Another shape, an earlier version: a map from id to record.
            try #"{"m": {"size": "5", "x": 1.50}}"#.write(toFile: place.path, atomically: false, encoding: .utf8)
            #expect(try await place.status(Item4.self, ItemVersions.all).adoptable == 1)
            let json = try await place.json("m", of: Item4.self, ItemVersions.all)
            #expect(json?.contains(#""id":"m","size":5,"#) == true && json?.contains(#""x":1.50"#) == true)
        }
    }
}
#endif
