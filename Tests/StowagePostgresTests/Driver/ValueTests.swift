#if Postgres
import FoundationEssentials
import Stowage
import StowagePostgres
import Testing

/// Every type of field, required and optional.
struct Everything: StorageRecord, Equatable {
    var id: String
    var flag: Bool = false
    var whole: Int64 = 0
    var number: Double = 0
    var text: String = ""
    var data: Data = Data()
    var uuid: UUID = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    var time: Timestamp = .min
    var decimal: Decimal = 0
    var nested: [String: String] = [:]
    var noFlag: Bool?
    var noWhole: Int64?
    var noNumber: Double?
    var noText: String?
    var noData: Data?
    var noUUID: UUID?
    var noTime: Timestamp?
    var noDecimal: Decimal?
    var noNested: [Int]?

    static let collection = "everything"
    static var fields: [Field<Everything>] {
        Field("id", \.id).identifier()
        Field("flag", \.flag)
        Field("whole", \.whole).indexed()
        Field("number", \.number)
        Field("text", \.text)
        Field("data", \.data)
        Field("uuid", \.uuid)
        Field("time", \.time)
        Field("decimal", \.decimal).indexed()
        Field("nested", \.nested)
        Field("noFlag", \.noFlag)
        Field("noWhole", \.noWhole)
        Field("noNumber", \.noNumber)
        Field("noText", \.noText)
        Field("noData", \.noData)
        Field("noUUID", \.noUUID)
        Field("noTime", \.noTime)
        Field("noDecimal", \.noDecimal)
        Field("noNested", \.noNested)
    }
}

/// A collection and fields whose names are anything but harmless.
struct Hostile: StorageRecord, Equatable {
    var id: String
    var drop: String?
    var percent: Int = 0

    enum CodingKeys: String, CodingKey {
        case id = "i\"d; --"
        case drop = "select \u{e9} $1 %s"
        case percent = "100% ?"
    }

    static let collection = "drop table \"x\"; ' \u{1f469} %"
    static var fields: [Field<Hostile>] {
        Field("i\"d; --", \.id).identifier()
        Field("select \u{e9} $1 %s", \.drop).unique()
        Field("100% ?", \.percent).indexed()
    }
}

struct Place: StorageRecord, Equatable {
    typealias ID = CompositeKey<String, Int>
    var town: String
    var number: Int
    var note: String?

    static let collection = "places"
    static var fields: [Field<Place>] {
        Field("town", \.town).identifier()
        Field("number", \.number).identifier()
        Field("note", \.note)
    }
}

@Suite struct ValueTests {
    private static let records: [Everything] = {
        var all = [
            Everything(
                id: "max",
                flag: true,
                whole: .max,
                number: .greatestFiniteMagnitude,
                text: "\u{1}\t\n\r\\\"'\\.\\N",
                data: Data(0...255),
                uuid: UUID(),
                time: .max,
                decimal: Decimal(string: "12345678901234567890.123456789")!,
                nested: ["a\\": "\u{7f}\n"],
                noFlag: false,
                noWhole: 0,
                noNumber: -0.0,
                noText: "",
                noData: Data(),
                noUUID: UUID(),
                noTime: .min,
                noDecimal: 0,
                noNested: []
            ),
            Everything(id: "min", whole: .min, number: .leastNonzeroMagnitude, time: .min, decimal: -0.001),
            Everything(id: "", number: -0.0, text: String(repeating: "\u{1f469}\u{200d}", count: 200_000)),
            Everything(id: "e\u{301}", number: 0.1 + 0.2, text: "e\u{301}", time: try! Timestamp(microseconds: -1)),
            Everything(
                id: "\u{e9}",
                number: .leastNormalMagnitude / 3,
                text: "\u{e9}",
                decimal: Decimal(string: "1e20")!
            ),
        ]
        // Through COPY as well.
        all += (0..<600).map { Everything(id: "n\($0)", whole: $0, number: Double($0) / 7, noNested: [Int($0)]) }
        return all
    }()

    @Test(arguments: [5, 605])
    func everyTypeRoundTrips(_ count: Int) async throws {
        try await withDatabase { database in
            let storage = try await database.storage(PostgresStorage<Everything, RecordsOnly<Everything>>.self)
            let records = Array(Self.records.prefix(count))
            try await storage.createMany(records)
            for record in records.prefix(20) {
                let stored = try #require(try await storage.get(record.id))
                #expect(stored == record)
                #expect(stored.number.bitPattern == record.number.bitPattern)
                #expect(stored.noNumber?.bitPattern == record.noNumber?.bitPattern)
                #expect(Array(stored.text.utf8) == Array(record.text.utf8))
            }
            #expect(try await storage.count() == count)
            #expect(try await storage.fetch(.where { $0.number == 0.0 }.limit(9)).count == (count > 5 ? 2 : 1))
            #expect(try await storage.count(.where { $0.decimal > 1000 }) == 2)
            let decimals = (1...20).map { Decimal($0) } + [records[0].decimal]
            #expect(try await storage.fetch(.where { $0.decimal.in(decimals) }).map(\.id) == ["max"])
            try await storage.close()
        }
    }

    @Test func hostileNames() async throws {
        try await withDatabase { database in
            let storage = try await database.storage(PostgresStorage<Hostile, RecordsOnly<Hostile>>.self)
            try await storage.createMany((0..<300).map { Hostile(id: "\"\($0)'", drop: "\($0)", percent: $0) })
            try await storage.upsert(Hostile(id: "\"1'", drop: "x", percent: 1))
            try await storage.update("\"2'") { $0.drop = "y" }
            #expect(try await storage.fetch(.where { $0.drop == "y" }).map(\.percent) == [2])
            let error = await storageError { try await storage.create(Hostile(id: "n", drop: "y")) }
            #expect(error?.code == .constraint && error?.field == "select \u{e9} $1 %s")
            let state = try await storage.readState()
            try await storage.writeState(.init(Array(state.all.prefix(10))))
            #expect(try await storage.count() == 10)
            try await storage.close()
        }
    }

    @Test func compositeKeys() async throws {
        try await withDatabase { database in
            let storage = try await database.storage(PostgresStorage<Place, RecordsOnly<Place>>.self)
            try await storage.createMany((0..<10).map { Place(town: "t\($0 % 2)", number: $0) })
            let ids = [CompositeKey("t0", 4), CompositeKey("t1", 4), CompositeKey("t1", 5)]
            #expect(try await storage.get(ids).map(\.number) == [4, 5])
            try await storage.upsert(Place(town: "t0", number: 4, note: "n"))
            #expect(try await storage.get(ids[0])?.note == "n")
            #expect(await code { try await storage.create(Place(town: "t0", number: 4)) } == .alreadyExists)
            try await storage.writeState(.init([Place(town: "t0", number: 4), Place(town: "new", number: 1)]))
            #expect(try await storage.fetch().map(\.town) == ["new", "t0"])
            #expect(try await storage.delete(ids[0]))
            try await storage.close()
        }
    }
}
#endif
