import ArgumentParser
import Stowage
import StowageCommand
import Testing

@Suite struct CommandArgumentTests {
    @Test func sortArguments() {
        #expect(SortArgument(argument: "a")?.direction == .ascending)
        #expect(SortArgument(argument: "a:asc")?.field == "a")
        #expect(SortArgument(argument: "a:desc")?.direction == .descending)
        #expect(SortArgument(argument: "a:b:desc")?.field == "a:b")
        #expect(SortArgument(argument: "a:down") == nil)
    }

    @Test func timeArguments() {
        #expect(TimeArgument(argument: "2026-01-31")?.time.description == "2026-01-31T00:00:00.000000Z")
        #expect(TimeArgument(argument: "2026-01-31T01:00:00+01:00")?.time.description == "2026-01-31T00:00:00.000000Z")
        for text in ["2026-02-30", "2026-1-31", "soon", "", "2026-01-31T00:00:00"] {
            #expect(TimeArgument(argument: text) == nil, "\(text)")
        }
    }

    @Test func nestedArguments() throws {
        struct Login: Decodable, Sendable { var user: String }
        let good = try #require(NestedArgument<Login>(argument: #"{"user": "u"}"#))
        #expect(try good.value(for: "--login").user == "u")
        let bad = try #require(NestedArgument<Login>(argument: #"{"token": "hunter2"}"#))
        let error = try #require(#expect(throws: StorageError.self) { _ = try bad.value(for: "--login") })
        #expect(error.code == .invalidArgument && !error.description.contains("hunter2"))
        let absent = try #require(NestedArgument<Login>(argument: "@/absent"))
        let missing = try #require(#expect(throws: StorageError.self) { _ = try absent.value(for: "--login") })
        #expect(missing.code == .notFound)
    }

    @Test func theCommandsOfAnAppParse() throws {
        enum Shelf: StorageApp {
            struct Item: StorageRecord {
                var id: String
                static let collection = "items"
                static var fields: [Field<Item>] { Field("id", \.id).identifier() }
            }
            typealias Record = Item
            typealias State = RecordsOnly<Item>
            static var factory: StorageFactory {
                StorageFactory(prefix: "SHELF", store: "ITEMS", backends: [.memory], environment: [:])
            }
        }
        #expect(try StorageCommand<Shelf>.parseAsRoot(["info", "--json"]) is StorageInfoCommand<Shelf>)
        #expect(try StorageCommand<Shelf>.parseAsRoot(["health"]) is StorageHealthCommand<Shelf>)
    }
}
