import FoundationEssentials
import Stowage
import Testing

@Suite struct RecordsExportTests {
    private let accounts = [
        Account(name: "\"quoted\" \\ \u{1}", email: "line\nbreak", balance: -1),
        Account(name: "plain", address: Address(street: "Élysée \u{1F600}", number: 7)),
        Account(
            name: "z",
            level: .high,
            address: Address(street: "", number: nil),
            openedAt: Date(timeIntervalSince1970: 0.5)
        ),
    ]

    @Test func recordsAreExportedAsAStoreOfThemIs() async throws {
        for count in 0...accounts.count {
            let storage = try MemoryStorage<Account, RecordsOnly<Account>>()
            try await storage.initialize()
            try await storage.createMany(accounts.prefix(count))
            let ours = String(decoding: try StoreExport.bytes(of: accounts.prefix(count)), as: UTF8.self)
            #expect(ours == String(decoding: try await StoreExport.bytes(of: storage), as: UTF8.self))
        }
    }

    @Test func aBadValueNamesItsRecord() throws {
        var bad = accounts
        bad[1].email = "\0"
        let error = #expect(throws: StorageError.self) { try StoreExport.bytes(of: bad) }
        #expect(error?.code == .invalidValue && error?.batchIndex == 1 && error?.recordID == "plain")
    }
}
