#if SQLite && Postgres
@testable import ConformanceKit
import Foundation
@testable import Stowage
import StowageJSON
@testable import StowageMigration
import Testing

/// What is restored is what was backed up, whatever the adapters are.
@Suite struct RoundTripTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    /// Hostile values from adapter to adapter and back: every backup has the same lines.
    @Test func hostileValuesTravelThroughEveryAdapter() async throws {
        typealias Zoos = StorageBackup<Zoo, RecordsOnly<Zoo>>
        let records = ZooAgreement.records(150, seed: 7)
        let first = try StorageDatabase.json(path: folder["first.json"], options: patient).storage(Zoo.self)
        try await first.initialize()
        try await first.createMany(records)
        let report = try await StorageBackup.write(from: first, to: folder["0"])
        #expect(report.verified == records.count && report.backup.records == records.count)
        let exported = try await StoreExport.bytes(of: first)
        try await first.close()
        for (index, adapter) in [Adapter.sqlite, .postgres, .memory, .json].enumerated() {
            try await withStore(adapter, folder) { database in
                let zoos = try database.storage(Zoo.self)
                try await zoos.initialize()
                let restored = try await Zoos(reading: folder["\(index)"]).restore(into: zoos)
                #expect(restored.verified == records.count && restored.removed == 0)
                #expect(try await StoreExport.bytes(of: zoos) == exported)
                _ = try await StorageBackup.write(from: zoos, to: folder["\(index + 1)"])
            }
            #expect(try folder.content("\(index + 1)") == folder.content("0"))
        }
    }

    /// A record's line is the canonical form of an export.
    @Test func aLineIsTheCanonicalFormOfAnExport() async throws {
        let schema = try Zoo.schema
        for zoo in ZooAgreement.records(200, seed: 11) {
            var row = try schema.checkedRow(of: zoo)
            row.unknown = #"{"\u00e9":[1.50, 1e2],"é ":{"a":null}}"#
            var bytes: [UInt8] = []
            try RowJSON.appendCompact(row, of: schema.collection, to: &bytes)
            #expect(try bytes == RowJSON.tree(row, of: schema.collection).compact)
        }
    }

    /// Members of the state and fields of a record are not mixed up when their names are the same.
    @Test(arguments: Adapter.allCases)
    func aStateMemberWithTheNameOfAFieldTravels(_ adapter: Adapter) async throws {
        let source = #"{"notes":[{"id":"a","size":1}],"id":"not a record","size":"no number","tags":{"x":1}}"#
        try folder.write(Array(source.utf8), "in.json")
        let from = StorageDatabase.json(path: folder["in.json"], access: .readOnly)
        let notes = try await from.notes()
        _ = try await StorageBackup.write(from: notes, to: folder["b"])
        let exported = try await StoreExport.bytes(of: notes)
        try await from.close()
        #expect(text(exported).contains("no number"))
        try await withStore(adapter, folder) { database in
            let notes = try await database.notes()
            _ = try await NoteBackup(reading: folder["b"]).restore(into: notes)
            #expect(try await StoreExport.bytes(of: notes) == exported)
        }
    }

    /// Unknown keys of records, of nested values and of the file, numbers as they were written, and the state.
    @Test(arguments: Adapter.allCases)
    func unknownKeysTravel(_ adapter: Adapter) async throws {
        let source = #"""
            {"_stowage":{"format":1},"notes":[
              {"id":"b","size":9007199254740993,"ratio":-0.0,"x":{"big":12345678901234567890,"f":1.50,"n":null},"y":""},
              {"id":"é","size":0,"tags":[],"at":"0001-01-01T00:00:00Z"}
            ],"baseDir":"/b","zeta":[1e2],"alpha":null}
            """#
        try folder.write(Array(source.utf8), "in.json")
        let from = StorageDatabase.json(path: folder["in.json"], access: .readOnly)
        let report = try await StorageBackup.write(from: try await from.notes(), to: folder["a"])
        #expect(report.backup.stateFields == 3 && report.backup.adapter == "json")
        #expect(try folder.bytes("in.json") == Array(source.utf8))
        let lines = try folder.content("a").map(text)
        #expect(
            lines == [
                #"{"name":"alpha","value":null}"#, #"{"name":"baseDir","value":"/b"}"#,
                #"{"name":"zeta","value":[1e2]}"#,
                #"{"id":"b","size":9007199254740993,"ratio":-0.0,"x":{"big":12345678901234567890,"f":1.50,"n":null},"y":""}"#,
                #"{"id":"é","size":0,"at":"0001-01-01T00:00:00.000000Z","tags":[]}"#,
            ]
        )
        try await withStore(adapter, folder) { database in
            let notes = try await database.notes()
            _ = try await NoteBackup(reading: folder["a"]).restore(into: notes)
            #expect(try await notes.readState().baseDir == "/b")
            _ = try await StorageBackup.write(from: notes, to: folder["b"])
            #expect(try folder.content("b") == folder.content("a"))
        }
        try await from.close()
    }

    @Test(arguments: Adapter.allCases)
    func anEmptyStoreIsRestored(_ adapter: Adapter) async throws {
        try await withStore(adapter, folder) { database in
            let notes = try await database.notes()
            let report = try await StorageBackup.write(from: notes, to: folder["empty"])
            #expect(report.backup.records == 0)
            try await notes.createMany(Note.many(3))
            let restored = try await NoteBackup(reading: folder["empty"]).restore(into: notes, replacing: true)
            #expect(restored.removed == 3 && restored.verified == 0)
            #expect(try await notes.count() == 0)
        }
    }

    /// Several pages, a line longer than what is read at once, and a summary of it all.
    @Test func largeBackupsAreReadInPieces() async throws {
        try await withStore(.sqlite, folder) { database in
            let notes = try await database.notes()
            try await notes.createMany(Note.many(1700))
            try await notes.create(Note(id: "long", tags: [String(repeating: "é\n", count: 1 << 20)]))
            let report = try await StorageBackup.write(from: notes, to: folder["large"])
            let summary = try await NoteBackup.inspect(folder["large"])
            #expect(summary == report.backup && summary.records == 1701)
            #expect(try summary.byteCount == folder.bytes("large").count)
            let body: [UInt8] = try folder.lines("large").dropLast().flatMap { $0 + [0x0a] }
            #expect(SHA256.hex(of: body) == summary.checksum)
        }
    }
}
#endif
