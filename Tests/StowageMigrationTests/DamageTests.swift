#if SQLite && Postgres
import Foundation
import Stowage
import StowageMigration
import Testing

/// What cannot go: all of it is found before anything is written, each record with its place.
@Suite struct DamageTests {
    /// The refusals of a move, which must leave no target behind.
    private func refusals(_ source: Place, _ target: Place) async throws -> [MoveRefused.Refusal] {
        let move = try source.move(to: target)
        let plan = try await move.plan()
        try await move.close()
        var refused: [MoveRefused.Refusal] = []
        do {
            try await source.moved(to: target)
            Issue.record("the move was done")
        } catch let error as MoveRefused {
            #expect(error.code == .corrupt)
            refused = error.refusals
        }
        #expect(refused == plan.refusals)
        #expect(!FileManager.default.fileExists(atPath: target.folder))
        return refused
    }

    @Test func everyDamagedRecordOfAFileIsNamedWithItsLine() async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            try FileManager.default.createDirectory(atPath: source.folder, withIntermediateDirectories: true)
            let lines = [
                #"{"id":"fine","level":"low"}"#, #"{"id":"nul","level":"low","text":"a\u0000b"}"#,
                #"{"id":"late","level":"low","at":"next week"}"#, #"{"id":"number","level":"low","text":5}"#,
                #"{"id":"huge","level":"low","count":9223372036854775808}"#, #"{"id":"odd","level":"middle"}"#,
                #"{"id":"fine","level":"high"}"#, #"{"id":"bare"}"#, #"{"level":"low"}"#,
                #"{"id":"nested","level":"low","part":{"name":7}}"#,
                #"{"id":"deep","level":"low","part":{"name":"a\u0000"}}"#,
                #"{"id":"\#(String(repeating: "k", count: 1025))","level":"low"}"#,
                #"{"id":"one","level":"low","email":"e"}"#, #"{"id":"two","level":"low","email":"e"}"#,
            ]
            let text = "{\"items\":[\n" + lines.joined(separator: ",\n") + "\n]}"
            try Data(text.utf8).write(to: URL(fileURLWithPath: source.file))
            let found = try await refusals(source, target)
            let expected: [(id: String?, field: String?, line: Int)] = [
                ("nul", nil, 3), ("late", "at", 4), ("number", "text", 5), ("huge", "count", 6), ("odd", "level", 7),
                ("fine", nil, 8), ("bare", "level", 9), (nil, "id", 10), ("nested", "part", 11), ("deep", nil, 12),
                (String(repeating: "k", count: 1025), "id", 13), ("two", "email", 15),
            ]
            #expect(found.count == expected.count)
            for (refusal, expected) in zip(found, expected) {
                #expect(refusal.id == expected.id && refusal.place?.line == expected.line, "\(refusal)")
                if let field = expected.field { #expect(refusal.field == field, "\(refusal)") }
                #expect(!refusal.description.contains("next week") && !refusal.description.contains("middle"))
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: source.file)) == Data(text.utf8))
        }
    }

    private func write(_ source: Place, _ bytes: [UInt8]) throws {
        try FileManager.default.createDirectory(atPath: source.folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: source.file))
    }

    /// Bytes that are no JSON end one record, not the search.
    @Test(arguments: [("{\"items\":[\n", "\n]}"), ("[\n", "\n]"), ("{\"version\":1,\"data\":{\"items\":[\n", "\n]}}")])
    func recordsThatAreNoJSONHideNoOthers(_ head: String, _ tail: String) async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            let lines: [[UInt8]] = [
                Array(#"{"id":"fine","level":"low","text":"]},{\"é"}"#.utf8),
                Array(#"{"id":"bytes","level":"low","text":"a"#.utf8) + [0xff, 0x7b] + Array(#""}"#.utf8),
                Array(#"{"id":"late","level":"low","at":"next week"}"#.utf8),
                Array(#"{"id":"twice","level":"low","text":"a","text":"b"}"#.utf8),
                Array(#"{"id":"deep","level":"low","part":{"name":"a","name":"b"}}"#.utf8),
                Array(#"{"id":"number","level":"low","count":01}"#.utf8),
                Array(#"{"id":"word","level":"low","flag":tru}"#.utf8),
                Array(#"{"id":"escape","level":"low","text":"\q"}"#.utf8),
                Array(#"{"id":"good","level":"high"}"#.utf8),
                Array(#"{"text":""#.utf8) + [0xc0] + Array(#"","id":"after","level":"low"}"#.utf8),
            ]
            try write(source, Array(head.utf8) + Array(lines.joined(separator: [0x2c, 0x0a])) + Array(tail.utf8))
            let found = try await refusals(source, target)
            #expect(found.compactMap { $0.place?.line } == [3, 4, 5, 6, 7, 8, 9, 11], "\(found)")
            #expect(found.map(\.id) == ["bytes", "late", "twice", "deep", "number", "word", "escape", "after"])
            #expect(found.allSatisfy { ($0.place?.byteOffset ?? 0) > 10 })
            #expect(found[0].reason.contains("UTF-8") && found[2].reason.contains("\"text\""))
        }
    }

    @Test func damagedRecordsOfAMapAreNamedByTheirKeys() async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            let text = #"""
                {"fine": {"level":"low"},
                "twice": {"level":"low","level":"low"},
                "odd": {"level":"middle"},
                "fine": {"level":"low"}}
                """#
            try write(source, Array(text.utf8))
            let found = try await refusals(source, target)
            #expect(found.map(\.id) == ["twice", "odd", "fine"] && found.compactMap { $0.place?.line } == [2, 3, 4])
        }
    }

    @Test func aDamagedMemberOfTheFileIsNamedBesideTheRecords() async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            let text = #"""
                {"items": [{"id":"a","level":"low"},
                {"id":"b","level":"odd","level":"low"}],
                "baseDir": 7,
                "zeta": {"a":1,"a":2}}
                """#
            try write(source, Array(text.utf8))
            let found = try await refusals(source, target)
            #expect(found.map(\.subject) == [.record, .state, .state])
            #expect(found.map(\.id) == ["b", nil, nil] && Set(found.compactMap { $0.place?.line }) == [2, 3, 4])
            #expect(Set(found.dropFirst().map(\.field)) == ["baseDir", "zeta"])
        }
    }

    /// What follows a missing bracket cannot be told apart; what came before it is named all the same.
    @Test func whatStandsBeforeATearIsNamed() async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            let text = #"{"items":[{"id":"a","level":"odd"},\#n{"id":"b","level":"low"},\#n{"id":"c","level":"low""#
            try write(source, Array(text.utf8))
            let found = try await refusals(source, target)
            #expect(found.count == 2 && found[0].id == "a" && found[0].place?.line == 1, "\(found)")
            #expect(found[1].place?.line == 3 && found[1].reason.contains("told apart"))
        }
    }

    @Test func everyFieldOfARecordIsNamed() async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            let text = #"{"items":[{"id":"a","level":7,"count":"x","at":"now"},{"text":1,"flag":2}]}"#
            try write(source, Array(text.utf8))
            let found = try await refusals(source, target)
            #expect(found.map(\.field) == ["level", "count", "at", "text", "flag", "id", "level"])
            #expect(found.map(\.id) == ["a", "a", "a", nil, nil, nil, nil])
            #expect(MoveRefused.count(found) == "2 records cannot go")
        }
    }

    /// A fault in a text is one of its field, and hides no other.
    @Test func faultsOfTextsHideNoOthers() async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            let text =
                #"{"items":[{"id":"a","level":7,"text":"\ud800","email":"a\u0000","x":"\udc00","part":{"name":"\u0000"}}]}"#
            try write(source, Array(text.utf8))
            let found = try await refusals(source, target)
            #expect(found.map(\.field) == ["level", "text", "email", "x", "part"], "\(found)")
            #expect(found.allSatisfy { $0.id == "a" } && MoveRefused.count(found) == "1 record cannot go")
        }
    }

    /// A record without anything is one record.
    @Test func recordsAreCountedAndFaultsAreListed() async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            try write(source, Array(#"{"items":[{},{"level":"low"},{}]}"#.utf8))
            let found = try await refusals(source, target)
            #expect(found.map(\.field) == ["id", "level", "id", "id", "level"])
            #expect(MoveRefused.count(found) == "3 records cannot go")
        }
    }

    @Test(arguments: [Kind.sqlite, .postgres])
    func everyBadColumnOfARowIsNamed(_ kind: Kind) async throws {
        try await withPlaces(kind, .json) { source, target in
            try await source.fill(sampleItems(3), unknown: false)
            if kind == .sqlite {
                try await source.run(
                    """
                    UPDATE items SET "count" = 'seven', at = 'tomorrow', text = CAST(x'610062' AS TEXT) WHERE id = 'i-00001';
                    UPDATE items SET level = 'middle', part = '{"name":1}' WHERE id = 'i-00002';
                    """
                )
            } else {
                try await source.run(
                    """
                    UPDATE items SET ratio = 'NaN', at = 'infinity',
                      amount = 1234567890123456789012345678901234567890.5 WHERE id = 'i-00001';
                    UPDATE items SET level = 'middle', part = '{"name":1}' WHERE id = 'i-00002';
                    """
                )
            }
            let found = try await refusals(source, target)
            let first = kind == .sqlite ? ["count", "text", "at"] : ["ratio", "at", "amount"]
            #expect(found.filter { $0.id == "i-00001" }.map(\.field) == first, "\(found)")
            #expect(found.filter { $0.id == "i-00002" }.map(\.field) == ["level", "part"])
            #expect(found.count == 5 && MoveRefused.count(found) == "2 records cannot go")
            // A verification names them too.
            try await target.fill([])
            await #expect { try await source.verified(against: target) } throws: {
                ($0 as? MoveRefused)?.refusals.count == 5
            }
        }
    }

    @Test(arguments: [Kind.sqlite, .postgres])
    func everyDamagedKeyOfAStateTableIsNamed(_ kind: Kind) async throws {
        try await withPlaces(kind, .json) { source, target in
            try await source.fill(sampleItems(3))
            var expected: Set<String?> = ["_stowage", "items", "baseDir"]
            try await source.run(
                """
                INSERT INTO _stowage_state VALUES ('_stowage', '1'), ('items', '[]');
                UPDATE _stowage_state SET value = '7' WHERE name = 'baseDir';
                """
            )
            if kind == .sqlite {
                // Postgres lets no text in that is no JSON.
                try await source.run(
                    "INSERT INTO _stowage_state VALUES ('bad', '{x'), ('worse', '[1'), ('blob', x'ff')"
                )
                expected.formUnion(["bad", "worse", "blob"])
            }
            let found = try await refusals(source, target)
            #expect(found.allSatisfy { $0.subject == .state })
            #expect(Set(found.map(\.field)) == expected && found.count == expected.count, "\(found)")
            try await target.fill([])
            await #expect { try await source.verified(against: target) } throws: {
                ($0 as? MoveRefused)?.refusals == found
            }
        }
    }

    /// Nothing is rounded in silence (VAL-5): zeros behind the microsecond are nothing.
    @Test func timesThatReadingRoundsAreRefusedWithTheirPlace() async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            let lines = [
                #"{"id":"a","level":"low","at":"2026-01-01T00:00:00.1234567Z"}"#,
                #"{"id":"b","level":"low","at":"2026-01-01T00:00:00.123456000Z"}"#,
                #"{"id":"c","level":"low","at":"2026-01-01T00:00:00.12345670+02:00"}"#,
                #"{"id":"d","level":"low","at":"2026-01-01T00:00:00.123456+02:00"}"#,
                #"{"id":"e","level":"low","at":"2026-01-01T00:00:00.000000000000000001Z"}"#,
            ]
            let text = "{\"items\":[\n" + lines.joined(separator: ",\n") + "\n]}"
            try write(source, Array(text.utf8))
            let found = try await refusals(source, target)
            #expect(found.map(\.id) == ["a", "c", "e"] && found.compactMap { $0.place?.line } == [2, 4, 6])
            #expect(found.allSatisfy { $0.field == "at" && $0.reason.contains("six digits") })
            // A store that took the rounded times by an import is not the same.
            let file = try StoreImport(Item.self, state: ItemState.self, reading: Array(text.utf8), from: "f")
            try await target.with { _ = try await file.run(into: $0) }
            let verdict = try await source.verified(against: target)
            #expect(!verdict.isEqual && verdict.differences.map(\.id) == ["a", "c", "e"])
        }
    }

    @Test func everyDamagedRowOfSqliteIsNamedWithItsRow() async throws {
        try await withPlaces(.sqlite, .json) { source, target in
            try await source.fill(sampleItems(40), unknown: false)
            try RawSQLite(source.file).run(
                """
                UPDATE items SET "count" = 'seven' WHERE id = 'i-00001';
                UPDATE items SET text = CAST(x'ff41' AS TEXT) WHERE id = 'i-00002';
                UPDATE items SET text = CAST(x'610062' AS TEXT) WHERE id = 'i-00003';
                UPDATE items SET at = 'tomorrow' WHERE id = 'i-00004';
                UPDATE items SET level = 'middle' WHERE id = 'i-00005';
                UPDATE items SET part = '{"name":' WHERE id = 'i-00006';
                UPDATE items SET flag = 7 WHERE id = 'i-00007';
                UPDATE items SET ratio = 9e999 WHERE id = 'i-00008';
                UPDATE items SET id = x'00ff' WHERE id = 'i-00009';
                UPDATE items SET id = CAST(x'ff' AS TEXT) WHERE id = 'i-00010';
                UPDATE items SET amount = '1e400' WHERE id = 'i-00011';
                UPDATE items SET number = 'no uuid' WHERE id = 'i-00012';
                UPDATE items SET "_stowage_unknown" = '[1' WHERE id = 'i-00013';
                """
            )
            let found = try await refusals(source, target).sorted { $0.place?.row ?? 0 < $1.place?.row ?? 0 }
            #expect(found.compactMap { $0.place?.row } == Array(2...14))
            let ids = (1...13).map { [9, 10].contains($0) ? nil : String(format: "i-%05d", $0) as String? }
            #expect(found.map(\.id) == ids)
            #expect(found.allSatisfy { $0.place?.table == "items" })
        }
    }

    @Test func everyDamagedRowOfPostgresIsNamed() async throws {
        try await withPlaces(.postgres, .sqlite) { source, target in
            try await source.fill(sampleItems(20), unknown: false)
            try await source.psql(
                """
                UPDATE items SET at = 'infinity' WHERE id = 'i-00001';
                UPDATE items SET at = '0044-03-15 BC' WHERE id = 'i-00002';
                UPDATE items SET ratio = 'NaN' WHERE id = 'i-00003';
                UPDATE items SET amount = 1234567890123456789012345678901234567890.5 WHERE id = 'i-00004';
                UPDATE items SET level = 'middle' WHERE id = 'i-00005';
                UPDATE items SET part = '{"name":1}' WHERE id = 'i-00006';
                """
            )
            let found = try await refusals(source, target)
            #expect(Set(found.map(\.id)) == Set((1...6).map { String(format: "i-%05d", $0) }))
            #expect(found.allSatisfy { $0.place?.table == "items" })
        }
    }

    @Test func aTornFileIsAnErrorAndLeavesNoTarget() async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            try await source.fill(sampleItems(30))
            let bytes = try Data(contentsOf: URL(fileURLWithPath: source.file))
            try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: source.file))
            await #expect { try await source.moved(to: target) } throws: { ($0 as? StorageError)?.code == .corrupt }
            #expect(!FileManager.default.fileExists(atPath: target.folder))
        }
    }
}
#endif
