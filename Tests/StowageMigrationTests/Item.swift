import Foundation
import Stowage
import StowageMigration

enum Level: String, Codable, CaseIterable { case low, high }

struct Part: Codable, Sendable, Equatable {
    var name: String
    var count: Int?
    var key: String?
}

/// A record with a field of every kind.
struct Item: StorageRecord, Equatable {
    var id: String
    var level: Level = .low
    var flag: Bool?
    var count: Int64?
    var ratio: Double?
    var text: String?
    var at: Timestamp?
    var amount: Decimal?
    var number: UUID?
    var bytes: Data?
    var part: Part?
    var email: String?
    var token: String?

    static let collection = "items"
    static var fields: [Field<Item>] {
        Field("id", \.id).identifier()
        Field("level", \.level).indexed()
        Field("flag", \.flag)
        Field("count", \.count)
        Field("ratio", \.ratio)
        Field("text", \.text).indexed()
        Field("at", \.at)
        Field("amount", \.amount)
        Field("number", \.number)
        Field("bytes", \.bytes)
        Field("part", \.part).secret("key")
        Field("email", \.email).unique()
        Field("token", \.token).secret()
    }
}

struct ItemState: StorageState {
    var items: [Item] = []
    var baseDir: String?

    static var records: any WritableKeyPath<ItemState, [Item]> & Sendable { \.items }
    static var fields: [Field<ItemState>] { Field("baseDir", \.baseDir) }
}

typealias ItemMove = StorageMigration<Item, ItemState>
typealias Items = RecordStorage<Item, ItemState>

/// Records with awkward and with plain values, the same ones every time.
func sampleItems(_ count: Int) -> [Item] {
    (0..<count).map { number in
        var item = Item(id: String(format: "i-%05d", number))
        item.level = number % 3 == 0 ? .high : .low
        item.flag = [nil, true, false][number % 3]
        item.count = [nil, 0, .min, .max, 9_007_199_254_740_993][number % 5]
        item.ratio = [nil, -0.0, 0.0, .leastNonzeroMagnitude, 0.1, -1.7976931348623157e308][number % 6]
        item.text =
            [nil, "", "é", "e\u{301}", "a\tb\n\"\\\u{1}", "😀 %_'", String(repeating: "x", count: number % 900)][
                number % 7
            ]
        item.at =
            [
                nil, try? Timestamp(microseconds: 1_704_164_645_123_457),
                try? Timestamp(rfc3339: "0001-01-01T00:00:00Z"),
            ][
                number % 3
            ]
        item.amount =
            [nil, 0, Decimal(string: "0.1"), Decimal(string: "99999999999999999999999999999999999999")][number % 4]
        item.number = number % 2 == 0 ? nil : UUID(uuidString: "00112233-4455-6677-8899-aabbccddeeff")
        item.bytes = [nil, Data(), Data([0, 255, 10])][number % 3]
        item.part = number % 4 == 0 ? nil : Part(name: "a b\\ \"q\" é \(number)", count: number % 2 == 0 ? nil : number)
        item.email = number % 2 == 0 ? nil : "\(number)@example.org"
        item.token = number % 5 == 0 ? nil : "s3cret-\(number)"
        return item
    }
}

extension StorageDatabase {
    func items() throws -> Items { try storage(Item.self, state: ItemState.self) }
}
