import Foundation
import Stowage
import Testing

@testable import StowageJSON

/// The journal mode of JSON files: what stands on the disk, what others see, and what is left after a crash.
@Suite struct JournalTests {
    private let scratch: Scratch
    private let journal = "store.json.journal"
    init() throws { scratch = try Scratch() }

    /// The file and its journal as a crash would leave them, under another name.
    private func copy(to name: String) throws {
        for ending in ["", ".journal"] where FileManager.default.fileExists(atPath: scratch.path("store.json" + ending))
        {
            try FileManager.default.copyItem(
                atPath: scratch.path("store.json" + ending),
                toPath: scratch.path(name + ending)
            )
        }
    }

    /// A few changes of every kind.
    private func work(_ items: Items) async throws {
        try await items.create(Item(id: "a", title: "A"))
        try await items.create(Item(id: "b", title: "B", note: "n"))
        try await items.update("a") { $0.remote = Remote(authMethod: "ssh", depth: 1) }
        try await items.delete("b")
        try await items.create(Item(id: "c", title: "C", note: "n"))
        var state = try await items.readState()
        state.baseDir = "/x"
        try await items.writeState(state)
        try await items.transaction { items in
            try await items.create(Item(id: "d", title: "D"))
            try await items.update("c") { $0.title = "ç" }
        }
    }

    @Test func writesLeaveTheFileAndClosingFoldsThemIn() async throws {
        let items = try await scratch.openItems()
        let before = try scratch.read()
        try await work(items)
        #expect(try scratch.read() == before)
        #expect(try scratch.names() == ["store.json", journal, "store.json.lock"])
        let mode = try FileManager.default.attributesOfItem(atPath: scratch.path(journal))[.posixPermissions]
        #expect((mode as? NSNumber)?.intValue == 0o600)
        #expect(try await scratch.ids(items) == ["a", "c", "d"])
        #expect(try await items.health().details["journal"] == "7 groups of changes not in the file yet")
        try await items.close()
        #expect(try scratch.names() == ["store.json", "store.json.lock"])

        let other = try await scratch.openItems("other.json", .replace)
        try await work(other)
        try await other.close()
        #expect(try scratch.read() == scratch.read("other.json"))
    }

    @Test func theJournalIsTextThatPeopleCanRead() async throws {
        let items = try await scratch.openItems()
        try await items.create(Item(id: "a", title: "A"))
        try await items.delete("a")
        let lines = try scratch.read(journal).split(separator: "\n").map(String.init)
        let base = try scratch.read()
        let hash = XXHash64.hash(Array(base.utf8)).hexadecimal
        #expect(lines[1] == #"{"frame":1,"format":1,"base":{"bytes":\#(base.utf8.count),"hash":"\#(hash)"}}"#)
        #expect(lines[3] == #"{"frame":2,"keys":{"items":{"id":"text"}},"changes":["#)
        #expect(lines.contains(#"{"in":"items","remove":{"id":"a"}}"#))
        try await items.close()
    }

    @Test(arguments: [JSONFileMode.replace, .journal], [StorageAccess.readWrite, .readOnly])
    func aJournalThatWasLeftIsRead(_ mode: JSONFileMode, _ access: StorageAccess) async throws {
        let items = try await scratch.openItems()
        try await work(items)
        try copy(to: "left.json")
        let left = try Items(path: scratch.path("left.json"), mode: mode, access: access)
        try await left.initialize()
        #expect(try await scratch.ids(left) == ["a", "c", "d"])
        #expect(try await left.readState().baseDir == "/x")
        #expect(try await left.get("c")?.title == "ç")
        if access == .readWrite {
            try await left.create(Item(id: "e", title: "E"))
            #expect(try scratch.names().contains("left.json.journal") == (mode == .journal))
            try await left.close()
            #expect(!(try scratch.names().contains("left.json.journal")))
            let again = try await scratch.openItems("left.json", .replace)
            #expect(try await scratch.ids(again) == ["a", "c", "d", "e"])
            try await again.close()
        } else {
            try await left.close()
            #expect(try scratch.names().contains("left.json.journal"))
        }
        try await items.close()
    }

