import SwiftDiagnostics
import SwiftSyntaxMacrosGenericTestSupport
import Testing

/// What is written for a struct that can be a record.
@Suite struct WritingTests {
    @Test func everyMarkAndKindOfProperty() {
        expectExpansion(
            of: """
                @Record("notes")
                public struct Note {
                    @Identifier public var id: String
                    @Unique var title: String
                    @Indexed var status: Status = .open
                    @FieldName("due_at") var dueAt: Date?
                    @Secret var token: String?
                    @Secret("password", "key") var account: Account?
                    var `default`: Bool { didSet { changes += 1 } }
                    let width, height: Int
                    let kind: String = "note"
                    static let limit: Int = 5
                    var isOpen: Bool { status == .open }
                }
                """,
            is: """
                public struct Note {
                    public var id: String
                    var title: String
                    var status: Status = .open
                    var dueAt: Date?
                    var token: String?
                    var account: Account?
                    var `default`: Bool { didSet { changes += 1 } }
                    let width, height: Int
                    let kind: String = "note"
                    static let limit: Int = 5
                    var isOpen: Bool { status == .open }

                    public typealias ID = String

                    private enum CodingKeys: Swift.String, Swift.CodingKey {
                        case id
                        case title
                        case status
                        case dueAt = "due_at"
                        case token
                        case account
                        case `default`
                        case width
                        case height
                    }
                }

                extension Note: Stowage.StorageRecord {
                    public static var collection: Swift.String {
                        "notes"
                    }
                    @Stowage.FieldsBuilder<Self>
                    public static var fields: [Stowage.Field<Self>] {
                        Stowage.Field<Self>("id", \\.id).identifier()
                        Stowage.Field<Self>("title", \\.title).unique()
                        Stowage.Field<Self>("status", \\.status).indexed()
                        Stowage.Field<Self>("due_at", \\.dueAt)
                        Stowage.Field<Self>("token", \\.token).secret()
                        Stowage.Field<Self>("account", \\.account).secret("password", "key")
                        Stowage.Field<Self>("default", \\.`default`)
                        Stowage.Field<Self>("width", \\.width)
                        Stowage.Field<Self>("height", \\.height)
                    }
                    public static var codec: Stowage.RecordCodec<Self> {
                        Stowage.RecordCodec { record, row in
                            try row.write(0, record.id)
                            try row.write(1, record.title)
                            try row.write(2, record.status)
                            try row.write(3, record.dueAt)
                            try row.write(4, record.token)
                            try row.write(5, record.account)
                            try row.write(6, record.`default`)
                            try row.write(7, record.width)
                            try row.write(8, record.height)
                        } decode: { row in
                            try Self(reading: row)
                        }
                    }
                    private init(reading row: any Stowage.RowReader) throws {
                        self.id = try row.read(0)
                        self.title = try row.read(1)
                        self.status = try row.read(2)
                        self.dueAt = try row.read(3)
                        self.token = try row.read(4)
                        self.account = try row.read(5)
                        self.`default` = try row.read(6)
                        self.width = try row.read(7)
                        self.height = try row.read(8)
                    }
                }
                """
        )
    }

    @Test func aCompositeKeyAndACodecOfItsOwnAreKept() {
        expectExpansion(
            of: """
                @Record("entries")
                package struct Entry {
                    package typealias ID = CompositeKey<String, Int>
                    @Stowage.Identifier var tenant: String
                    @Identifier var number: Int
                    init(from decoder: any Decoder) throws { (tenant, number) = ("", 0) }
                    static var codec: RecordCodec<Entry> { .codable }
                }
                """,
            is: """
                package struct Entry {
                    package typealias ID = CompositeKey<String, Int>
                    @Stowage.Identifier var tenant: String
                    var number: Int
                    init(from decoder: any Decoder) throws { (tenant, number) = ("", 0) }
                    static var codec: RecordCodec<Entry> { .codable }

                    private enum CodingKeys: Swift.String, Swift.CodingKey {
                        case tenant
                        case number
                    }
                }

                extension Entry: Stowage.StorageRecord {
                    package static var collection: Swift.String {
                        "entries"
                    }
                    @Stowage.FieldsBuilder<Self>
                    package static var fields: [Stowage.Field<Self>] {
                        Stowage.Field<Self>("tenant", \\.tenant).identifier()
                        Stowage.Field<Self>("number", \\.number).identifier()
                    }
                }
                """
        )
    }

