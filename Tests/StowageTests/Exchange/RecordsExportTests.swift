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

extension RecordsExportTests {
    @Test func longDocumentsKeepEveryByte() async throws {
        // Texts shorter, as long as and longer than the blocks in which bytes are gathered.
        let many = [0, 1, 60_000, 65_534, 65_536, 70_000, 200_000, 3].enumerated().map { number, length in
            Account(
                name: "n\(number)",
                email: String(repeating: "x", count: min(length, 900)) + "\(number)",
                balance: length
            )
        }
        let notes = [0, 60_000, 65_536, 200_000].enumerated().map { number, length in
            Account(name: "z\(number)", address: Address(street: String(repeating: "é", count: length), number: nil))
        }
        let storage = try MemoryStorage<Account, RecordsOnly<Account>>()
        try await storage.initialize()
        try await storage.createMany(many + notes)
        #expect(try StoreExport.bytes(of: many + notes) == (try await StoreExport.bytes(of: storage)))
    }
}
