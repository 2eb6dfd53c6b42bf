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
                let error = $0 as? StorageError
                return error?.code == .constraint && error?.recordID == "i-00151"
            }
            #expect(try await target.export() == before)
        }
    }
}
#endif
