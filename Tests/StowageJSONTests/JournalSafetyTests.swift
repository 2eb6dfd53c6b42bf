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

    private func open(_ name: String = "store.json", _ mode: JSONFileMode = .journal) async throws -> Items {
        let items = try Items(path: scratch.path(name), mode: mode)
        try await items.initialize()
        return items
    }

    private func ids(_ items: Items) async throws -> [String] { try await items.fetch().map(\.id).sorted() }

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
        let reader = try await open()
        #expect(try await ids(reader) == ["a", "b", "c"])
        try await create("d") { driver.keep(empty) }
        let other = try await open("store.json", .replace)
        #expect(try await ids(other) == ["a", "b", "c", "d"])
        try await other.close()
        try await reader.close()
        try await driver.close()
    }
}
