#if SQLite && Postgres
import Foundation
import Stowage
import StowageMigration
import Testing

/// Moves that were interrupted.
@Suite struct ResumingTests {
    @Test(arguments: [Kind.sqlite, .postgres])
    func anInterruptedMoveIsInvisibleAndGoesOn(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(1000))
            try await source.interrupted(to: target, after: 300, .init(batchSize: 100))
            #expect(try await target.count() == 0)

            let move = try source.move(to: target)
            let plan = try await move.plan()
            try await move.close()
            guard case .unfinished(let copied, 1000, _) = plan.targetState else {
                Issue.record("\(plan.targetState)")
                return
            }
            #expect(copied >= 300 && copied < 1000)
            await #expect { try await source.moved(to: target) } throws: {
                let error = $0 as? StorageError
                return error?.code == .conflict && error?.advice?.contains("--resume") == true
                    && error?.advice?.contains("--rollback") == true
            }
            let report = try await source.moved(to: target, .init(batchSize: 70, resumes: true))
            #expect(report.resumedAfter == copied && report.verified == 1000 && report.written == 1000)
            #expect(try await target.export() == source.export())
            // Once more: it is finished, and only verified.
            let again = try await source.moved(to: target, .init(resumes: true))
            #expect(again.verdict?.isEqual == true && again.verified == 1000 && again.written == 0)
            try await target.with { try await $0.delete("i-00007") }
            let differing = try await source.moved(to: target, .init(resumes: true))
            #expect(differing.verdict?.differences.map(\.id) == ["i-00007"])
        }
    }

    /// A record that came into the target while a move lay aside: plan and run agree, and say what to do.
    @Test(arguments: [Kind.sqlite, .postgres])
    func aRecordThatCameMeanwhileIsInTheWayOfThePlanToo(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(500))
            try await source.interrupted(to: target, after: 100, .init(batchSize: 50))
            try await target.with { try await $0.create(Item(id: "mine")) }
            let obstacle = try await source.planned(to: target, .init(resumes: true)).obstacle
            #expect(obstacle?.code == .alreadyExists && obstacle?.advice?.contains("--rollback") == true)
            await #expect { try await source.moved(to: target, .init(resumes: true)) } throws: {
                let error = $0 as? StorageError
                return error?.code == .alreadyExists && error?.advice == obstacle?.advice
            }
            let plan = try await source.planned(to: target, .init(merge: .fail, resumes: true))
            #expect(plan.obstacle == nil && plan.refusals.isEmpty)
            #expect(try await source.moved(to: target, .init(merge: .fail, resumes: true)).verified == 500)
            #expect(try await target.count() == 501)
            #expect(try await target.staged().isEmpty)
        }
    }

    @Test(arguments: [Kind.sqlite, .postgres])
    func aChangedSourceIsNotGoneOnWith(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(500))
            try await source.interrupted(to: target, after: 100, .init(batchSize: 50))
            try await source.with { _ = try await $0.update("i-00499") { $0.text = "changed" } }
            await #expect { try await source.moved(to: target, .init(resumes: true)) } throws: {
                let error = $0 as? StorageError
                return error?.code == .conflict && error?.advice?.contains("--rollback") == true
            }
            let other = try await Place(.json)
            try await other.fill(sampleItems(500))
            await #expect { try await other.moved(to: target, .init(resumes: true)) } throws: {
                ($0 as? StorageError)?.code == .conflict
            }
            await #expect { try await other.rolledBack(to: target) } throws: {
                ($0 as? StorageError)?.code == .conflict
            }
            let undone = try await source.rolledBack(to: target)
            #expect(undone.removed == 0 && undone.restored == 0 && undone.changed.isEmpty)
            #expect(try await source.moved(to: target, .init(resumes: true)).verified == 500)
            #expect(try await source.verified(against: target).isEqual)
        }
    }

    /// What was tampered with while it lay aside: everything is named, and each record once.
    @Test(arguments: [Kind.sqlite, .postgres])
    func everyDifferenceOfAResumedMoveIsNamedOnce(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(500))
            try await source.interrupted(to: target, after: 100, .init(batchSize: 50))
            try await target.run(
                "UPDATE _stowage_move_items SET text = 'evil', \"count\" = 4711 WHERE id IN ('i-00002', 'i-00040')"
            )
            await #expect { try await source.moved(to: target, .init(resumes: true)) } throws: { error in
                guard let refused = error as? MoveRefused else { return false }
                return refused.refusals.map(\.id) == ["i-00002", "i-00002", "i-00040", "i-00040"]
                    && refused.refusals.map(\.field) == ["count", "text", "count", "text"]
                    && refused.refusalLines.allSatisfy { $0.components(separatedBy: "record \"").count == 2 }
            }
            #expect(try await target.count() == 0)
        }
    }

    @Test func rollingBackAnUnfinishedMoveLeavesNoTrace() async throws {
        try await withPlaces(.json, .postgres) { source, target in
            try await source.fill(sampleItems(500))
            try await source.interrupted(to: target, after: 100, .init(batchSize: 50))
            _ = try await source.rolledBack(to: target)
            #expect(try await target.psql("SELECT count(*) FROM pg_class WHERE relname LIKE '%\\_move\\_%'") == "0")
            #expect(try await target.psql("SELECT count(*) FROM _stowage_moves") == "0")
            await #expect { try await source.rolledBack(to: target) } throws: {
                ($0 as? StorageError)?.code == .notFound
            }
        }
    }

    @Test(arguments: [Kind.json, .memory, .shelf])
    func withoutStagingAnInterruptedMoveLeavesNothingAndStartsAnew(_ kind: Kind) async throws {
        try await withPlaces(.sqlite, kind) { source, target in
            try await source.fill(sampleItems(500))
            try await source.interrupted(to: target, after: 100, .init(batchSize: 50))
            #expect(try await target.count() == 0)
            #expect(try await source.moved(to: target, .init(resumes: true)).verified == 500)
            #expect(try await target.export() == source.export())
        }
    }
}
#endif
