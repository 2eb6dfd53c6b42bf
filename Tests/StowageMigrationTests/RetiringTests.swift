#if SQLite && Postgres
import Foundation
import Stowage
import StowageJSON
import StowageMigration
import StowageSQLite
import Testing

/// Taking a source out of use.
@Suite struct RetiringTests {
    @Test(arguments: [Kind.json, .sqlite])
    func aVerifiedSourceIsRenamed(_ kind: Kind) async throws {
        try await withPlaces(kind, .postgres) { source, target in
            try await source.fill(sampleItems(200))
            let content = try await source.export()
            let report = try await source.moved(to: target, .init(retires: true))
            #expect(report.retired?.description == source.file + ".migrated")
            #expect(!FileManager.default.fileExists(atPath: source.file))
            let names = try FileManager.default.contentsOfDirectory(atPath: source.folder)
            #expect(names == [kind == .json ? "store.json.migrated" : "store.db.migrated"])
            #expect(try await target.export() == content)
            try FileManager.default.moveItem(atPath: source.file + ".migrated", toPath: source.file)
            #expect(try await source.export() == content)
        }
    }

    @Test func aSqliteSourceInUseStays() async throws {
        try await withPlaces(.sqlite, .json) { source, target in
            try await source.fill(sampleItems(20))
            let other = try RawSQLite(source.file)
            #expect(try other.lines("SELECT count(*) FROM items") == ["20"])
            await #expect { try await source.moved(to: target, .init(retires: true)) } throws: {
                ($0 as? StorageError)?.code == .conflict
            }
            #expect(FileManager.default.fileExists(atPath: source.file))
            #expect(try other.lines("PRAGMA journal_mode") == ["wal"])
            // The move itself was done, and the source can be retired later.
            #expect(try await target.count() == 20)
        }
    }

    @Test func aSourceThatDiffersStays() async throws {
        try await withPlaces(.sqlite, .json) { source, target in
            try await source.fill(sampleItems(20))
            try await source.moved(to: target)
            try await target.with { try await $0.delete("i-00003") }
            let move = try source.move(to: target)
            await #expect { try await move.retire() } throws: { ($0 as? StorageError)?.code == .conflict }
            try await move.close()
            #expect(try await source.count() == 20)
            #expect(try RawSQLite(source.file).lines("PRAGMA journal_mode") == ["wal"])
        }
    }

    @Test(arguments: [Kind.memory, .postgres, .shelf])
    func whatIsNoFileIsRefusedBeforeAnythingIsMoved(_ kind: Kind) async throws {
        try await withPlaces(kind, .sqlite) { source, target in
            try await source.fill(sampleItems(5))
            await #expect { try await source.moved(to: target, .init(retires: true)) } throws: {
                ($0 as? StorageError)?.code == .unsupported
            }
            #expect(!FileManager.default.fileExists(atPath: target.folder))
        }
    }

    @Test func aTakenNameIsNotOverwritten() async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            try await source.fill(sampleItems(5))
            try Data("kept".utf8).write(to: URL(fileURLWithPath: source.file + ".migrated"))
            await #expect { try await source.moved(to: target, .init(retires: true)) } throws: {
                ($0 as? StorageError)?.code == .alreadyExists
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: source.file + ".migrated")) == Data("kept".utf8))
            #expect(FileManager.default.fileExists(atPath: source.file))
        }
    }

    /// The file is retired, not a link to it; and what is reported is where it stands.
    @Test(arguments: [Kind.json, .sqlite])
    func aSourceReachedByALinkIsRenamedItself(_ kind: Kind) async throws {
        try await withPlaces(kind, .postgres) { source, target in
            try await source.fill(sampleItems(20))
            let link = source.folder + "/link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: source.file)
            let linked: StorageDatabase =
                kind == .json
                ? .json(path: link, access: .readOnly, options: Place.patient)
                : .sqlite(path: link, access: .readOnly, options: Place.patient)
            let move = try ItemMove(from: linked, to: try target.database(), options: .init(retires: true))
            let report = try await move.run()
            try await move.close()
            let file =
                URL(fileURLWithPath: source.folder).resolvingSymlinksInPath().path
                + (kind == .json ? "/store.json.migrated" : "/store.db.migrated")
            #expect(report.retired?.description == file)
            #expect(
                FileManager.default.fileExists(atPath: file) && !FileManager.default.fileExists(atPath: source.file)
            )
        }
    }

    /// A target that is as the move left it needs no source to be rolled back.
    @Test(arguments: [Kind.sqlite, .postgres])
    func aRetiredMoveIsRolledBackWithoutItsSource(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(20))
            try await source.moved(to: target, .init(retires: true))
            #expect(try await source.rolledBack(to: target).removed == 20)
            #expect(try await target.count() == 0)
        }
    }
}
#endif
