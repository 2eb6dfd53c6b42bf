import Stowage

/// A schema that changes in every way that has a name.
enum ItemVersions {
    static let list: [SchemaMigration] = [
        SchemaMigration(
            1,
            "create_items",
            [
                .createCollection(
                    "items",
                    [.text("id").identifier(), .text("size"), .text("note").optional().indexed()]
                )
            ]
        ),
        SchemaMigration(
            2,
            "add_fields",
            [
                .addField(.text("tag").optional().indexed(), to: "items"),
                .addField(.int("count"), to: "items", default: .int(7)),
                .addField(.json("detail").optional(), to: "items"),
                .addField(.text("it's \"new\"").optional(), to: "items", default: .text("it's \\ \"so\"")),
            ]
        ),
        SchemaMigration(
            3,
            "rename_and_retype",
            [
                .renameField("note", of: "items", to: "remark"), .changeType("size", of: "items", to: .int),
                .addIndex(on: ["size", "count"], of: "items"),
            ]
        ),
        SchemaMigration(
            4,
            "transform",
            [
                .transform("items", version: "1") { record in
                    if record["remark"].isNull { record["remark"] = .text("none of \(record.id)") }
                    record.unknown["seen"] = .bool(true)
                },
                .dropField("tag", of: "items"),
                .sql(
                    sqlite:
                        "UPDATE \"items\" SET \"count\" = \"count\" + 1;\nUPDATE \"items\" SET \"count\" = \"count\" + 1;",
                    postgres: "UPDATE items SET count = count + 1;\nUPDATE items SET count = count + 1;",
                    json: RecordTransform("items", version: "1") { record in
                        if case .int(let count) = record["count"] { record["count"] = .int(count + 2) }
                    }
                ),
                .createCollection("others", [.int("number").identifier()]),
            ]
        ),
    ]

    static func upTo(_ version: Int) -> SchemaMigrations { SchemaMigrations(Array(list.prefix(version))) }
    static let all = SchemaMigrations(list)
}

struct Item1: StorageRecord, Equatable {
    var id: String
    var size: String
    var note: String?
    static let collection = "items"
    static var fields: [Field<Item1>] {
        Field("id", \.id).identifier()
        Field("size", \.size)
        Field("note", \.note).indexed()
    }
}

struct Detail: Codable, Equatable, Sendable {
    var color: String
}

struct Item2: StorageRecord, Equatable {
    var id: String
    var size: String
    var note: String?
    var tag: String?
    var count: Int
    var detail: Detail?
    var new: String?
    static let collection = "items"
    static var fields: [Field<Item2>] {
        Field("id", \.id).identifier()
        Field("size", \.size)
        Field("note", \.note).indexed()
        Field("tag", \.tag).indexed()
        Field("count", \.count)
        Field("detail", \.detail)
        Field("it's \"new\"", \.new)
    }
    enum CodingKeys: String, CodingKey {
        case id, size, note, tag, count, detail
        case new = "it's \"new\""
    }
}

/// The newest version, without the index over two fields, which no record type describes.
struct Item4: StorageRecord, Equatable {
    var id: String
    var size: Int
    var remark: String?
    var count: Int
    var detail: Detail?
    var new: String?
    static let collection = "items"
    static var fields: [Field<Item4>] {
        Field("id", \.id).identifier()
        Field("size", \.size)
        Field("remark", \.remark).indexed()
        Field("count", \.count)
        Field("detail", \.detail)
        Field("it's \"new\"", \.new)
    }
    enum CodingKeys: String, CodingKey {
        case id, size, remark, count, detail
        case new = "it's \"new\""
    }
}