    /// The members of a public extension are public without saying so.
    @Test func theExtensionAroundGivesTheAccess() {
        expectExpansion(
            of: """
                public extension Shop {
                    @Record("items") struct Item {
                        @Identifier var id: Item.ID
                        struct ID: RawRepresentable, RecordKey {
                            let rawValue: String
                        }
                    }
                }
                """,
            is: """
                public extension Shop {
                    struct Item {
                        var id: Item.ID
                        struct ID: RawRepresentable, RecordKey {
                            let rawValue: String
                        }

                        private enum CodingKeys: Swift.String, Swift.CodingKey {
                            case id
                        }
                    }
                }

                extension Shop.Item: Stowage.StorageRecord {
                    public static var collection: Swift.String {
                        "items"
                    }
                    @Stowage.FieldsBuilder<Self>
                    public static var fields: [Stowage.Field<Self>] {
                        Stowage.Field<Self>("id", \\.id).identifier()
                    }
                    public static var codec: Stowage.RecordCodec<Self> {
                        Stowage.RecordCodec { record, row in
                            try row.write(0, record.id)
                        } decode: { row in
                            try Self(reading: row)
                        }
                    }
                    private init(reading row: any Stowage.RowReader) throws {
                        self.id = try row.read(0)
                    }
                }
                """
        )
    }

    /// What is merely idle is said, and the record is written all the same.
    @Test func idleMarksAreWarnings() {
        expectExpansion(
            of: """
                @Record("notes")
                struct Note {
                    @Identifier @Unique var id: Int64
                    @Indexed @Unique var title: String
                }
                """,
            is: """
                struct Note {
                    var id: Int64
                    var title: String

                    typealias ID = Int64

                    private enum CodingKeys: Swift.String, Swift.CodingKey {
                        case id
                        case title
                    }
                }

                extension Note: Stowage.StorageRecord {
                    static var collection: Swift.String {
                        "notes"
                    }
                    @Stowage.FieldsBuilder<Self>
                    static var fields: [Stowage.Field<Self>] {
                        Stowage.Field<Self>("id", \\.id).identifier().unique()
                        Stowage.Field<Self>("title", \\.title).indexed().unique()
                    }
                    static var codec: Stowage.RecordCodec<Self> {
                        Stowage.RecordCodec { record, row in
                            try row.write(0, record.id)
                            try row.write(1, record.title)
                        } decode: { row in
                            try Self(reading: row)
                        }
                    }
                    private init(reading row: any Stowage.RowReader) throws {
                        self.id = try row.read(0)
                        self.title = try row.read(1)
                    }
                }
                """,
            saying: [
                DiagnosticSpec(
                    message: "@Indexed adds nothing: a unique field has an index",
                    line: 4,
                    column: 5,
                    severity: .warning,
                    fixIts: [FixItSpec(message: "remove @Indexed")]
                ),
                DiagnosticSpec(
                    message: "@Unique adds nothing: an identifier is unique and has an index",
                    line: 3,
                    column: 17,
                    severity: .warning,
                    fixIts: [FixItSpec(message: "remove @Unique")]
                ),
            ],
            fixing: ["remove @Indexed", "remove @Unique"],
            into: """
                @Record("notes")
                struct Note {
                    @Identifier var id: Int64
                    @Unique var title: String
                }
                """
        )
    }

    /// An extension's public member of a public type inside an internal one does not compile.
    @Test(arguments: [
        ("enum Shop", "public struct", ""), ("public enum Shop", "public struct", "public "),
        ("package enum Shop", "public struct", "package "), ("public enum Shop", "package struct", "package "),
        ("public enum Shop", "struct", ""), ("extension Shop", "public struct", "public "),
        ("public extension Shop", "fileprivate struct", ""), ("private enum Shop", "package struct", ""),
    ])
    func theNarrowestAccessCounts(_ outer: String, _ inner: String, _ access: String) {
        expectExpansion(
            of: "\(outer) {\n    @Record(\"items\") \(inner) Item {\n        @Identifier var id: Int\n    }\n}",
            is: """
                \(outer) {
                    \(inner) Item {
                        var id: Int

                        \(access)typealias ID = Int

                        private enum CodingKeys: Swift.String, Swift.CodingKey {
                            case id
                        }
                    }
                }

                extension Shop.Item: Stowage.StorageRecord {
                    \(access)static var collection: Swift.String {
                        "items"
                    }
                    @Stowage.FieldsBuilder<Self>
                    \(access)static var fields: [Stowage.Field<Self>] {
                        Stowage.Field<Self>("id", \\.id).identifier()
                    }
                    \(access)static var codec: Stowage.RecordCodec<Self> {
                        Stowage.RecordCodec { record, row in
                            try row.write(0, record.id)
                        } decode: { row in
                            try Self(reading: row)
                        }
                    }
                    private init(reading row: any Stowage.RowReader) throws {
                        self.id = try row.read(0)
                    }
                }
                """
        )
    }
}
