#if SQLite && Postgres
import Foundation
import Stowage
import StowageMigration
import Testing

/// One rule for `--resume`, `verify` and retiring after a merge.
@Suite struct FinishedMergeTests {
    static let targets: [Kind] = [.json, .sqlite, .postgres]

    /// The target's record keeps the unknown members that the source's lacks (REC-9).
    @Test(arguments: targets)
    func keptUnknownMembersAreNoDifferenceToAnybody(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(5), unknown: false, baseDir: nil)
            try await target.fill([Item(id: "i-00001")], baseDir: nil)
            try await source.moved(to: target, .init(merge: .replace))
            let resumed = try await source.moved(to: target, .init(resumes: true)).verdict
            #expect(resumed?.isEqual == true && resumed?.verified == 5 && resumed?.kept == 1)
            let verdict = try await source.verified(against: target)
            #expect(verdict.verified == 5 && verdict.kept == 1)
            // The target's own state is one, to who compares two stores.
            #expect(verdict.differences.map(\.id) == [nil], "\(verdict.differences)")
            // Another source's record lacks them without a merge that explains it.
            let other = try await Place(.json)
            try await other.fill(sampleItems(5), unknown: false, baseDir: nil)
            #expect(try await other.verified(against: target).differences.contains { $0.id == "i-00001" })
            let move = try source.move(to: target)
            _ = try await move.retire()
            try await move.close()
            #expect(!FileManager.default.fileExists(atPath: source.file))
        }
    }

    /// A changed field is one after a merge as well.
    @Test func aChangedFieldIsADifferenceToEverybody() async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            try await source.fill(sampleItems(5), unknown: false, baseDir: nil)
            try await target.fill([Item(id: "i-00001")], baseDir: nil)
            try await source.moved(to: target, .init(merge: .replace))
            try await target.with { _ = try await $0.update("i-00001") { $0.text = "other" } }
            #expect(try await source.moved(to: target, .init(resumes: true)).verdict?.isEqual == false)
            #expect(try await source.verified(against: target).differences.contains { $0.field == "text" })
            let report = try await source.moved(to: target, .init(resumes: true, retires: true))
            #expect(report.retired == nil && report.verdict?.isEqual == false)
        }
    }

    /// Records that a merge skipped are in no store once their source is gone.
    @Test(arguments: targets)
    func aSourceWhoseRecordsWereSkippedIsNotRetired(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(5), unknown: false, baseDir: nil)
            try await target.fill([Item(id: "i-00001", text: "mine")], unknown: false, baseDir: nil)
            try await source.moved(to: target, .init(merge: .skip))
            #expect(try await source.moved(to: target, .init(resumes: true)).verdict?.isEqual == true)
            let report = try await source.moved(to: target, .init(resumes: true, retires: true))
            #expect(report.retired == nil && report.verdict?.differences.map(\.id).contains("i-00001") == true)
            #expect(FileManager.default.fileExists(atPath: source.file))
        }
    }

    /// What cannot be rolled back for the columns of the table's own is said beforehand.
    @Test(arguments: [Kind.sqlite, .postgres])
    func aMergeThatBringsUnknownMembersWarnsOfTheTablesOwnColumns(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(5))
            try await target.fill([Item(id: "i-00000"), Item(id: "i-00001")], unknown: false, baseDir: nil)
            try await target.run("ALTER TABLE items ADD COLUMN extra text DEFAULT 'e'; UPDATE items SET extra = 'mine'")
            let plan = try await source.planned(to: target, .init(merge: .replace))
            let warning = plan.warnings.first { $0.contains("rolled back") }
            #expect(
                warning?.contains("\"extra\"") == true && warning?.hasPrefix("1 record") == true,
                "\(plan.warnings)"
            )
            try await source.moved(to: target, .init(merge: .replace))
            await #expect { try await source.rolledBack(to: target) } throws: {
                ($0 as? MoveRefused)?.refusals.map(\.id) == ["i-00000"]
            }
            #expect(
                try await source.planned(to: target, .init(merge: .skip)).warnings.allSatisfy { !$0.contains("rolled") }
            )
        }
    }
}
#endif
