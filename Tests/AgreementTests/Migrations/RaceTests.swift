#if SQLite && Postgres
import Foundation
import Stowage
import Testing

/// Many handles at once: each migration is applied once (SCH-1). Processes do the same in MinskyTests.
@Suite struct RaceTests {
    @Test(arguments: Engine.allCases)
    func eightHandlesApplyEachMigrationOnce(_ engine: Engine) async throws {
        for _ in 0..<3 {
            try await MigrationPlace.with(engine) { place in
                try await place.fill(Item1.self, ItemVersions.upTo(1), #"[{"id": "a", "size": "1"}]"#)
                let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            let database = try place.database(ItemVersions.all)
                            let applied = try await database.migrateSchema().map(\.number)
                            let items = try database.storage(Item4.self)
                            try await items.initialize()
                            #expect(try await items.get("a")?.count == 9)
                            try await database.close()
                            return applied
                        }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                #expect(applied.sorted() == [2, 3, 4])
                #expect(try await place.status(Item4.self, ItemVersions.all).isUpToDate)
            }
        }
    }

    /// A migration that waits for a lock says so when its time is over, and has changed nothing.
    @Test func aHeldLockEndsInATimeoutThatNamesIt() async throws {
        try await MigrationPlace.with(.postgres) { place in
            try await place.fill(Item1.self, ItemVersions.upTo(1), #"[{"id": "a", "size": "1"}]"#)
            let holder = try place.database(ItemVersions.upTo(1))
            let items = try holder.storage(Item1.self)
            try await items.initialize()
            try await items.transaction { items in
                try await items.update("a") { $0.note = "held" }
                let database = try place.database(
                    ItemVersions.upTo(2),
                    options: StorageOptions(deadline: .milliseconds(600))
                )
                let error = await failure { try await database.migrateSchema() }
                #expect(
                    error?.code == .timeout && error?.message.contains("migration 2 (add_fields)") == true,
                    "\(error!)"
                )
                try await database.close()
            }
            try await holder.close()
            #expect(try await place.status(Item1.self, ItemVersions.upTo(1)).isUpToDate)
        }
    }
}
#endif
