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

/// A record whose codec sets its fields in any order, some of them twice.
private struct Shuffled: StorageRecord, Codable, Equatable {
    var id: String
    var count: Int
    var flag: Bool?
    var note: String?
    var at: Timestamp

    static let collection = "shuffled"
    static var fields: [Field<Shuffled>] {
        Field("id", \.id).identifier()
        Field("count", \.count)
        Field("flag", \.flag)
        Field("note", \.note)
        Field("at", \.at)
    }
    static var codec: RecordCodec<Shuffled> {
        RecordCodec { record, row in
            if record.count == 2 { row.set(4, record.at) }
            try row.set(0, record.id)
            if record.count == 1 { try row.set(3, "another") }
            row.set(1, record.count)
            row.set(2, record.flag)
            try row.set(3, record.note)
            if record.count != 3 { row.set(4, record.at) }
        } decode: { row in
            Shuffled(
                id: try row.text(0),
                count: Int(try row.int(1)),
                flag: try row.isNull(2) ? nil : row.bool(2),
                note: try row.isNull(3) ? nil : row.text(3),
                at: try row.time(4)
            )
        }
    }
}

extension RecordsExportTests {
    @Test func aCodecMaySetItsFieldsInAnyOrder() async throws {
        let records = (0..<3).map { Shuffled(id: "s\($0)", count: $0, flag: $0 == 2, note: "\"n\"", at: .min) }
        let storage = try MemoryStorage<Shuffled, RecordsOnly<Shuffled>>()
        try await storage.initialize()
        try await storage.createMany(records)
        let ours = String(decoding: try StoreExport.bytes(of: records), as: UTF8.self)
        #expect(ours == String(decoding: try await StoreExport.bytes(of: storage), as: UTF8.self))
    }

    @Test func whatACodecLeavesOutOrMakesTooLongIsRefused() throws {
        let missing = [Shuffled(id: "a", count: 0, at: .max), Shuffled(id: "b", count: 3, at: .max)]
        let error = #expect(throws: StorageError.self) { try StoreExport.bytes(of: missing) }
        #expect(error?.code == .invalidValue && error?.batchIndex == 1 && error?.field == "at")
        let long = [Shuffled(id: String(repeating: "x", count: 1025), count: 0, at: .max)]
        let other = #expect(throws: StorageError.self) { try StoreExport.bytes(of: long) }
        #expect(other?.code == .invalidValue && other?.batchIndex == 0 && other?.field == "id")
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
