#if SQLite && Postgres
import Foundation
import Stowage
import StowageMigration
import Testing

/// How long what a merge replaced is kept: as long as a rollback is promised, and no longer.
@Suite struct SettlingTests {
    /// The ways in which the promise of a rollback ends.
    enum End: String, Sendable, CaseIterable { case rollback, settle, retire, merge, move, restore }

    static let ends = [Kind.memory, .json, .sqlite, .postgres].flatMap { kind in End.allCases.map { (kind, $0) } }

    private func last(_ place: Place) async throws -> PastMove? {
        let database = try place.database(.readOnly)
        let move = try await PastMove.last(into: Item.self, in: database)
        try await database.close()
        return move
    }

    /// Everything that a store holds, in whatever form, as far as it can be read as text.
    private func journal(_ place: Place) async throws -> String {
        switch place.kind {
        case .sqlite, .postgres: try await place.lines("SELECT * FROM _stowage_undo_items").joined()
        case .json: String(decoding: try Data(contentsOf: URL(fileURLWithPath: place.file)), as: UTF8.self)
        default: ""
        }
    }

    @Test(arguments: ends)
    func theJournalLivesAsLongAsThePromise(_ kind: Kind, _ end: End) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(50))
            var mine = Item(id: "i-00001", text: "mine")
            mine.token = "hidden-token"
            try await target.fill([Item(id: "only here"), mine])
            try await source.moved(to: target, .init(merge: .replace))
            let kept = try #require(try await last(target))
            #expect(kept.formerRecords == 1 && kept.phase == .finished && kept.merge == .replace && kept.records == 50)
            #expect(!kept.description.contains("hidden") && kept.description.contains("1 replaced record is kept"))
            if kind != .memory { #expect(try await journal(target).contains("hidden-token")) }
            let plan = try await source.planned(to: target, .init(merge: .skip))
            #expect(plan.lastMove == kept)

            switch end {
            case .rollback: #expect(try await source.rolledBack(to: target).restored == 1)
            case .settle:
                #expect(try await source.settled(to: target).forgotten == 1)
                #expect(try await source.settled(to: target).forgotten == 0)
            case .retire:
                // Retiring compares both stores whole: the target's own record has to go. Their states are the same.
                try await target.with { try await $0.delete("only here") }
                try await retire(source, target)
            case .merge: try await source.moved(to: target, .init(merge: .skip))
            case .move:
                try await target.with { try await $0.writeState(ItemState()) }
                try await source.moved(to: target)
            case .restore:
                let notes = target.folder + "-backup"
                defer { try? FileManager.default.removeItem(atPath: notes) }
                try await target.with { storage in
                    _ = try await StorageBackup.write(from: storage, to: notes)
                    let backup = try await StorageBackup(Item.self, state: ItemState.self, reading: notes)
                    _ = try await backup.restore(into: storage, replacing: true)
                }
            }
            let after = try await last(target)
            #expect(after?.formerRecords ?? 0 == 0)
            if end != .rollback, kind != .memory { #expect(try await !journal(target).contains("hidden-token")) }
            switch end {
            case .rollback, .restore: #expect(after == nil)
            case .settle, .retire:
                #expect(after?.phase == .settled)
                await #expect { try await source.rolledBack(to: target) } throws: {
                    ($0 as? StorageError)?.code == .conflict
                        && ($0 as? StorageError)?.message.contains("settled") == true
                }
            case .merge, .move: #expect(after?.phase == .finished)
            }
        }
    }

    private func retire(_ source: Place, _ target: Place) async throws {
        let move = try source.move(to: target)
        do {
            #expect(try await move.retire().description.hasSuffix("store.json.migrated"))
        } catch {
            try? await move.close()
            throw error
        }
        try await move.close()
    }

    @Test func aSettledMoveIsStillVerifiedByResuming() async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            try await source.fill(sampleItems(20))
            try await source.moved(to: target)
            #expect(try await source.settled(to: target).forgotten == 0)
            #expect(try await source.moved(to: target, .init(resumes: true)).verdict?.isEqual == true)
            await #expect { try await source.rolledBack(to: target) } throws: {
                ($0 as? StorageError)?.code == .conflict
            }
            #expect(try await target.count() == 20)
        }
    }

    @Test func onlyAFinishedMoveFromThisSourceIsSettled() async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            try await source.fill(sampleItems(300))
            await #expect { try await source.settled(to: target) } throws: { ($0 as? StorageError)?.code == .notFound }
            try await source.interrupted(to: target, after: 0, .init(batchSize: 50))
            await #expect { try await source.settled(to: target) } throws: { ($0 as? StorageError)?.code == .conflict }
            let other = try await Place(.json)
            try await other.fill(sampleItems(300))
            await #expect { try await other.settled(to: target) } throws: { ($0 as? StorageError)?.code == .conflict }
            #expect(try await source.moved(to: target, .init(resumes: true)).verified == 300)
        }
    }

    /// A restore puts other records in place: what an earlier move left is not to be gone on with, or undone.
    @Test(arguments: [Kind.sqlite, .postgres])
    func aRestoreForgetsAnUnfinishedMove(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(300))
            try await source.interrupted(to: target, after: 100, .init(batchSize: 50))
            #expect(try await last(target)?.phase == .unfinished)
            let file = target.folder + "-backup"
            defer { try? FileManager.default.removeItem(atPath: file) }
            try await source.with(.readOnly) { _ = try await StorageBackup.write(from: $0, to: file) }
            try await target.with {
                _ = try await StorageBackup(Item.self, state: ItemState.self, reading: file).restore(into: $0)
            }
            #expect(try await last(target) == nil)
            #expect(try await target.names(like: "%\\_move\\_%") == [])
            await #expect { try await source.rolledBack(to: target) } throws: {
                ($0 as? StorageError)?.code == .notFound
            }
            #expect(try await target.count() == 300)
        }
    }

    /// A restore into a store that never saw a move makes no place for moves.
    @Test func aRestoreMakesNoBooks() async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            try await source.fill(sampleItems(3))
            let file = source.folder + "/backup"
            try await source.with(.readOnly) { _ = try await StorageBackup.write(from: $0, to: file) }
            try await target.with {
                _ = try await StorageBackup(Item.self, state: ItemState.self, reading: file).restore(into: $0)
            }
            #expect(try await target.names(like: "%moves%") == [])
        }
    }
}
#endif
