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
