#if SQLite && Postgres
import Foundation
import Stowage
import StowageMigration
import StowageSQLite
import Testing

/// What arrives: everything, between any two adapters.
@Suite struct CarryingTests {
    static let pairs = Kind.allCases.flatMap { source in Kind.allCases.map { (source, $0) } }

    @Test(arguments: pairs)
    func everythingArrivesBetweenAnyTwoAdapters(_ source: Kind, _ target: Kind) async throws {
        try await withPlaces(source, target) { source, target in
            try await source.fill(sampleItems(700))
            let before = try await source.export()
            let report = try await source.moved(to: target, .init(batchSize: 300))
            #expect(report.read == 700 && report.written == 700 && report.verified == 700)
            #expect(report.skipped == 0 && report.replaced == 0 && report.verdict == nil)
            #expect(try await target.export() == before)
            #expect(try await source.export() == before)
            let verdict = try await source.verified(against: target)
            #expect(verdict.isEqual && verdict.read == 700 && verdict.verified == 700)
        }
    }

    @Test func equalContentHasOneDigestOnEveryAdapter() async throws {
        var digests: Set<String> = []
        for kind in Kind.allCases {
            let other = kind == .memory ? Kind.json : Kind.memory
            try await withPlaces(kind, other) { source, target in
                try await source.fill(sampleItems(100))
                let move = try source.move(to: target)
                digests.insert(try await move.plan().digest)
                try await move.close()
            }
        }
        #expect(digests.count == 1)
    }

    @Test func aPlanWritesNothingAtAll() async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            try await source.fill(sampleItems(30))
            let bytes = try Data(contentsOf: URL(fileURLWithPath: source.file))
            let move = try source.move(to: target)
            let plan = try await move.plan()
            try await move.close()
            #expect(plan.records == 30 && plan.targetState == .absent && plan.refusals.isEmpty && plan.takesState)
            #expect(plan.unknownMembers == ["big": 1, "f": 1, "n": 1, "note": 1])
            #expect(plan.stateMembers == ["baseDir", "zeta"] && plan.estimatedBytes > 1000)
            #expect(!FileManager.default.fileExists(atPath: target.folder))
            #expect(try Data(contentsOf: URL(fileURLWithPath: source.file)) == bytes)
            let names = try FileManager.default.contentsOfDirectory(atPath: source.folder)
            #expect(Set(names) == ["store.json", "store.json.lock"])
        }
    }

    @Test(arguments: [Kind.json, .sqlite, .memory, .shelf])
    func anAbsentSourceIsNoEmptyOne(_ kind: Kind) async throws {
        try await withPlaces(kind, .sqlite) { source, target in
            await #expect { try await source.moved(to: target) } throws: { ($0 as? StorageError)?.code == .notFound }
            #expect(!FileManager.default.fileExists(atPath: target.folder))
            #expect(!FileManager.default.fileExists(atPath: source.folder))
        }
    }

    @Test func aTargetWithRecordsIsRefusedAndKeepsItsState() async throws {
        try await withPlaces(.json, .postgres) { source, target in
            try await source.fill(sampleItems(5))
            try await target.fill([Item(id: "mine")], unknown: false, baseDir: "/mine")
            let before = try await target.export()
            await #expect { try await source.moved(to: target) } throws: {
                ($0 as? StorageError)?.code == .alreadyExists
            }
            #expect(try await target.export() == before)
        }
    }

    @Test func aTargetsOwnStateStays() async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            try await source.fill(sampleItems(5))
            try await target.fill([], unknown: false, baseDir: "/mine")
            #expect(try await source.moved(to: target).verified == 5)
            #expect(try await target.with { try await $0.readState() }.baseDir == "/mine")
        }
    }
}
#endif
