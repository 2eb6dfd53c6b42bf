import FoundationEssentials
import Stowage
import Testing

@Suite struct SchemaTests {
    struct Named: StorageRecord {
        var id: String
        var other: String
        static let collection = "named"
        static var fields: [Field<Named>] {
            Field("id", \.id).identifier()
            Field("other", \.other)
        }
    }

    private func refused(_ collection: String, _ field: String) -> Bool {
        do {
            _ = try RecordSchema<Named>(
                collection: collection,
                fields: [Field("id", \.id).identifier(), Field(field, \.other)]
            )
            return false
        } catch let error as StorageError { return error.code == .configuration } catch { return false }
    }

    @Test func namesOfQRY7() {
        #expect(!refused("named", "other") && !refused("a \"b\" %?;", "select ' \\ \n é"))
        for bad in ["", String(repeating: "x", count: 64), "a\u{0}", "_stowage_x", "_STOWAGE"] {
            #expect(refused("named", bad) && refused(bad, "other"))
        }
        for bad in ["xmin", "CTID", "tableoid", "ID", "id"] { #expect(refused("named", bad)) }
        #expect(refused("sqlite_x", "other"))
        #expect(!refused("named", String(repeating: "x", count: 63)))
    }

    struct LetState: StorageState {
        var all: [Named] = []
        let baseDir: String? = nil
        static var records: any WritableKeyPath<LetState, [Named]> & Sendable { \.all }
        static var fields: [Field<LetState>] { Field("baseDir", \.baseDir) }
    }

    struct ClashingState: StorageState {
        var all: [Named] = []
        var named: String?
        static var records: any WritableKeyPath<ClashingState, [Named]> & Sendable { \.all }
        static var fields: [Field<ClashingState>] { Field("named", \.named) }
    }

    @Test func statesThatCannotBeKept() {
        #expect(throws: StorageError.self) { try StorageDatabase.memory().storage(Named.self, state: LetState.self) }
        #expect(throws: StorageError.self) {
            try StorageDatabase.memory().storage(Named.self, state: ClashingState.self)
        }
    }

    struct Unlisted: StorageRecord {
        var id: String
        var forgotten: String
        static let collection = "unlisted"
        static var fields: [Field<Unlisted>] { Field("id", \.id).identifier() }
    }

    @Test func aForgottenFieldIsNotDroppedInSilence() async throws {
        let storage = try StorageDatabase.memory().storage(Unlisted.self)
        try await storage.initialize()
        await #expect(throws: StorageError.self) { try await storage.create(Unlisted(id: "a", forgotten: "f")) }
    }

    struct Refusing: StorageRecord {
        var id: String
        static let collection = "refusing"
        static var fields: [Field<Refusing>] { Field("id", \.id).identifier() }
        init(id: String) { self.id = id }
        func encode(to encoder: any Encoder) throws {
            throw EncodingError.invalidValue("s3cret", .init(codingPath: [], debugDescription: "s3cret"))
        }
    }

    @Test func errorsAndDescriptionsCarryNoValue() async throws {
        let storage = try StorageDatabase.memory().storage(Refusing.self)
        try await storage.initialize()
        do {
            try await storage.create(Refusing(id: "a"))
            Issue.record("the record was stored")
        } catch {
            #expect((error as? StorageError)?.code == .invalidValue)
            var dumped = ""
            dump(error, to: &dumped)
            #expect(!"\(error) \(String(reflecting: error)) \(dumped)".contains("s3cret"))
        }
        let query = Query<Account>.where { $0.name == "s3cret" || $0.email.contains("s3cret") }
        let row = Row(values: [.text("s3cret")], unknown: #"{"k":"s3cret"}"#)
        var dumped = ""
        dump(query, to: &dumped)
        dump(row, to: &dumped)
        #expect(!"\(query) \(row) \(dumped)".contains("s3cret"))
    }

    @Test func pagesAndLimits() async throws {
        let storage = try MemoryStorage<Account, RecordsOnly<Account>>()
        try await storage.initialize()
        try await storage.createMany((1...9).map { Account(name: "\($0)") })
        var names: [String] = []
        var page = try await storage.page(.limit(3).offset(1))
        while true {
            names += page.records.map(\.name)
            guard let next = page.next else { break }
            page = try await storage.page(.limit(3).offset(1).after(next))
        }
        #expect(names == (2...9).map(String.init))
        #expect(try await storage.page(.limit(.max)).records.count == 9)
        #expect(try await storage.fetch(.where { $0.name.in("3"..<"5") }).map(\.name) == ["3", "4"])
        let many = Query<Account>.where { fields in .any(of: (0..<20_000).map { fields.balance == $0 }) }
        #expect(try await storage.count(many) == 9)
    }
}
