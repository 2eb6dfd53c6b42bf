#if SQLite && Postgres
import Foundation
import Stowage
import StowageMigration
import Testing

/// Verification: typed, field by field, and silent about values.
@Suite struct VerifyingTests {
    private func differences(_ source: Item?, _ target: Item?) async throws -> [RecordDifference] {
        try await withTwo(source, target) { try await $0.verified(against: $1).differences }
    }

    private func withTwo<Result>(
        _ source: Item?,
        _ target: Item?,
        _ body: (Place, Place) async throws -> Result
    ) async throws -> Result {
        let (left, right) = (try await Place(.memory), try await Place(.sqlite))
        try await left.fill([source].compactMap(\.self), unknown: false)
        try await right.fill([target].compactMap(\.self), unknown: false)
        return try await body(left, right)
    }

    @Test func kindsThatLookAlikeAreToldApart() async throws {
        let base = Item(id: "a")
        func item(_ change: (inout Item) -> Void) -> Item {
            var copy = base
            change(&copy)
            return copy
        }
        let pairs: [(String, Item, Item)] = [
            ("flag", item { $0.flag = false }, base), ("text", item { $0.text = "" }, base),
            ("count", item { $0.count = 0 }, base), ("bytes", item { $0.bytes = Data() }, base),
            ("ratio", item { $0.ratio = 0.0 }, item { $0.ratio = -0.0 }),
            ("text", item { $0.text = "é" }, item { $0.text = "e\u{301}" }),
            ("at", item { $0.at = try? Timestamp(microseconds: 1) }, item { $0.at = try? Timestamp(microseconds: 2) }),
            ("amount", item { $0.amount = Decimal(string: "0.1") }, item { $0.amount = Decimal(string: "0.11") }),
            ("part", item { $0.part = Part(name: "a", count: 1) }, item { $0.part = Part(name: "a") }),
            ("level", item { $0.level = .high }, base), ("flag", item { $0.flag = true }, item { $0.flag = false }),
        ]
        for (field, left, right) in pairs {
            let found = try await differences(left, right)
            #expect(found.map(\.field) == [field] && found.map(\.id) == ["a"], "\(found)")
            #expect(try await differences(right, left).map(\.field) == [field])
            #expect(try await differences(left, left).isEmpty)
        }
        #expect(try await differences(base, nil).map(\.kind) == ["the target has no such record"])
        #expect(try await differences(nil, base).map(\.kind) == ["the source has no such record"])
    }

    @Test func differencesSayWhereAndNeverWhat() async throws {
        var (left, right) = (Item(id: "a"), Item(id: "a"))
        left.text = "a private thought"
        right.text = "a private thoughts"
        left.token = "t0ken-one"
        right.token = "t0ken-two"
        left.part = Part(name: "p", key: "k3y-one")
        right.part = Part(name: "p", key: "k3y-two")
        let found = try await differences(left, right)
        #expect(
            found.map(\.description) == [
                #"record "a", field "text": texts differ at byte 17 (lengths 17 and 18)"#,
                #"record "a", field "part": secret values differ under "key""#,
                #"record "a", field "token": secret values differ"#,
            ]
        )
        #expect(!"\(found)".contains("private") && !"\(found)".contains("t0ken-") && !"\(found)".contains("k3y-"))
    }

    @Test func unknownMembersAndTheStateAreCompared() async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            try await source.fill(sampleItems(3))
            try await source.moved(to: target)
            try RawSQLite(target.file).run(
                #"UPDATE items SET _stowage_unknown = replace(_stowage_unknown, '1.50', '1.5') WHERE id = 'i-00000'"#
            )
            try RawSQLite(target.file).run("UPDATE _stowage_state SET value = '\"/c\"' WHERE name = 'baseDir'")
            let found = try await source.verified(against: target).differences
            #expect(found.map(\.field) == ["f", "baseDir"] && found.map(\.id) == ["i-00000", nil])
        }
    }

    @Test func theListIsBoundedAndTheTotalIsNot() async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            try await source.fill(sampleItems(100))
            try await target.fill([], unknown: false)
            let move = try ItemMove(
                from: try source.database(.readOnly),
                to: try target.database(.readOnly),
                options: .init(differenceLimit: 7)
            )
            let verdict = try await move.verify()
            try await move.close()
            #expect(
                verdict.differences.count == 7 && verdict.total == 101 && verdict.read == 100 && verdict.verified == 0
            )
        }
    }

    @Test func aTargetsUnreadableRecordIsADifference() async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            try await source.fill(sampleItems(5))
            try await source.moved(to: target)
            try RawSQLite(target.file).run(#"UPDATE items SET "count" = 'seven' WHERE id = 'i-00002'"#)
            let found = try await source.verified(against: target).differences
            #expect(found.contains { $0.id == "i-00002" && $0.field == "count" })
        }
    }
}
#endif
