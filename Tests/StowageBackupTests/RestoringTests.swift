#if SQLite && Postgres
import Foundation
import Stowage
import StowageMigration
import Testing

/// A restore makes the store equal to the backup, or changes nothing.
@Suite struct RestoringTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private func backUp(_ state: NoteState, _ name: String) async throws {
        let notes = try await StorageDatabase.memory().notes()
        try await notes.writeState(state)
        _ = try await StorageBackup.write(from: notes, to: folder[name])
    }

    /// Runs a body, which must fail, and makes sure that the store holds what it held.
    private func unchanged(_ notes: Notes, _ body: () async throws -> Void) async throws -> StorageError? {
        let before = try await StoreExport.bytes(of: notes)
        let error = await failure(body)
        #expect(error != nil)
        #expect(try await StoreExport.bytes(of: notes) == before)
        return error
    }

    @Test(arguments: Adapter.allCases)
    func onlyAnEmptyStoreIsRestoredIntoUnasked(_ adapter: Adapter) async throws {
        try await backUp(NoteState(notes: Note.many(5), baseDir: "/new"), "b")
        try await withStore(adapter, folder) { database in
            let notes = try await database.notes()
            let backup = try await NoteBackup(reading: folder["b"])
            // A state without records is content too.
            try await notes.writeState(NoteState(notes: [], baseDir: "/old"))
            #expect(try await unchanged(notes) { _ = try await backup.restore(into: notes) }?.code == .alreadyExists)
            try await notes.create(Note(id: "mine"))
            #expect(try await unchanged(notes) { _ = try await backup.restore(into: notes) }?.code == .alreadyExists)
            let report = try await backup.restore(into: notes, replacing: true)
            #expect(report.removed == 1 && report.verified == 5)
            let state = try await notes.readState()
            #expect(state.baseDir == "/new" && state.notes == Note.many(5))
            // What was restored once is restored again.
            #expect(try await backup.restore(into: notes, replacing: true).removed == 5)
        }
    }

    /// Nothing of what was there before survives, unknown keys of records that stay included.
    @Test(arguments: Adapter.allCases)
    func theStoreEqualsTheBackupAfterwards(_ adapter: Adapter) async throws {
        try await backUp(NoteState(notes: Note.many(4)), "b")
        let old =
            #"{"notes":[{"id":"n-1","size":7,"mine":1,"tags":["x"]},{"id":"zz","size":1}],"baseDir":"/b","other":2}"#
        let file = try StoreImport(
            Note.self,
            state: NoteState.self,
            reading: Array(old.utf8),
            from: "old"
        )
        try await withStore(adapter, folder) { database in
            let notes = try await database.notes()
            _ = try await file.run(into: notes)
            let report = try await NoteBackup(reading: folder["b"]).restore(into: notes, replacing: true)
            #expect(report.removed == 2)
            #expect(try await !text(StoreExport.bytes(of: notes)).contains("mine"))
            _ = try await StorageBackup.write(from: notes, to: folder["again"])
            #expect(try folder.content("again") == folder.content("b"))
        }
    }

    /// Two records that break a unique index are found when most are written: all of it is undone (REC-8, DUR-2).
    @Test(arguments: Adapter.allCases)
    func aRestoreThatFailsLateChangesNothing(_ adapter: Adapter) async throws {
        var many = Note.many(1200)
        try await backUp(NoteState(notes: many), "b")
        many.sort { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
        var lines = Array(try folder.lines("b").dropLast())
        let last = lines.count - 1
        #expect(text(lines[last]).contains(many[1199].id))
        // The title of the first record in the last one.
        lines[last] = Array(text(lines[last]).replacing("\"title\":\"n 999 ", with: "\"title\":\"n 0 ").utf8)
        let path = try folder.write(closed(lines, records: 1200, state: 0), "forged")
        try await withStore(adapter, folder) { database in
            let notes = try await database.notes()
            try await notes.writeState(NoteState(notes: Note.many(10, "old"), baseDir: "/old"))
            let backup = try await NoteBackup(reading: path)
            let error = try await unchanged(notes) { _ = try await backup.restore(into: notes, replacing: true) }
            #expect(error?.code == .constraint)
        }
    }

    /// What is restored is what was checked, not what stands there by then.
    @Test func aFileThatChangesMeanwhileIsRefused() async throws {
        try await backUp(NoteState(notes: Note.many(5)), "b")
        try await backUp(NoteState(notes: Note.many(6, "m")), "c")
        let backup = try await NoteBackup(reading: folder["b"])
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: folder["b"]))
        try handle.write(contentsOf: Data(folder.bytes("c")))
        try handle.close()
        let notes = try await StorageDatabase.memory().notes()
        try await notes.create(Note(id: "mine"))
        let error = try await unchanged(notes) { _ = try await backup.restore(into: notes, replacing: true) }
        #expect(error?.code == .corrupt)
    }

    @Test func aRestoreNeedsAStoreThatIsOpenForWriting() async throws {
        try await backUp(NoteState(notes: Note.many(5)), "b")
        let backup = try await NoteBackup(reading: folder["b"])
        try await withStore(.sqlite, folder) { database in
            let notes = try database.storage(Note.self, state: NoteState.self)
            #expect(await failure { _ = try await backup.restore(into: notes) }?.code == .invalidArgument)
            try await notes.initialize()
            try await notes.transaction { inside in
                #expect(await failure { _ = try await backup.restore(into: inside) }?.code == .invalidArgument)
                #expect(await failure { _ = try await backup.restore(into: notes) }?.code == .invalidArgument)
                let path = folder["inside"]
                #expect(
                    await failure { _ = try await StorageBackup.write(from: inside, to: path) }?.code
                        == .invalidArgument
                )
            }
            let reader = StorageDatabase(driver: database.driver, access: .readOnly, options: patient)
            let read = try await reader.notes()
            #expect(await failure { _ = try await backup.restore(into: read) }?.code == .readOnly)
            try await notes.close()
            #expect(await failure { _ = try await backup.restore(into: notes) }?.code == .closed)
        }
    }

    @Test(arguments: Adapter.allCases)
    func aCancelledRestoreChangesNothing(_ adapter: Adapter) async throws {
        try await backUp(NoteState(notes: Note.many(1500)), "b")
        try await withStore(adapter, folder) { database in
            let notes = try await database.notes()
            try await notes.create(Note(id: "mine"))
            let backup = try await NoteBackup(reading: folder["b"])
            for phase in [MoveProgress.Phase.copying, .verifying] {
                let error = try await unchanged(notes) {
                    let task = Task {
                        try await backup.restore(into: notes, replacing: true) { progress in
                            if progress.phase == phase { withUnsafeCurrentTask { $0?.cancel() } }
                        }
                    }
                    _ = try await task.value
                }
                #expect(error?.code == .cancelled)
            }
        }
    }
}
#endif
