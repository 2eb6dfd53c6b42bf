import Foundation
import Stowage
import Synchronization
import Testing

@testable import StowageJSON

/// What a journal must not lose, whoever reads and writes beside it.
@Suite struct JournalSafetyTests {
    private let scratch: Scratch
    private let context = OperationContext(deadline: .after(.seconds(30)))
    init() throws { scratch = try Scratch() }

    /// A reader keeps the version that it has read, even when writers have gone on since: the next write must not take the
    /// end of that version for the end of the journal.
    @Test func aWriteGoesBehindTheLastOneWhateverAReaderKeeps() async throws {
        let collection = try RecordSchema(Item.self).collection
        let driver = JSONFileDriver(path: scratch.path(), mode: .journal)
        try await driver.open([collection], access: .readWrite, context: context)
        func create(_ id: String, _ meanwhile: () -> Void = {}) async throws {
            let transaction = try await driver.begin(.readWrite, context: context)
            meanwhile()
            let row = Row(values: [.text(id), .text("t"), .null, .null, .null])
            _ = try await transaction.write(WriteBatch([.insert(row)], in: collection))
            try await transaction.commit()
        }
        let empty = try #require(driver.state.withLock { $0.loaded })
        try await create("a")
        let old = try #require(driver.state.withLock { $0.loaded })
        try await create("b")
        try await create("c") { driver.keep(old) }
        let reader = try await scratch.openItems()
        #expect(try await scratch.ids(reader) == ["a", "b", "c"])
        try await create("d") { driver.keep(empty) }
        let other = try await scratch.openItems("store.json", .replace)
        #expect(try await scratch.ids(other) == ["a", "b", "c", "d"])
        try await other.close()
        try await reader.close()
        try await driver.close()
    }

    @Test func uniqueValuesThatMovedAreKnownToThoseWhoReadTheJournal() async throws {
        let items = try await scratch.openItems()
        try await items.create(Item(id: "a", title: "A", note: "1"))
        try await items.create(Item(id: "b", title: "B", note: "2"))
        try await items.close()
        let writer = try await scratch.openItems()
        let reader = try await scratch.openItems()
        #expect(try await reader.count() == 2)
        try await writer.transaction { items in
            try await items.update("a") { $0.note = nil }
            try await items.update("b") { $0.note = "1" }
            try await items.update("a") { $0.note = "2" }
            try await items.create(Item(id: "c", title: "C", note: "3"))
            try await items.create(Item(id: "d", title: "D"))
        }
        try await writer.transaction { items in
            try await items.update("d") { $0.title = "DD" }
            try await items.update("c") { $0.note = nil }
            try await items.update("d") { $0.note = "3" }
            try await items.update("c") { $0.note = "4" }
            try await items.update("d") { $0.note = "5" }
            try await items.update("c") { $0.note = "3" }
        }
        for (id, note) in [("x", "1"), ("y", "2"), ("z", "3"), ("w", "5")] {
            let error = await failure { try await reader.create(Item(id: id, title: "t", note: note)) }
            #expect(error?.code == .constraint, "\(note)")
        }
        try await reader.close()
        try await writer.close()
        let after = try await scratch.openItems("store.json", .replace)
        #expect(try await scratch.ids(after) == ["a", "b", "c", "d"])
        try await after.close()
    }

    /// A writer cuts off a frame that it could not make safe; whoever has read it must not go on from there.
    @Test func aFrameThatWasCutOffIsForgotten() async throws {
        let reader = try await scratch.openItems()
        try await reader.create(Item(id: "a", title: "A"))
        let whole = try scratch.read("store.json.journal")
        let writer = try await scratch.openItems()
        try await writer.create(Item(id: "b", title: "B"))
        #expect(try await scratch.ids(reader) == ["a", "b"])
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch.path("store.json.journal")))
        try file.truncate(atOffset: UInt64(whole.utf8.count))
        try file.close()
        let other = try await scratch.openItems()
        try await other.create(Item(id: "c", title: String(repeating: "C", count: 100)))
        #expect(try await scratch.ids(reader) == ["a", "c"])
        try await reader.create(Item(id: "d", title: "D"))
        for items in [writer, other] { #expect(try await scratch.ids(items) == ["a", "c", "d"]) }
        for items in [reader, writer, other] { try await items.close() }
    }

    private struct Kept: StorageRecord {
        var id: String
        static let collection = "items"
        static var fields: [Field<Kept>] { Field("id", \.id).identifier() }
    }

    @Test func migrationsMakeNoNewFileOverTheJournalOfOneThatIsGone() async throws {
        func open() throws -> JsonFileStorage<Kept, RecordsOnly<Kept>> {
            let first = SchemaMigration(1, "create_items", [.createCollection("items", [.text("id").identifier()])])
            return try .init(path: scratch.path(), mode: .journal, migrations: SchemaMigrations([first]))
        }
        let items = try open()
        try await items.initialize()
        try await items.create(Kept(id: "a"))
        try await items.create(Kept(id: "b"))
        let text = try scratch.read("store.json.journal")
        try FileManager.default.removeItem(atPath: scratch.path())
        let error = await failure { try await open().initialize() }
        #expect(error?.code == .corrupt && error?.advice?.contains("Put the file back") == true)
        #expect(try scratch.read("store.json.journal") == text)
        #expect(!(try scratch.names().contains("store.json")))
        try? await items.close()
    }
}
