import Stowage
import Testing

@testable import StowageJSON

/// A record that is told from others by one text alone, as most are.
private struct Plain: StorageRecord, Equatable {
    var id: String
    var text: String?
    var number: Int?

    static let collection = "plains"
    static var fields: [Field<Plain>] {
        Field("id", \.id).identifier()
        Field("text", \.text)
        Field("number", \.number)
    }
}

private typealias Plains = JsonFileStorage<Plain, RecordsOnly<Plain>>

/// Records that were read from a file, and what is written over them.
@Suite struct FileRecordsTests {
    let scratch: Scratch
    init() throws { scratch = try Scratch() }

    private func ids(in text: String) throws -> [String] {
        try JSON(parsing: text).object?["plains"]?.array?.compactMap { $0.object?["id"]?.string } ?? []
    }

    /// Random programs over a file with records, beside a dictionary; other handles see the same after each change.
    @Test(arguments: 0..<8) func whatIsWrittenLiesOverWhatWasRead(seed: Int) async throws {
        let count = [0, 1, 7, 40][seed % 4]
        let records = (0..<count).map { #"{"id":"r\#($0)","number":\#($0)}"# }
        // Laid out as it is written, and otherwise.
        let separator = seed < 4 ? ",\n    " : " ,"
        try scratch.write("{\n  \"plains\": [\n    " + records.joined(separator: separator) + "\n  ]\n}\n")
        let storage = try Plains(path: scratch.path())
        try await storage.initialize()
        var model = Dictionary(uniqueKeysWithValues: (0..<count).map { ("r\($0)", Plain(id: "r\($0)", number: $0)) })
        var untouched = (0..<count).map { "r\($0)" }
        for step in 0..<120 {
            let id = "r\(Int.random(in: 0..<(count + 10)))"
            let record = Plain(id: id, text: [nil, "ü\"\\", "plain"].randomElement()!, number: step)
            switch Int.random(in: 0..<4) {
            case 0:
                let error = await failure { try await storage.create(record) }
                #expect((error?.code == .alreadyExists) == (model[id] != nil))
                if model[id] == nil { model[id] = record }
            case 1:
                try await storage.upsert(record)
                model[id] = record
            case 2:
                #expect(try await storage.delete(id) == (model.removeValue(forKey: id) != nil))
            default:
                // Undone: nothing is to be seen of it.
                _ = await failure {
                    try await storage.transaction { inside in
                        try await inside.upsert(record)
                        _ = try await inside.delete("r0")
                        throw StorageError(.invalidArgument, "undone")
                    }
                }
                continue
            }
            untouched.removeAll { $0 == id }
            #expect(try await storage.get(id) == model[id])
            #expect(try await storage.count() == model.count)
            guard step % 15 == 0 else { continue }
            let all = model.values.sorted { $0.id < $1.id }
            #expect(try await storage.fetch() == all)
            #expect(try await storage.fetch(.where { $0.number > 50 }) == all.filter { $0.number ?? 0 > 50 })
            let other = try Plains(path: scratch.path())
            try await other.initialize()
            #expect(try await other.fetch() == all)
            try await other.close()
            let order = try ids(in: scratch.read())
            #expect(order.filter(untouched.contains) == untouched, "what nobody touched keeps its order")
        }
        try await storage.close()
    }

    @Test func anIdThatStandsTwiceIsFoundInEverySpelling() async throws {
        for second in [#""a""#, #""\u0061""#] {
            for records in [#"{"id":"a"},{"id":\#(second)}"#, #"{"id":\#(second),"x":1},{"id":"a"}"#] {
                try scratch.write(#"{"plains":[{"id":"b"},\#(records)]}"#)
                let storage = try Plains(path: scratch.path())
                let error = await failure { try await storage.initialize() }
                #expect(error?.code == .corrupt && error?.recordID == "a", "\(records): \(error as Any)")
            }
        }
    }

    @Test func aUniqueValueOfTheFileIsHeldUntilItIsGivenUp() async throws {
        try scratch.write(
            #"{"items":[{"id":"a","title":"A","note":"n"},{"id":"b","title":"B","note":"m"},{"id":"c","title":"C"}]}"#
        )
        let items = try Items(path: scratch.path())
        try await items.initialize()
        #expect(await failure { try await items.update("c") { $0.note = "n" } }?.code == .constraint)
        try await items.update("a") { $0.note = "other" }
        try await items.update("c") { $0.note = "n" }
        #expect(await failure { try await items.update("a") { $0.note = "n" } }?.code == .constraint)
        _ = try await items.delete("b")
        try await items.update("a") { $0.note = "m" }
        #expect(try await items.fetch().map(\.note) == ["m", "n"])
        try await items.close()
        let other = try Items(path: scratch.path())
        try await other.initialize()
        #expect(await failure { try await other.create(Item(id: "d", title: "D", note: "m")) }?.code == .constraint)
    }

    @Test func placesOfOneHashAreToldApart() {
        var table = PlaceTable()
        let hashes: [UInt32] = [0, 1, .max, 7]
        for place in 0..<1000 { table.insert(place, hashes[place % 4]) }
        for place in 0..<1000 {
            var asked = 0
            let found = table.place(hashes[place % 4]) {
                asked += 1
                return $0 == place
            }
            #expect(found == place && asked <= 250, "only those of its hash are compared")
        }
        #expect(table.place(3) { _ in true } == nil)
    }
}
