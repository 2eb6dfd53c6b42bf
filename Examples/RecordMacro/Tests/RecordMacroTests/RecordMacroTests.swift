import Foundation
import Stowage
import StowageJSON
import StowageSQLite
import Testing

/// A record that the macro makes is the record that somebody would have written.
@Suite struct RecordMacroTests {
    private typealias Items = RecordsOnly<Shop.Item>
    private typealias PlainItems = RecordsOnly<Shop.PlainItem>

    /// One record with everything at its edge, and one with nothing that can be left out.
    private static let items = [
        Shop.Item(
            id: "a",
            title: "é\u{1F600}",
            status: .done,
            level: .high,
            at: .max,
            seenAt: .min,
            dueAt: Date(timeIntervalSince1970: 1_700_000_000.123456),
            doneAt: Date(timeIntervalSince1970: -0.000001),
            isDone: true,
            isKnown: false,
            count: .min,
            total: .max,
            size: .min,
            space: .max,
            small: .min,
            large: UInt64(Int64.max),
            ratio: -0.0,
            share: .leastNonzeroMagnitude,
            part: .pi,
            owner: UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255)),
            parent: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
            price: Decimal(string: "-1234567890.12345678901234567890") ?? 0,
            refund: 0,
            bytes: Data([0, 255, 34]),
            more: Data(),
            login: Shop.Login(user: "u", password: "p"),
            tags: ["x", ""],
            marks: ["k": [1, 2], "": []],
            state: .open,
            default: "d",
            width: 1,
            height: 2
        ),
        Shop.Item(
            id: "b",
            title: "",
            at: .min,
            dueAt: Date(timeIntervalSince1970: 0),
            isDone: false,
            count: 0,
            size: 0,
            small: 0,
            ratio: 1e300,
            part: 0,
            owner: UUID(uuid: (9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9)),
            price: 1,
            bytes: Data(),
            state: nil,
            default: "",
            width: 0,
            height: 0
        ),
    ]

    private func scratch(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("record-macro-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder.path + "/store")
    }

    @Test func theSchemaIsTheSame() throws {
        let made = try Shop.Item.schema.collection
        let written = try Shop.PlainItem.schema.collection
        #expect(made.name == written.name)
        #expect(made.key == written.key)
        #expect(made.indexes == written.indexes)
        #expect(made.fields.count == 32)
        #expect(
            made.fields.map { "\($0.name) \($0.type) \($0.isOptional) \($0.isSecret) \($0.secretKeys)" }
                == written.fields.map { "\($0.name) \($0.type) \($0.isOptional) \($0.isSecret) \($0.secretKeys)" }
        )
    }

    @Test func theRowsAreTheSameInSQLite() async throws {
        try await scratch { path in
            let made = try SqliteStorage<Shop.Item, Items>(path: path)
            try await made.initialize()
            try await made.createMany(Self.items)
            #expect(try await made.fetch() == Self.items)

            let written = try SqliteStorage<Shop.PlainItem, PlainItems>(path: path)
            try await written.initialize()
            let found = try await written.fetch()
            #expect(found.count == 2)
            for item in Self.items {
                let revision = try #require(try await made.getVersioned(item.id)).revision
                // What the other one writes is the same row again, so it keeps the revision, which is of every value.
                let plain = try #require(found.first { $0.id == item.id })
                try await written.upsert(plain)
                #expect(try await made.getVersioned(item.id)?.revision == revision)
                #expect(try await made.get(item.id) == item)
            }
            try await made.close()
            try await written.close()
        }
    }

    @Test func theBytesAreTheSameInJSON() async throws {
        try await scratch { path in
            let made = try JsonFileStorage<Shop.Item, Items>(path: path)
            try await made.initialize()
            try await made.createMany(Self.items)
            try await made.close()
            let reopened = try JsonFileStorage<Shop.Item, Items>(path: path)
            try await reopened.initialize()
            #expect(try await reopened.fetch() == Self.items)
            try await reopened.close()

            let written = try JsonFileStorage<Shop.PlainItem, PlainItems>(path: path)
            try await written.initialize()
            let plain = try await written.fetch()
            try await written.close()
            #expect(try StoreExport.bytes(of: plain) == StoreExport.bytes(of: Self.items))
        }
    }

    @Test func queriesFindTheFields() async throws {
        let storage = try MemoryStorage<Shop.Item, Items>()
        try await storage.initialize()
        try await storage.createMany(Self.items)
        func ids(_ query: Query<Shop.Item>) async throws -> [String] { try await storage.fetch(query).map(\.id) }
        #expect(try await ids(.where { $0.status == .open }) == ["b"])
        #expect(try await ids(.where { $0.level == nil && $0.login == nil }) == ["b"])
        #expect(try await ids(.where { $0.dueAt > Date(timeIntervalSince1970: 1) }) == ["a"])
        #expect(try await ids(.sort(\.price, .descending)) == ["b", "a"])
        try await storage.update("b") {
            $0.level = .low
            $0.tags = ["new"]
            $0.default = "other"
        }
        let changed = try #require(try await storage.get("b"))
        #expect(changed.level == .low && changed.tags == ["new"] && changed.default == "other")
        #expect(changed.kind == "item")
    }

    @Test func keysOfEveryKind() async throws {
        let entries = try MemoryStorage<Shop.Entry, RecordsOnly<Shop.Entry>>()
        try await entries.initialize()
        let entry = Shop.Entry(tenant: "t", number: 7, text: nil)
        try await entries.create(entry)
        #expect(try await entries.get(CompositeKey("t", 7)) == entry)

        let tickets = try MemoryStorage<Shop.Ticket, RecordsOnly<Shop.Ticket>>()
        try await tickets.initialize()
        let ticket = Shop.Ticket("x")
        try await tickets.create(ticket)
        #expect(try await tickets.get(ticket.id) == ticket)

        let counters = try MemoryStorage<Shop.Counter, RecordsOnly<Shop.Counter>>()
        try await counters.initialize()
        try await counters.create(Shop.Counter(number: 1, value: 1))
        #expect(try await counters.get(1)?.value == 2)
    }

    @Test func whatCannotBeStoredNamesItsField() async throws {
        let storage = try MemoryStorage<Shop.Item, Items>()
        try await storage.initialize()
        func refused(_ change: (inout Shop.Item) -> Void) async -> String? {
            var item = Self.items[0]
            change(&item)
            let error = await #expect(throws: StorageError.self) { try await storage.create(item) }
            #expect(error?.code == .invalidValue && error?.recordID == "a")
            return error?.field
        }
        #expect(await refused { $0.title = "\0" } == "a \"strange\" name")
        #expect(await refused { $0.dueAt = .distantPast - 1e12 } == "due_at")
        #expect(await refused { $0.doneAt = Date(timeIntervalSince1970: .nan) } == "doneAt")
        #expect(await refused { $0.ratio = .nan } == "ratio")
        #expect(await refused { $0.share = .infinity } == "share")
        #expect(await refused { $0.large = .max } == "large")
        #expect(await refused { $0.price = .nan } == "price")
        #expect(await refused { $0.tags = ["\0"] } == "tags")
        #expect(await refused { $0.login = Shop.Login(user: "\0") } == "login")
        #expect(try await storage.count() == 0)
    }

    /// VAL-6, SCH-3: the codec reads by position, and the error names the record and the field all the same.
    @Test(arguments: [
        (#""status": "strange""#, "status"), (#""level": 7"#, "level"), (#""small": 300"#, "small"),
        (#""login": {"user": 5}"#, "login"), (#""tags": {}"#, "tags"), (#""count": null"#, "count"),
    ])
    func whatCannotBeReadNamesItsField(_ member: String, _ field: String) async throws {
        try await scratch { path in
            let lines = String(decoding: try StoreExport.bytes(of: Self.items), as: UTF8.self)
                .split(separator: "\n", omittingEmptySubsequences: false)
            // The first record's member, replaced; a nested value stands on several lines.
            let start = try #require(lines.firstIndex { $0.contains("\"\(field)\":") })
            var end = start
            while !lines[end].hasPrefix("      \"") || !lines[end].hasSuffix(",") {
                end += 1
                if lines[end].hasPrefix("      }") || lines[end].hasPrefix("      ]") { break }
            }
            let text = (lines[..<start] + ["      \(member),"] + lines[(end + 1)...]).joined(separator: "\n")
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            let storage = try JsonFileStorage<Shop.Item, Items>(path: path)
            let error = await #expect(throws: StorageError.self) {
                try await storage.initialize()
                _ = try await storage.get("a")
            }
            #expect(error?.code == .corrupt)
            #expect(error?.recordID == "a")
            #expect(error?.field == field)
            try await storage.close()
        }
    }

    /// The same in a table, where another program may have written anything.
    @Test func whatCannotBeReadFromATable() async throws {
        try await scratch { path in
            let loose = try SqliteStorage<Loose, RecordsOnly<Loose>>(path: path)
            try await loose.initialize()
            try await loose.create(Loose(id: "a", status: "strange", level: nil))
            try await loose.create(Loose(id: "b", status: "open", level: 7))
            try await loose.close()
            let strict = try SqliteStorage<Strict, RecordsOnly<Strict>>(path: path)
            try await strict.initialize()
            for (id, field) in [("a", "status"), ("b", "level")] {
                let error = await #expect(throws: StorageError.self) { _ = try await strict.get(id) }
                #expect(error?.code == .corrupt && error?.recordID == id && error?.field == field)
            }
            try await strict.close()
        }
    }
}

@Record("things")
private struct Loose {
    @Identifier var id: String
    var status: String
    var level: Int?
}

@Record("things")
private struct Strict {
    @Identifier var id: String
    var status: Shop.Status
    var level: Shop.Level?
}