    @Test func storesOfAllModesSeeEachOther() async throws {
        let (first, second) = (try await scratch.openItems(), try await scratch.openItems())
        let plain = try await scratch.openItems("store.json", .replace)
        let reader = try Items(path: scratch.path(), access: .readOnly)
        try await reader.initialize()
        let all = [first, second, plain]
        var expected: [String] = []
        for number in 0..<24 {
            let id = "\(number + 10)"
            try await all[(number * 7 + number / 5) % 3].create(Item(id: id, title: "t"))
            expected.append(id)
            for items in all + [reader] { #expect(try await scratch.ids(items) == expected, "after \(id)") }
        }
        for items in all + [reader] { try await items.close() }
        #expect(try scratch.names() == ["store.json", "store.json.lock"])
    }

    @Test func manyWritersAtOnceLoseNothing() async throws {
        let stores = [
            try await scratch.openItems(), try await scratch.openItems(),
            try await scratch.openItems("store.json", .journal(foldingAt: 2000)),
        ]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (place, items) in stores.enumerated() {
                for task in 0..<8 {
                    group.addTask {
                        for number in 0..<10 {
                            try await items.create(Item(id: "\(place)-\(task)-\(number)", title: "t"))
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        for items in stores {
            #expect(try await items.count() == 240)
            try await items.close()
        }
        let after = try await scratch.openItems("store.json", .replace)
        #expect(try await after.count() == 240)
        try await after.close()
    }

    @Test func pastItsSizeTheJournalIsFolded() async throws {
        let items = try await scratch.openItems("store.json", .journal(foldingAt: 4096))
        var (folds, wasThere) = (0, false)
        for number in 0..<200 {
            try await items.create(Item(id: "\(number)", title: String(repeating: "t", count: 100)))
            let size = try? FileManager.default.attributesOfItem(atPath: scratch.path(journal))[.size] as? Int
            let file = try FileManager.default.attributesOfItem(atPath: scratch.path())[.size] as? Int
            #expect(size ?? 0 <= max(4096, file ?? 0))
            if wasThere, size == nil { folds += 1 }
            wasThere = size != nil
        }
        // It may grow as large as the file, so folds become rarer as the file grows.
        #expect((2...12).contains(folds), "\(folds)")
        #expect(try await items.count() == 200)
        try await items.close()
    }

    @Test func afterACrashBetweenReplacingAndRemovingNothingIsDoneTwice() async throws {
        let items = try await scratch.openItems()
        try await items.create(Item(id: "a", title: "A"))
        try await items.update("a") { $0.title = "AA" }
        try copy(to: "left.json")
        try await items.delete("a")
        // The fold: its base frame, then the file.
        let content = try scratch.read()
        _ = try JournaledFile.replace(scratch.path(), with: [Array(content.utf8)[...]], durability: .full)
        try await items.close()

        let left = try await scratch.openItems("left.json", .replace)
        let unfolded = try scratch.read("left.json.journal")
        try await left.create(Item(id: "b", title: "B"))
        let folded = try scratch.read("left.json")
        // The journal comes back: its removal was lost with the power.
        let hash = XXHash64.hash(Array(folded.utf8)).hexadecimal
        let frame = JournalText.frame(JournalText.base(4, bytes: folded.utf8.count, hash: hash))
        try scratch.write(unfolded + String(decoding: frame, as: UTF8.self), "left.json.journal")
        try await left.delete("a")
        try await left.close()
        let again = try await scratch.openItems("left.json")
        #expect(try await scratch.ids(again) == ["b"])
        // And goes on where it was.
        try await again.create(Item(id: "c", title: "C"))
        #expect(try await scratch.ids(again) == ["b", "c"])
        try await again.close()
    }

    @Test(arguments: [JSONFileMode.replace, .journal])
    func aFileThatWasChangedUnderItsJournalIsRefused(_ mode: JSONFileMode) async throws {
        let items = try await scratch.openItems()
        try await items.create(Item(id: "a", title: "A"))
        try copy(to: "left.json")
        try await items.close()
        let edited = #"{"items": [{"id": "z", "title": "Z"}]}"#
        try scratch.write(edited, "left.json")
        let journal = try scratch.read("left.json.journal")
        let error = await failure { _ = try await scratch.openItems("left.json", mode) }
        #expect(error?.code == .corrupt && error?.advice?.contains("left.json.journal") == true)
        #expect(try scratch.read("left.json") == edited && scratch.read("left.json.journal") == journal)

        try FileManager.default.removeItem(atPath: scratch.path("left.json"))
        let gone = await failure { _ = try await scratch.openItems("left.json", mode) }
        #expect(gone?.code == .corrupt && gone?.advice?.contains("Put the file back") == true)
        #expect(try scratch.read("left.json.journal") == journal)
        #expect(!(try scratch.names().contains("left.json")))
    }

    @Test func aDamagedJournalIsRefusedWithItsPlaceAndATornOneIsNot() async throws {
        let items = try await scratch.openItems()
        try await items.create(Item(id: "a", title: "A"))
        try await items.create(Item(id: "b", title: "B"))
        try copy(to: "torn.json")
        try copy(to: "left.json")
        try await items.close()
        var bytes = Array(try scratch.read("left.json.journal").utf8)
        let place = bytes.count / 2
        bytes[place] ^= 1
        try scratch.write(String(decoding: bytes, as: UTF8.self), "left.json.journal")
        let error = await failure { _ = try await scratch.openItems("left.json") }
        #expect(error?.code == .corrupt && error?.place?.path?.hasSuffix("left.json.journal") == true)
        #expect(error?.place?.byteOffset != nil)

        try scratch.write(scratch.read("torn.json.journal") + #"{"bytes":5000,"hash":"0123"#, "torn.json.journal")
        let torn = try await scratch.openItems("torn.json")
        #expect(try await scratch.ids(torn) == ["a", "b"])
        try await torn.create(Item(id: "c", title: "C"))
        #expect(!(try scratch.read("torn.json.journal").contains("5000")))
        try await torn.close()
        let after = try await scratch.openItems("torn.json", .replace)
        #expect(try await scratch.ids(after) == ["a", "b", "c"])
        try await after.close()
    }

    @Test func aPipeIsNoJournal() async throws {
        try await scratch.openItems().close()
        #expect(mkfifo(scratch.path(journal), 0o600) == 0)
        let error = await failure { _ = try await scratch.openItems() }
        #expect(error != nil && error?.code != .timeout)
        #expect(error?.place?.path?.hasSuffix(journal) == true)
    }

    @Test func anEmptyJournalIsNone() async throws {
        try await scratch.openItems().close()
        try scratch.write("", journal)
        let items = try await scratch.openItems()
        try await items.create(Item(id: "a", title: "A"))
        #expect(try scratch.read(journal).contains(#""frame":2"#))
        try await items.close()
        #expect(try scratch.names() == ["store.json", "store.json.lock"])
    }

    @Test func unknownMembersAndTheLayoutOfRecordsStay() async throws {
        try scratch.write(
            #"{"version":7,"items":[{"id":"a","title":"A","x":{"n":[1,9007199254740993,1.50]}},{ "title":"B", "id":"b"}],"z":null}"#
        )
        let items = try await scratch.openItems()
        try await items.update("a") { $0.note = "n" }
        try await items.update("b") { $0.title = "C" }
        try copy(to: "left.json")
        try await items.close()
        let left = try await scratch.openItems("left.json", .replace)
        try await left.create(Item(id: "c", title: "C"))
        try await left.close()
        for name in ["store.json", "left.json"] {
            let text = try scratch.read(name)
            #expect(text.contains(#"{"id":"a","title":"A","x":{"n":[1,9007199254740993,1.50]},"note":"n"}"#))
            #expect(text.contains(#"{ "title":"C", "id":"b"}"#))
            #expect(text.contains(#""version": 7"#) && text.contains(#""z": null"#))
        }
    }

    @Test func filesOfOtherShapesAreBroughtIntoOursFirst() async throws {
        try scratch.write(#"{"a":{"title":"A"},"b":{"title":"B"}}"#)
        let items = try await scratch.openItems()
        try await items.update("a") { $0.title = "AA" }
        #expect(!(try scratch.names().contains(journal)))
        try await items.update("b") { $0.title = "BB" }
        #expect(try scratch.names().contains(journal))
        try copy(to: "left.json")
        let left = try await scratch.openItems("left.json")
        #expect(try await left.fetch().map(\.title).sorted() == ["AA", "BB"])
        try await left.close()
        try await items.close()
    }

    /// A record type that is not the one whose changes stand in the journal.
    private struct Other: StorageRecord {
        var key: String
        static let collection = "others"
        static var fields: [Field<Other>] { Field("key", \.key).identifier() }
    }

    @Test func changesOfCollectionsThatNobodyHereKnowsAreKept() async throws {
        try scratch.write(#"{"items": [], "others": []}"#)
        let items = try await scratch.openItems()
        try await work(items)
        try copy(to: "left.json")
        try await items.close()
        let others = try JsonFileStorage<Other, RecordsOnly<Other>>(path: scratch.path("left.json"), mode: .journal)
        try await others.initialize()
        try await others.create(Other(key: "k"))
        try await others.close()
        #expect(!(try scratch.names().contains("left.json.journal")))
        let left = try await scratch.openItems("left.json")
        #expect(try await scratch.ids(left) == ["a", "c", "d"])
        #expect(try await left.readState().baseDir == "/x")
        try await left.close()
    }

    private struct Old: StorageRecord {
        var id: String
        var name: String
        static let collection = "items"
        static var fields: [Field<Old>] {
            Field("id", \.id).identifier()
            Field("name", \.name)
        }
    }

    private struct New: StorageRecord {
        var id: String
        var title: String
        static let collection = "items"
        static var fields: [Field<New>] {
            Field("id", \.id).identifier()
            Field("title", \.title)
        }
    }

    @Test(arguments: [JSONFileMode.replace, .journal])
    func migrationsReadTheJournalAndFoldIt(_ mode: JSONFileMode) async throws {
        let first = SchemaMigration(
            1,
            "create_items",
            [.createCollection("items", [.text("id").identifier(), .text("name")])]
        )
        let second = SchemaMigration(2, "name_to_title", [.renameField("name", of: "items", to: "title")])
        let old = try JsonFileStorage<Old, RecordsOnly<Old>>(
            path: scratch.path(),
            mode: .journal,
            migrations: SchemaMigrations([first])
        )
        try await old.initialize()
        try await old.createMany([Old(id: "a", name: "A"), Old(id: "b", name: "B")])
        try await old.update("a") { $0.name = "AA" }
        #expect(try scratch.read(journal).contains("AA"))
        try copy(to: "left.json")
        try await old.close()
        let new = try JsonFileStorage<New, RecordsOnly<New>>(
            path: scratch.path("left.json"),
            mode: mode,
            migrations: SchemaMigrations([first, second])
        )
        try await new.initialize()
        #expect(!(try scratch.names().contains("left.json.journal")))
        #expect(try await new.fetch().map { "\($0.id)\($0.title)" }.sorted() == ["aAA", "bB"])
        try await new.create(New(id: "c", title: "C"))
        #expect(try await new.count() == 3)
        try await new.close()
    }

    @Test func aStoreThatIsRetiredTakesItsJournalAlong() async throws {
        let items = try await scratch.openItems()
        try await work(items)
        let driver = JSONFileDriver(path: scratch.path(), mode: .journal)
        let context = OperationContext(deadline: .after(.seconds(30)))
        try await driver.open([try RecordSchema(Item.self).collection], access: .readWrite, context: context)
        try await driver.retire(context: context) { _ in }
        #expect(try scratch.names() == ["store.json.migrated"])
        let retired = try await scratch.openItems("store.json.migrated", .replace)
        #expect(try await scratch.ids(retired) == ["a", "c", "d"])
        try await retired.close()
    }

    @Test func theModeIsChosenByTheConfiguration() async throws {
        func mode(_ environment: [String: String]) throws -> JSONFileMode? {
            let factory = StorageFactory(
                prefix: "APP",
                store: "ITEM",
                backends: [.json],
                environment: ["HOME": scratch.folder].merging(environment) { $1 }
            )
            return try (factory.configuration().driver as? JSONFileDriver)?.mode
        }
        #expect(try mode([:]) == .replace)
        #expect(try mode(["APP_JSON_MODE": "journal"]) == .journal)
        #expect(try mode(["APP_DATABASE_URL": "json:\(scratch.path())?mode=journal"]) == .journal)
        #expect(try mode(["APP_JSON_MODE": "journal", "APP_DATABASE_URL": "json:/x?mode=replace"]) == .replace)
        for environment in [["APP_JSON_MODE": "jornal"], ["APP_DATABASE_URL": "json:/x?mode=jornal"]] {
            let error = #expect(throws: StorageError.self) { try mode(environment) }
            #expect(error?.code == .configuration && error?.advice?.contains("replace, journal") == true)
        }
    }
}
