#if SQLite && Postgres
import Foundation
import Stowage
import StowageMigration
import Testing

/// Columns of the target's table that no field names are the table's own: what they hold by themselves is no difference,
/// for any command.
@Suite struct ForeignColumnsTests {
    enum Filling: String, Sendable, CaseIterable { case byDefault, byTrigger }

    static let ways = [Kind.sqlite, .postgres].flatMap { kind in Filling.allCases.map { (kind, $0) } }

    /// A table with a column of its own that fills itself; its values in the constant `'e'` on both ways.
    private func prepare(_ target: Place, _ filling: Filling, _ items: [Item] = []) async throws {
        try await target.fill(items, unknown: false, baseDir: nil)
        try await target.run(
            "ALTER TABLE items ADD COLUMN extra text\(filling == .byDefault ? " DEFAULT ''e''" : "")"
                .replacing("''", with: "'")
        )
        let text = target.kind == .postgres ? "''e''" : "'e'"
        if filling == .byTrigger { try await target.fillOnInsert("extra", with: text) }
        if !items.isEmpty { try await target.run("UPDATE items SET extra = 'mine'") }
    }

    @Test(arguments: ways)
    func aMoveIntoAnEmptyTableIsVerifiedResumedAndUndone(_ kind: Kind, _ filling: Filling) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(30))
            try await prepare(target, filling)
            let plan = try await source.planned(to: target)
            #expect(plan.refusals.isEmpty && plan.obstacle == nil)
            #expect(try await source.moved(to: target, .init(batchSize: 7)).verified == 30)
            #expect(try await target.lines("SELECT count(*) FROM items WHERE extra = 'e'") == ["30"])
            #expect(try await source.verified(against: target).isEqual)
            let again = try await source.moved(to: target, .init(resumes: true))
            #expect(again.verdict?.isEqual == true && again.verified == 30)
            let undone = try await source.rolledBack(to: target)
            #expect(undone.removed == 30 && undone.changed.isEmpty)
            #expect(try await target.count() == 0)
        }
    }

    /// The source may be gone by then, renamed after the move.
    @Test(arguments: ways)
    func aRollbackNeedsNoSourceForThem(_ kind: Kind, _ filling: Filling) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(30))
            try await prepare(target, filling)
            #expect(try await source.moved(to: target, .init(retires: true)).retired != nil)
            #expect(try await source.rolledBack(to: target).removed == 30)
        }
    }

    /// What somebody has put into such a column since is not removed in silence.
    @Test(arguments: ways)
    func aColumnThatWasChangedSinceKeepsItsRecord(_ kind: Kind, _ filling: Filling) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(30))
            try await prepare(target, filling)
            try await source.moved(to: target)
            try await target.run("UPDATE items SET extra = 'precious' WHERE id = 'i-00007'")
            let undone = try await source.rolledBack(to: target)
            #expect(undone.removed == 29 && undone.changed == ["i-00007"])
            #expect(try await target.lines("SELECT extra FROM items") == ["precious"])
        }
    }

    @Test(arguments: ways)
    func mergesPlanRunVerifyAndUndoAlike(_ kind: Kind, _ filling: Filling) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(30), unknown: false, baseDir: nil)
            try await prepare(target, filling, [Item(id: "i-00001", text: "old"), Item(id: "only here")])
            for rule in [ImportConflict.skip, .replace] {
                let plan = try await source.planned(to: target, .init(merge: rule))
                #expect(plan.refusals.isEmpty && plan.obstacle == nil)
                let report = try await source.moved(to: target, .init(merge: rule))
                #expect(report.written == plan.merge?.written && report.verified == 30)
                #expect(try await target.lines("SELECT extra FROM items WHERE id = 'i-00001'") == ["mine"])
                let again = try await source.moved(to: target, .init(merge: rule, resumes: true))
                #expect(again.verdict?.isEqual == true && again.verified == 30)
                if rule == .replace {
                    #expect(try await source.verified(against: target).differences.map(\.id) == ["only here"])
                }
                let undone = try await source.rolledBack(to: target)
                #expect(undone.removed == 29 && undone.changed.isEmpty)
                #expect(undone.restored == (rule == .replace ? 1 : 0))
                #expect(
                    try await target.lines("SELECT id, text, extra FROM items ORDER BY id")
                        == ["i-00001|old|mine", kind == .sqlite ? "only here|null|mine" : "only here||mine"]
                )
            }
            try await target.with { try await $0.delete("i-00001") }
            #expect(try await source.moved(to: target, .init(merge: .fail)).written == 30)
            #expect(try await source.rolledBack(to: target).removed == 30)
        }
    }

    /// The rule holds one way only: what the source's record has must be there, to the bit.
    @Test(arguments: [Kind.sqlite, .postgres])
    func aMemberOfTheSourceIsAlwaysCompared(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(3))
            try await target.with { _ in }
            // "note" is an unknown member of the first record.
            try await target.run("ALTER TABLE items ADD COLUMN note text DEFAULT 'other'")
            let plan = try await source.planned(to: target)
            #expect(plan.warnings.contains { $0.contains("\"note\"") })
            await #expect { try await source.moved(to: target) } throws: {
                let refused = $0 as? MoveRefused
                return refused?.code == .corrupt && refused?.refusals.map(\.id) == ["i-00000"]
                    && refused?.refusals.map(\.field) == ["note"]
            }
            #expect(try await target.count() == 0)
            _ = try await source.rolledBack(to: target)
            // A column that does not fill itself leaves the member beside the fields.
            try await target.run("ALTER TABLE items DROP COLUMN note; ALTER TABLE items ADD COLUMN note text")
            #expect(try await source.moved(to: target).verified == 3)
            #expect(try await source.verified(against: target).isEqual)
            try await target.run("UPDATE items SET note = 'other' WHERE id = 'i-00000'")
            #expect(try await source.verified(against: target).differences.map(\.field) == ["note"])
            // An unknown member that is no column is compared too, whoever has it.
            try await target.run(
                "UPDATE items SET note = NULL, _stowage_unknown = '{\"stray\":1}' WHERE id = 'i-00002'"
            )
            let fields = try await source.verified(against: target).differences.map(\.field)
            #expect(fields == ["note", "stray"])
        }
    }

    /// A former record whose place was taken, and whose own columns would not come back, is not restored by halves.
    @Test(arguments: [Kind.sqlite, .postgres])
    func aRollbackThatWouldLoseAColumnIsRefusedByName(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            // The first record brings unknown members, which only a new row can lose again.
            try await source.fill(sampleItems(3))
            try await prepare(target, .byDefault, [Item(id: "i-00000", text: "old"), Item(id: "i-00001", text: "old")])
            try await source.moved(to: target, .init(merge: .replace))
            let before = try await target.lines("SELECT id, text, extra FROM items ORDER BY id")
            await #expect { try await source.rolledBack(to: target) } throws: {
                let refused = $0 as? MoveRefused
                return refused?.code == .constraint && refused?.refusals.map(\.id) == ["i-00000"]
            }
            #expect(try await target.lines("SELECT id, text, extra FROM items ORDER BY id") == before)
            try await target.run("UPDATE items SET extra = 'e' WHERE id = 'i-00000'")
            // Changed since: it stays, and the other is restored.
            let undone = try await source.rolledBack(to: target)
            #expect(undone.changed == ["i-00000"] && undone.restored == 1 && undone.removed == 1)
        }
    }
}
#endif
