import Foundation
import Stowage
import StowageJSON
import Testing

@Suite struct JsonFileTests {
    let scratch: Scratch
    init() throws { scratch = try Scratch() }

    func open(_ name: String = "store.json") async throws -> Items {
        let items = try Items(path: scratch.path(name))
        try await items.initialize()
        return items
    }

    @Test func theFileIsPrettyAndStable() async throws {
        let items = try await open("deep/er/store.json")
        try await items.create(Item(id: "a", title: "A"))
        try await items.create(Item(id: "b", title: "B", remote: Remote(authMethod: "ssh", depth: 1)))
        try await items.writeStateField()
        #expect(
            try scratch.read("deep/er/store.json") == """
                {
                  "items": [
                    {
                      "id": "a",
                      "title": "A"
                    },
                    {
                      "id": "b",
                      "title": "B",
                      "remote": {
                        "authMethod": "ssh",
                        "depth": 1
                      }
                    }
                  ],
                  "baseDir": "/b"
                }

                """
        )
        let mode = try FileManager.default.attributesOfItem(atPath: scratch.path("deep/er/store.json"))[
            .posixPermissions
        ]
        #expect((mode as? NSNumber)?.intValue == 0o600)
    }

    @Test func untouchedBytesStay() async throws {
        try scratch.write(
            #"{"version":7,"items":[{"id":"a","title":"A","x":{"n":[1,9007199254740993,1.50]}},{ "title":"B", "id":"b", "createdAt":"2024-01-01T00:00:00Z"}],"baseDir":"/b","z":null}"#
        )
        let items = try await open()
        try await items.update("a") { $0.note = "n" }
        let text = try scratch.read()
        #expect(text.contains(#"{"id":"a","title":"A","x":{"n":[1,9007199254740993,1.50]},"note":"n"}"#))
        #expect(text.contains(#"{ "title":"B", "id":"b", "createdAt":"2024-01-01T00:00:00Z"}"#))
        #expect(text.contains(#""version": 7"#) && text.contains(#""z": null"#))
        try await items.update("b") { $0.title = "C" }
        #expect(try scratch.read().contains(#"{ "title":"C", "id":"b", "createdAt":"2024-01-01T00:00:00Z"}"#))
        try await items.update("a") { $0.note = nil }
        #expect(try scratch.read().contains(#"{"id":"a","title":"A","x":{"n":[1,9007199254740993,1.50]}}"#))
        var state = try await items.readState()
        #expect(state.baseDir == "/b" && state.items.count == 2)
        state.baseDir = nil
        try await items.writeState(state)
        let after = try scratch.read()
        #expect(after.contains("9007199254740993") && !after.contains("baseDir") && after.contains(#""version": 7"#))
    }

    @Test(arguments: [
        #"[{"id":"a","title":"A"}]"#,
        #"{"items":[{"id":"a","title":"A"}],"baseDir":"/x"}"#,
        #"{"timestamp":"t","version":"1.0","data":{"items":[{"id":"a","title":"A"}],"baseDir":"/x"}}"#,
        #"{"a":{"title":"A"}}"#,
        #"{"a":{"id":"a","title":"A"}}"#,
    ])
    func theFourShapes(_ text: String) async throws {
        try scratch.write(text)
        let items = try await open()
        #expect(try await items.fetch() == [Item(id: "a", title: "A")])
        try await items.create(Item(id: "b", title: "B"))
        let again = try await open()
        #expect(try await again.fetch().map(\.id) == ["a", "b"])
        #expect(try scratch.read().hasPrefix("{\n  \"items\": ["))
    }

    @Test(arguments: [
        ("", "corrupt"), (#"{"items":[{"id":"a""#, "corrupt"), ("SQLite format 3\u{0}", "corrupt"),
        (#"{"items":[{"id":"a","title":"A"},{"id":"a","title":"A"}]}"#, "corrupt"),
        (#"{"items":[{"id":"a","title":"A","title":"B"}]}"#, "corrupt"),
        (#"{"items":[{"id":"a"}]}"#, "corrupt"), (#"{"items":[{"id":"a","title":5}]}"#, "corrupt"),
        (#"{"items":[{"id":"a","title":"A","createdAt":"soon"}]}"#, "corrupt"),
        (#"{"items":[{"id":"a","title":"A\u0000"}]}"#, "invalidValue"), ("\u{feff}{}", "corrupt"),
        (#"{"name":"x","version":"1"}"#, "corrupt"), (#"{"items":[],"_stowage":{"format":2}}"#, "schemaMismatch"),
        (#"{"items":[{"id":"a","title":"A","note":"n"},{"id":"b","title":"A","note":"n"}]}"#, "corrupt"),
    ])
    func badFilesAreRefusedAndUntouched(_ text: String, _ code: String) async throws {
        try scratch.write(text)
        let error = await failure {
            let items = try await open()
            try await items.create(Item(id: "b", title: "B"))
        }
        #expect(error?.code.name == code)
        #expect(error?.place?.path?.hasSuffix("store.json") == true)
        #expect(try scratch.read() == text)
    }

    @Test func aDirectoryAndAReadOnlyFile() async throws {
        try FileManager.default.createDirectory(atPath: scratch.path(), withIntermediateDirectories: true)
        #expect(await failure { _ = try await open() }?.code == .corrupt)
        try scratch.write("[]", "ro.json")
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: scratch.path("ro.json"))
        #expect(await failure { _ = try await open("ro.json") }?.code == .readOnly)
        let reader = try Items(path: scratch.path("ro.json"), access: .readOnly)
        try await reader.initialize()
        #expect(try await reader.count() == 0)
        #expect(await failure { try await reader.create(Item(id: "a", title: "A")) }?.code == .readOnly)
        let absent = try Items(path: scratch.path("none/at/all.json"), access: .readOnly)
        #expect(await failure { try await absent.initialize() }?.code == .notFound)
        #expect(try scratch.names() == ["ro.json", "store.json"])
    }

    @Test func anotherHandleSeesAndKeepsEveryWrite() async throws {
        let first = try await open()
        let second = try await open()
        try await first.create(Item(id: "a", title: "A"))
        #expect(try await second.get("a") != nil)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<100 {
                let storage = index % 2 == 0 ? first : second
                group.addTask { try await storage.create(Item(id: "n\(index)", title: "T")) }
            }
            try await group.waitForAll()
        }
        #expect(try await first.count() == 101)
        #expect(try await open().count() == 101)
        #expect(try scratch.names() == ["store.json", "store.json.lock"])
    }

    @Test func oneFailingWriterFailsNoOther() async throws {
        let items = try await open()
        try await items.create(Item(id: "taken", title: "T"))
        let results = await withTaskGroup(of: StorageError.Code?.self) { group in
            for index in 0..<40 {
                group.addTask {
                    await failure {
                        try await items.create(Item(id: index % 4 == 0 ? "taken" : "n\(index)", title: "T"))
                    }?.code
                }
            }
            return await group.reduce(into: [StorageError.Code?]()) { $0.append($1) }
        }
        #expect(results.filter { $0 == .alreadyExists }.count == 10 && results.filter { $0 == nil }.count == 30)
        #expect(try await items.count() == 31)
    }

    @Test func transactionsHoldTheLockAndTimeOut() async throws {
        let first = try await open()
        let second = try await open().with(.deadline(.milliseconds(200)))
        try await first.transaction { tx in
            try await tx.create(Item(id: "a", title: "A"))
            let error = await failure { try await second.create(Item(id: "b", title: "B")) }
            #expect(error?.code == .timeout)
            #expect(try await second.count() == 0)
        }
        try await second.create(Item(id: "b", title: "B"))
        #expect(try await first.count() == 2)
    }

    @Test func openingAgainKeepsTheLockOfATransaction() async throws {
        let database = StorageDatabase.json(path: scratch.path())
        let items = try database.storage(Item.self, state: ItemState.self)
        try await database.initialize()
        let other = try await open().with(.deadline(.milliseconds(150)))
        try await items.transaction { tx in
            try await tx.create(Item(id: "a", title: "A"))
            let opening = Task.detached { try await database.initialize() }
            #expect(await failure { try await other.create(Item(id: "b", title: "B")) }?.code == .timeout)
            opening.cancel()
        }
        #expect(try await items.fetch().map(\.id) == ["a"])
    }

    struct Late: StorageRecord {
        var id: String
        static let collection = "late"
        static var fields: [Field<Late>] { Field("id", \.id).identifier() }
    }

    @Test func aCollectionOpenedLaterIsReadAndKept() async throws {
        try scratch.write(#"{"items":[],"late":[{"id":"x"}]}"#)
        let database = StorageDatabase.json(path: scratch.path())
        let items = try database.storage(Item.self, state: ItemState.self)
        try await database.initialize()
        let late = try database.storage(Late.self)
        async let opening: Void = database.initialize()
        async let writing = items.create(Item(id: "a", title: "A"))
        _ = try await (opening, writing)
        #expect(try await late.fetch().map(\.id) == ["x"])
        try await late.create(Late(id: "y"))
        let again = try StorageDatabase.json(path: scratch.path()).storage(Late.self)
        try await again.initialize()
        #expect(try await again.fetch().map(\.id) == ["x", "y"])
    }

    @Test func recordsThatAreNoArrayAreRefused() async throws {
        try scratch.write(#"{"items":{}}"#)
        #expect(await failure { _ = try await open() }?.code == .corrupt)
        #expect(try scratch.read() == #"{"items":{}}"#)
    }

    @Test func aCancelledWaitForTheLockEndsAtOnce() async throws {
        let first = try await open()
        let second = try await open()
        try await first.transaction { _ in
            let waiting = Task { await failure { try await second.transaction { _ in } } }
            try await Task.sleep(for: .milliseconds(50))
            let clock = ContinuousClock()
            let start = clock.now
            waiting.cancel()
            #expect(await waiting.value?.code == .cancelled)
            #expect(clock.now - start < .seconds(10))
        }
    }

    @Test func writingTheStateBackChangesNoByte() async throws {
        let text = """
            {
              "items": [
                {"id":"b","title":"B","note":null},
                { "title": "A", "id": "a" }
              ],
              "baseDir": "/b"
            }

            """
        try scratch.write(text)
        let items = try await open()
        try await items.writeState(try await items.readState())
        #expect(try scratch.read() == text)
        let before = try FileManager.default.attributesOfItem(atPath: scratch.path())[.systemFileNumber] as? NSNumber
        try await items.transaction { _ = try await $0.count() }
        let after = try FileManager.default.attributesOfItem(atPath: scratch.path())[.systemFileNumber] as? NSNumber
        #expect(before == after)
    }

    @Test func nestedUnknownKeysSurviveAnUpsert() async throws {
        try scratch.write(#"{"items":[{"id":"a","title":"A","remote":{"authMethod":"ssh","new":[1.0]}}]}"#)
        let items = try await open()
        var item = try #require(try await items.get("a"))
        item.title = "B"
        try await items.upsert(item)
        #expect(try scratch.read().contains(#""remote":{"authMethod":"ssh","new":[1.0]}"#))
        item.remote = Remote(authMethod: "https")
        try await items.upsert(item)
        #expect(try scratch.read().contains(#""remote":{"authMethod":"https"}"#))
    }
}

extension DatabaseStorage where Record == Item, State == ItemState {
    func writeStateField() async throws {
        var state = try await readState()
        state.baseDir = "/b"
        try await writeState(state)
    }
}
