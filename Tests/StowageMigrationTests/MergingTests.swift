#if SQLite && Postgres
import Foundation
import Stowage
import StowageMigration
import Testing

/// Moving into stores that have records, and taking moves back.
@Suite struct MergingTests {
    static let targets: [Kind] = [.memory, .json, .sqlite, .postgres]

    /// A target with three records of its own, two of whose ids the source has too; one with unknown members.
    private func filled(_ target: Place) async throws {
        try await target.fill(
            [
                Item(id: "i-00001", text: "mine", part: Part(name: "p")), Item(id: "i-00002", text: "mine"),
                Item(id: "only here"),
            ],
            baseDir: "/mine"
        )
    }

    @Test(arguments: targets)
    func failNamesEveryCommonIdAndChangesNothing(_ kind: Kind) async throws {
        try await withPlaces(.shelf, kind) { source, target in
            try await source.fill(sampleItems(20))
            try await filled(target)
            let before = try await target.export()
            await #expect { try await source.moved(to: target, .init(merge: .fail)) } throws: {
                let refused = $0 as? MoveRefused
                return refused?.code == .alreadyExists && refused?.refusals.map(\.id) == ["i-00001", "i-00002"]
            }
            #expect(try await target.export() == before)
        }
    }

    @Test(arguments: targets)
    func skipAndReplaceCountAndAreUndoneExactly(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(600))
            try await filled(target)
            let before = try await target.export()
            let skipped = try await source.moved(to: target, .init(batchSize: 250, merge: .skip))
            #expect(skipped.written == 598 && skipped.skipped == 2 && skipped.replaced == 0 && skipped.verified == 600)
            #expect(try await target.with { try await $0.get("i-00001") }?.text == "mine")
            let undone = try await source.rolledBack(to: target)
            #expect(undone.removed == 598 && undone.restored == 0 && undone.changed.isEmpty)
            #expect(try await target.export() == before)

            let replaced = try await source.moved(to: target, .init(batchSize: 250, merge: .replace))
            #expect(replaced.written == 598 && replaced.skipped == 0 && replaced.replaced == 2)
            #expect(try await target.with { try await $0.get("i-00002") }?.text == sampleItems(3)[2].text)
            #expect(try await target.with { try await $0.readState() }.baseDir == "/mine")
            let restored = try await source.rolledBack(to: target)
            #expect(restored.removed == 598 && restored.restored == 2 && restored.changed.isEmpty)
            #expect(try await target.export() == before)
        }
    }

    @Test(arguments: targets)
    func whatWasChangedSinceStaysAndIsNamed(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(50))
            try await source.moved(to: target)
            try await target.with { items in
                _ = try await items.update("i-00010") { $0.count = 4711 }
                try await items.create(Item(id: "later"))
                try await items.delete("i-00011")
            }
            let undone = try await source.rolledBack(to: target)
            #expect(undone.removed == 48 && undone.changed == ["i-00010"])
            let left = try await target.with { try await $0.readState() }
            #expect(left.items.map(\.id) == ["i-00010", "later"] && left.baseDir == nil)
        }
    }

    @Test func aStateWithoutRecordsComesAlongInAMerge() async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            try await source.fill(sampleItems(3))
            try await target.fill([Item(id: "mine")], unknown: false, baseDir: nil)
            let before = try await target.export()
            try await source.moved(to: target, .init(merge: .fail))
            #expect(try await target.with { try await $0.readState() }.baseDir == "/b")
            _ = try await source.rolledBack(to: target)
            #expect(try await target.export() == before)
        }
    }

    @Test(arguments: [Kind.sqlite, .postgres])
    func aBrokenUniqueValueMergesNothing(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(300))
            try await target.fill([Item(id: "mine", email: "151@example.org")], unknown: false)
            let before = try await target.export()
            await #expect { try await source.moved(to: target, .init(batchSize: 10, merge: .fail)) } throws: {
                let refused = $0 as? MoveRefused
                return refused?.code == .constraint && refused?.refusals.map(\.id) == ["i-00151"]
            }
            #expect(try await target.export() == before)
        }
    }

    /// Values that change places between records: the plan and the merge agree, whatever the order, and so does the way back.
    @Test(arguments: targets)
    func uniqueValuesThatChangePlacesAreMergedAndUndone(_ kind: Kind) async throws {
        try await withPlaces(.shelf, kind) { source, target in
            // Two that swap, three in a circle, and a new one that takes the value of a later one.
            let emails = ["a": "2", "b": "1", "c": "d", "d": "e", "e": "c", "f": "h", "h": "new", "i": "i"]
            let former = ["a": "1", "b": "2", "c": "c", "d": "d", "e": "e", "h": "h", "i": "i"]
            func items(_ emails: [String: String]) -> [Item] {
                emails.sorted { $0.key < $1.key }.map { Item(id: $0.key, email: $0.value) }
            }
            try await source.fill(items(emails), unknown: false)
            try await target.fill(items(former), unknown: false)
            let before = try await target.export()
            let plan = try await source.planned(to: target, .init(merge: .replace))
            #expect(plan.refusals.isEmpty && plan.obstacle == nil)
            let report = try await source.moved(to: target, .init(merge: .replace))
            #expect(report.written == 1 && report.replaced == 7 && report.verified == 8)
            #expect(try await source.verified(against: target).differences.allSatisfy { $0.id == nil })
            let undone = try await source.rolledBack(to: target)
            #expect(undone.removed == 1 && undone.restored == 6 && undone.changed.isEmpty)
            #expect(try await target.export() == before)
        }
    }

    /// What becomes of the source's state is said.
    @Test(arguments: targets)
    func theReportSaysWhatBecameOfTheState(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill([Item(id: "a")], unknown: false, baseDir: "/theirs")
            #expect(try await source.moved(to: target).state == .copied)
            #expect(try await source.moved(to: target, .init(resumes: true)).state == .same)
            #expect(try await source.moved(to: target, .init(merge: .skip)).state == .same)
            try await target.with { try await $0.writeState(ItemState(items: [Item(id: "b")], baseDir: "/mine")) }
            let kept = try await source.moved(to: target, .init(merge: .replace))
            #expect(kept.state == .kept && kept.written == 1)
            let again = try await source.moved(to: target, .init(merge: .replace, resumes: true))
            #expect(again.state == .kept && again.verdict?.state == .different && again.verdict?.isEqual == true)
            #expect(try await source.verified(against: target).state == .different)
            try await source.with { try await $0.writeState(ItemState(items: [Item(id: "c")])) }
            #expect(try await source.moved(to: target, .init(merge: .replace)).state == .none)
        }
    }

    /// What was moved is known by its digest: a source that has changed since cannot say which records to remove.
    @Test(arguments: [Kind.sqlite, .postgres])
    func aChangedSourceAndTargetAreNotRolledBack(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(30))
            try await source.moved(to: target)
            try await target.with { _ = try await $0.update("i-00010") { $0.count = 4711 } }
            try await source.with { _ = try await $0.update("i-00020") { $0.count = 4711 } }
            let before = try await target.export()
            await #expect { try await source.rolledBack(to: target) } throws: {
                ($0 as? StorageError)?.code == .conflict
            }
            #expect(try await target.export() == before)
            // The source alone does not matter as long as the target is as it was left.
            try await target.with { _ = try await $0.update("i-00010") { $0.count = sampleItems(11)[10].count } }
            #expect(try await source.rolledBack(to: target).removed == 30)
        }
    }

    /// The merge that was done is known when its client is killed before it heard of it; repeating it forgets nothing.
    @Test(arguments: targets)
    func aMergeThatIsRepeatedKeepsItsJournal(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(30))
            try await filled(target)
            let before = try await target.export()
            try await source.moved(to: target, .init(merge: .replace))
            let again = try await source.moved(to: target, .init(merge: .replace, resumes: true))
            #expect(again.verdict?.isEqual == true && again.written == 0)
            let undone = try await source.rolledBack(to: target)
            #expect(undone.removed == 28 && undone.restored == 2)
            #expect(try await target.export() == before)
        }
    }

    /// An unfinished move into an empty target that has records by now becomes a merge, and leaves nothing aside.
    @Test(arguments: [Kind.sqlite, .postgres])
    func aMergeRemovesWhatAnUnfinishedMoveLeftAside(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(300))
            try await source.interrupted(to: target, after: 100, .init(batchSize: 50))
            #expect(try await target.staged() == ["_stowage_move_items"])
            try await target.with { try await $0.create(Item(id: "mine")) }
            let report = try await source.moved(to: target, .init(merge: .replace, resumes: true))
            #expect(report.written == 300)
            #expect(try await target.staged() == [])
            #expect(try await target.count() == 301)
        }
    }

    /// Two moves that meet in one target: one is done whole, the other is refused, and nothing is mixed.
    @Test(arguments: [Kind.memory, .json, .sqlite, .postgres])
    func ofTwoMovesThatMeetOneIsRefused(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { first, target in
            let second = try await Place(.json)
            try await first.fill(sampleItems(400), unknown: false)
            try await second.fill(sampleItems(300).map { Item(id: "other-" + $0.id) }, unknown: false)
            try await target.with { _ in }
            async let one = Task { try await first.moved(to: target, .init(batchSize: 20)) }.result
            async let two = Task { try await second.moved(to: target, .init(batchSize: 20)) }.result
            let results = await [one, two]
            var done = 0
            for (result, source) in zip(results, [first, second]) {
                switch result {
                case .success:
                    done += 1
                    #expect(try await source.verified(against: target).isEqual)
                case .failure(let error):
                    let code = (error as? StorageError)?.code
                    #expect(code == .conflict || code == .alreadyExists, "\(error)")
                    #expect(!(try await source.verified(against: target).isEqual))
                }
            }
            #expect(done == 1)
        }
    }
}
#endif
