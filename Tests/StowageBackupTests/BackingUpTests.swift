#if SQLite && Postgres
import CSQLite
import Foundation
import Stowage
@testable import StowageMigration
import StowageSQLite
import Testing

/// A backup is one moment of the store, in a file that is whole or not there.
@Suite struct BackingUpTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    /// Before every page of every walk others move sizes between records and remove and add some: the sum is constant at
    /// any moment, and in the backup.
    @Test(arguments: Adapter.allCases)
    func aBackupIsOneSnapshotWhileOthersWrite(_ adapter: Adapter) async throws {
        try await withStore(adapter, folder) { database in
            let writers = try await database.notes()
            try await writers.createMany((0..<2500).map { Note(id: "n-\(10_000 + $0)", size: 100) })
            let interleaved = InterleavingDriver(database.driver) { turn in
                try await writers.transaction { notes in
                    let (from, to) = ("n-\(10_000 + turn % 2500)", "n-\(10_000 + (turn * 997 + 1) % 2500)")
                    guard from != to, try await notes.get(from) != nil, try await notes.get(to) != nil else { return }
                    try await notes.update(from) { $0.size = 0 }
                    let taken = try await notes.get(to)?.size ?? 0
                    try await notes.delete(to)
                    try await notes.create(Note(id: "x-\(turn)", size: taken + 100))
                }
            }
            let reader = StorageDatabase(driver: interleaved, options: patient)
            let report = try await StorageBackup.write(from: try await reader.notes(), to: folder["b"])
            #expect(interleaved.turns >= 10)
            #expect(report.verified == 2500)
            let restored = try await StorageDatabase.memory().notes()
            _ = try await NoteBackup(reading: folder["b"]).restore(into: restored)
            #expect(try await restored.fetch().reduce(0) { $0 + $1.size } == 250_000)
            // The writers were not held up: what they wrote is in the store.
            #expect(try await writers.count(.where { $0.id.hasPrefix("x-") }) > 0)
        }
    }

    @Test func aBackupNeverTakesThePlaceOfAnything() async throws {
        let notes = try await StorageDatabase.memory().notes()
        try await notes.createMany(Note.many(3))
        try folder.write([1, 2, 3], "taken")
        #expect(
            await failure { _ = try await StorageBackup.write(from: notes, to: folder["taken"]) }?.code
                == .alreadyExists
        )
        #expect(try folder.bytes("taken") == [1, 2, 3])
        try FileManager.default.createSymbolicLink(atPath: folder["link"], withDestinationPath: folder["nowhere"])
        #expect(
            await failure { _ = try await StorageBackup.write(from: notes, to: folder["link"]) }?.code == .alreadyExists
        )
        #expect(await failure { _ = try await StorageBackup.write(from: notes, to: folder.path) }?.code == .corrupt)
        #expect(
            await failure { _ = try await StorageBackup.write(from: notes, to: folder["no/b"]) }?.code
                == .invalidArgument
        )
        // One that comes while the backup is written stays too.
        let path = folder["late"]
        let error = await failure {
            _ = try await StorageBackup.write(from: notes, to: path) { progress in
                if progress.phase == .verifying { try? Data([9]).write(to: URL(fileURLWithPath: path)) }
            }
        }
        #expect(error?.code == .alreadyExists)
        #expect(try folder.bytes("late") == [9])
        #expect(folder.names == ["late", "link", "taken"])
    }

    @Test func onlyTheOwnerCanReadABackup() async throws {
        let notes = try await StorageDatabase.memory().notes()
        _ = try await StorageBackup.write(from: notes, to: folder["b"])
        let mode = try FileManager.default.attributesOfItem(atPath: folder["b"])[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    /// With and without a temporary name, a new file is there whole or not at all.
    @Test(arguments: [false, true])
    func aNewFileHasItsNameWhenItIsWhole(_ isNamed: Bool) throws {
        do {
            let file = try NewFile(folder["a"], isNamed: isNamed)
            try file.write([1, 2])
            #expect(!folder.names.contains("a"))
            #expect(folder.names.count == (isNamed ? 1 : 0))
        }
        #expect(folder.names.isEmpty)
        let file = try NewFile(folder["a"], isNamed: isNamed)
        try file.write([1, 2])
        try file.flush()
        #expect(try file.reopened().size == 2)
        try file.publish()
        #expect(try folder.names == ["a"] && folder.bytes("a") == [1, 2])
        let late = try NewFile(folder["b"], isNamed: isNamed)
        try folder.write([3], "b")
        #expect(throws: StorageError.self) { try late.publish() }
        #expect(try folder.names == ["a", "b"] && folder.bytes("b") == [3])
    }

    @Test func aCancelledBackupLeavesNothing() async throws {
        try await withStore(.sqlite, folder) { database in
            let notes = try await database.notes()
            try await notes.createMany(Note.many(1200))
            let before = folder.names
            let path = folder["b"]
            for phase in [MoveProgress.Phase.copying, .verifying] {
                let task = Task {
                    try await StorageBackup.write(from: notes, to: path) { progress in
                        if progress.phase == phase { withUnsafeCurrentTask { $0?.cancel() } }
                    }
                }
                #expect(await failure { _ = try await task.value }?.code == .cancelled)
                #expect(folder.names == before)
            }
        }
    }

    /// A record that cannot be read stops the backup, which names it, and leaves no file.
    @Test func aDamagedRecordIsNamed() async throws {
        try await withStore(.sqlite, folder) { database in
            let notes = try await database.notes()
            try await notes.createMany(Note.many(3))
            var handle: OpaquePointer?
            #expect(sqlite3_open(database.driver.location.description, &handle) == SQLITE_OK)
            #expect(sqlite3_exec(handle, "UPDATE notes SET tags = '{' WHERE id = 'n-1'", nil, nil, nil) == SQLITE_OK)
            sqlite3_close(handle)
            let error = await failure { _ = try await StorageBackup.write(from: notes, to: folder["b"]) }
            #expect(
                error?.code == .corrupt && error?.recordID == "n-1" && error?.field == "tags",
                "\(error.map(String.init(describing:)) ?? "none")"
            )
            #expect(!folder.names.contains { $0.hasPrefix("b") })
        }
    }
}
#endif
