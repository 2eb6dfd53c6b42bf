import Foundation
public import Stowage

/// A namespace, so that the records' own types can be found from where the macro writes.
public enum Shop {
    enum Status: String, Codable, Sendable, CaseIterable { case open, done }
    enum Level: Int16, Codable, Sendable { case low = -1, high = 300 }
    struct Login: Codable, Sendable, Equatable {
        var user: String
        var password: String?
    }
    /// A record's own values beside the ones that it is made of.
    @Record("items")
    struct Item: Equatable {
        /// The identifier.
        @Identifier let id: String
        @Unique @FieldName("a \"strange\" name") var title: String
        @Indexed var status: Status = .open
        @Indexed var level: Level?
        var at: Timestamp
        var seenAt: Timestamp?
        @FieldName("due_at") var dueAt: Date
        var doneAt: Date?
        var isDone: Bool
        var isKnown: Bool?
        var count: Int
        var total: Int?
        var size: Int64
        var space: Int64?
        var small: Int8
        var large: UInt64?
        var ratio: Double
        var share: Double?
        var part: Float
        @Indexed var owner: UUID
        var parent: UUID?
        var price: Decimal
        var refund: Decimal?
        @Secret var bytes: Data
        var more: Data?
        @Secret("password") var login: Login?
        var tags: [String] = []
        var marks: [String: [Int]]?
        var state: Optional<Status>
        var `default`: String { didSet { changes += 1 } }
        let width, height: Int

        static var changes: Int { 0 }
        let kind: String = "item"
        private var changes: Int {
            get { 0 }
            set {}
        }
        var isOpen: Bool { status == .open }
    }

    /// The same, described by hand, with the default codec.
    struct PlainItem: StorageRecord, Equatable {
        let id: String
        var title: String
        var status: Status
        var level: Level?
        var at: Timestamp
        var seenAt: Timestamp?
        var dueAt: Date
        var doneAt: Date?
        var isDone: Bool
        var isKnown: Bool?
        var count: Int
        var total: Int?
        var size: Int64
        var space: Int64?
        var small: Int8
        var large: UInt64?
        var ratio: Double
        var share: Double?
        var part: Float
        var owner: UUID
        var parent: UUID?
        var price: Decimal
        var refund: Decimal?
        var bytes: Data
        var more: Data?
        var login: Login?
        var tags: [String]
        var marks: [String: [Int]]?
        var state: Status?
        var `default`: String
        let width, height: Int

        enum CodingKeys: String, CodingKey {
            case id
            case title = "a \"strange\" name"
            case status, level, at, seenAt
            case dueAt = "due_at"
            case doneAt, isDone, isKnown, count, total, size, space, small, large, ratio, share, part, owner, parent
            case price, refund, bytes, more, login, tags, marks, state, `default`, width, height
        }

        static let collection = "items"
        static var fields: [Field<PlainItem>] {
            Field("id", \.id).identifier()
            Field("a \"strange\" name", \.title).unique()
            Field("status", \.status).indexed()
            Field("level", \.level).indexed()
            Field("at", \.at)
            Field("seenAt", \.seenAt)
            Field("due_at", \.dueAt)
            Field("doneAt", \.doneAt)
            Field("isDone", \.isDone)
            Field("isKnown", \.isKnown)
            Field("count", \.count)
            Field("total", \.total)
            Field("size", \.size)
            Field("space", \.space)
            Field("small", \.small)
            Field("large", \.large)
            Field("ratio", \.ratio)
            Field("share", \.share)
            Field("part", \.part)
            Field("owner", \.owner).indexed()
            Field("parent", \.parent)
            Field("price", \.price)
            Field("refund", \.refund)
            Field("bytes", \.bytes).secret()
            Field("more", \.more)
            Field("login", \.login).secret("password")
            Field("tags", \.tags)
            Field("marks", \.marks)
            Field("state", \.state)
            Field("default", \.default)
            Field("width", \.width)
            Field("height", \.height)
        }
    }
}

extension Shop {
    /// A key of two parts.
    @Record("entries")
    struct Entry: Equatable {
        typealias ID = CompositeKey<String, Int64>
        @Identifier var tenant: String
        @Identifier var number: Int64
        var text: String?
    }

    /// A type of its own for the identifier, and an initializer in the place of the memberwise one.
    @Record("tickets")
    struct Ticket: Equatable, Identifiable {
        struct ID: RawRepresentable, RecordKey, Codable {
            let rawValue: String
        }
        @Identifier private(set) var id: ID
        private var text: String
        init(_ text: String) {
            id = ID(rawValue: "ticket-\(text)")
            self.text = text
        }
    }

    /// A number for an identifier, and a codec of its own.
    @Record("counters")
    public struct Counter: StorageRecord, Equatable {
        /// Its number.
        @Identifier public var number: Int
        /// What it has counted, less one.
        public var value: Int64
        /// The codec, which the macro leaves as it is.
        public static var codec: RecordCodec<Counter> {
            RecordCodec { counter, row in
                row.set(0, counter.number)
                row.set(1, counter.value + 1)
            } decode: { row in
                Counter(number: try row.read(0), value: try row.read(1))
            }
        }
    }
}
