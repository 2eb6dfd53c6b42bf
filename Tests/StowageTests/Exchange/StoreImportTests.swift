import FoundationEssentials
import Stowage
import Testing

struct AccountState: StorageState {
    var accounts: [Account] = []
    var owner: String?
    static var records: any WritableKeyPath<AccountState, [Account]> & Sendable { \.accounts }
    static var fields: [Field<AccountState>] { Field("owner", \.owner) }
}

@Suite struct StoreImportTests {
    let storage: MemoryStorage<Account, AccountState>

    init() async throws {
        storage = try MemoryStorage<Account, AccountState>()
        try await storage.initialize()
    }

    private static func record(_ name: String, _ rest: String = "") -> String {
        #"{"name":"\#(name)","balance":1,"level":"low","openedAt":"2026-01-01T00:00:00Z"\#(rest)}"#
    }

    private func read(_ text: String) throws -> StoreImport<Account, AccountState> {
        try StoreImport(reading: Array(text.utf8), from: "f.json")
    }

    private func refused(_ text: String) throws -> ImportRefused {
        try #require(#expect(throws: ImportRefused.self) { _ = try read(text) })
    }

    private func export() async throws -> String {
        String(decoding: try await StoreExport.document(of: storage).compact, as: UTF8.self)
    }

    @Test(arguments: [
        "[A,B]", #"{"accounts":[A,B],"owner":"o","x":{"n":1.50}}"#,
        #"{"timestamp":"t","version":"1","data":{"accounts":[A,B],"owner":"o"}}"#, #"{"a":A,"b":B}"#,
    ])
    func theFourShapes(shape: String) async throws {
        let text = shape.replacing("A", with: Self.record("a", #","more":1e5"#)).replacing("B", with: Self.record("b"))
        let file = try read(text)
        #expect(file.count == 2)
        #expect(try await file.run(into: storage) == ImportCounts(imported: 2))
        #expect(try await storage.fetch().map(\.name) == ["a", "b"])
        let out = try await export()
        #expect(out.contains(#""more":1e5"#))
        #expect(out.contains(#""owner":"o""#) == text.contains("owner"))
        #expect(out.contains(#""x":{"n":1.50}"#) == text.contains("1.50"))
        #expect(!out.contains("timestamp") && !out.contains("version"))
    }

    @Test func aForeignVersionOfTheWrittenShapeStays() async throws {
        _ = try await read(#"{"accounts":[],"version":7,"b":null,"owner":null,"a":[1]}"#).run(into: storage)
        #expect(try await export() == #"{"accounts":[],"a":[1],"b":null,"version":7}"#)
    }

    /// What a newer version wrote may mean something else than it seems to.
    @Test func aFileOfANewerFormIsRefused() throws {
        let error = #expect(throws: StorageError.self) {
            _ = try read(#"{"accounts":[],"_stowage":{"format":99}}"#)
        }
        #expect(error?.code == .schemaMismatch && error?.message.contains("newer version") == true)
        _ = try read(#"{"accounts":[],"_stowage":{"format":1}}"#)
    }

    @Test func everyRefusedRecordIsNamed() async throws {
        let lines = [
            Self.record("ok"), Self.record("x", #","email":5"#), #"{"name":"y"}"#,
            Self.record("z").replacing("2026-01-01T00:00:00Z", with: "soon"), Self.record("ok"),
            Self.record("u", #","level2":"a\u0000b""#), Self.record("v").replacing("low", with: "middling"), "7",
            Self.record("w", #","address":{"street":1}"#), Self.record(String(repeating: "k", count: 1025)),
        ]
        let error = try refused("[\n" + lines.joined(separator: ",\n") + "\n]")
        #expect(error.code == .corrupt)
        #expect(error.refusals.map(\.line) == Array(3...11))
        #expect(error.refusals.map(\.index) == Array(1...9))
        #expect(error.refusals.map(\.id).prefix(7) == ["x", "y", "z", "ok", "u", "v", nil])
        #expect(error.refusals.map(\.field).prefix(3) == ["email", "balance", "openedAt"])
        #expect(error.description.contains("record 4 \"z\", line 5"))
        #expect(!error.description.contains("soon") && !error.description.contains("middling"))
    }

    @Test func aFileThatIsNoStoreIsNamedWithItsPlace() throws {
        for (text, line) in [("", 1), ("[\n{\"name\"", 2), (#"{"a":1}"#, 1), ("[]\n x", 2)] {
            let error = try #require(#expect(throws: StorageError.self) { _ = try read(text) })
            #expect(error.code == .corrupt && error.place?.path == "f.json" && error.place?.line == line, "\(text)")
        }
        #expect(try refused(#"{"accounts":[],"owner":5}"#).refusals.first?.field == "owner")
        #expect(try refused(#"{"accounts":[],"x":"a\u0000"}"#).refusals.first?.field == "x")
    }

    @Test func conflicts() async throws {
        try await storage.create(Account(name: "b", balance: 5))
        try await storage.create(Account(name: "c", balance: 5))
        let file = try read("[\(Self.record("a")),\n\(Self.record("b")),\n\(Self.record("c"))]")
        do {
            _ = try await file.run(into: storage)
            Issue.record("existing records were imported over")
        } catch let error as ImportRefused {
            #expect(error.code == .alreadyExists && error.refusals.map(\.id) == ["b", "c"])
            #expect(error.refusals.map(\.line) == [2, 3])
        }
        #expect(try await storage.count() == 2)
        #expect(try await file.run(into: storage, onConflict: .skip) == ImportCounts(imported: 1, skipped: 2))
        #expect(try await storage.get("b")?.balance == 5)
        #expect(try await file.run(into: storage, onConflict: .replace) == ImportCounts(replaced: 3))
        #expect(try await storage.get("b")?.balance == 1)
    }

    @Test func aStoreWithStateKeepsItsOwn() async throws {
        _ = try await read(#"{"accounts":[],"owner":"first","x":1}"#).run(into: storage)
        _ = try await read(#"{"accounts":[],"owner":"second","y":2}"#).run(into: storage)
        #expect(try await export() == #"{"accounts":[],"owner":"first","x":1}"#)
    }

    @Test func aUniqueValueThatIsTakenChangesNothing() async throws {
        let file = try read("[\(Self.record("a", #","email":"e""#)),\(Self.record("b", #","email":"e""#))]")
        do {
            _ = try await file.run(into: storage)
            Issue.record("a unique value was stored twice")
        } catch let error as StorageError {
            #expect(error.code == .constraint && error.recordID == "b" && error.field == "email")
        }
        #expect(try await storage.count() == 0)
    }

    @Test func exportsAreCanonical() async throws {
        let text =
            #"[{"zzz":[1, 2.50],"openedAt":"2026-01-01T01:00:00+01:00","balance":1,"level":"low","address":{"extra":1,"number":2,"street":"s"},"name":"a","email":null}]"#
        _ = try await read(text).run(into: storage)
        #expect(
            String(decoding: try await StoreExport.bytes(of: storage), as: UTF8.self) == """
                {
                  "accounts": [
                    {
                      "name": "a",
                      "balance": 1,
                      "level": "low",
                      "address": {
                        "street": "s",
                        "number": 2,
                        "extra": 1
                      },
                      "openedAt": "2026-01-01T00:00:00.000000Z",
                      "zzz": [
                        1,
                        2.50
                      ]
                    }
                  ]
                }

                """
        )
        let first = try await StoreExport.bytes(of: storage)
        let other = try MemoryStorage<Account, AccountState>()
        try await other.initialize()
        _ = try await StoreImport<Account, AccountState>(reading: first, from: "x").run(into: other)
        #expect(try await StoreExport.bytes(of: other) == first)
    }

    @Test func sortingByAName() async throws {
        try await storage.createMany([Account(name: "a", balance: 1), Account(name: "b", balance: 2)])
        #expect(try await storage.fetch(.all.sort(named: "balance", .descending)).map(\.name) == ["b", "a"])
        let error = try #require(
            #expect(throws: StorageError.self) { _ = try Query<Account>.all.sort(named: "address") }
        )
        #expect(error.code == .invalidArgument && error.advice?.contains("balance") == true)
    }
}
