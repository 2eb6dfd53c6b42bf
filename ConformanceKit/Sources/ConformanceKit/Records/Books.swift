internal import Stowage

/// The migrations between ``LooseItem`` and ``StrictItem``.
enum ItemSizes {
    private static let create = SchemaMigration(
        1,
        "create",
        [.createCollection("items", [.text("id").identifier(), .int("size").optional()])]
    )
    static let optional = SchemaMigrations([create])
    static let required = SchemaMigrations([
        create, SchemaMigration(2, "require", [.makeRequired("size", of: "items", default: .int(5))]),
    ])
    static let optionalAgain = SchemaMigrations([
        required.list[0], required.list[1], SchemaMigration(3, "relax", [.makeOptional("size", of: "items")]),
    ])
    static let requiredWithoutDefault = SchemaMigrations([
        create, SchemaMigration(2, "demand", [.makeRequired("size", of: "items")]),
    ])
}

/// A collection whose schema changes twice, and the lists of migrations that say so, rightly and wrongly.
enum Books {
    static let list: [SchemaMigration] = [
        SchemaMigration(
            1,
            "create",
            [
                .createCollection(
                    "books",
                    [.text("id").identifier(), .text("pages"), .text("shelf").optional().indexed()]
                )
            ]
        ),
        SchemaMigration(
            2,
            "retype",
            [
                .addField(.bool("isRead"), to: "books", default: .bool(false)),
                .changeType("pages", of: "books", to: .int),
            ]
        ),
        SchemaMigration(
            3,
            "place",
            [
                .renameField("shelf", of: "books", to: "place"),
                // What is applied twice shows.
                .transform("books", version: "1") { record in
                    if case .text(let text) = record["place"] { record["place"] = .text(text + "+") }
                },
                .addIndex(on: ["pages"], of: "books"),
            ]
        ),
    ]

    static let all = SchemaMigrations(list)

    static func upTo(_ version: Int) -> SchemaMigrations { SchemaMigrations(Array(list.prefix(version))) }

    /// The second one does its work in another order.
    static let changed = SchemaMigrations([
        list[0], SchemaMigration(2, "retype", list[1].operations.reversed()), list[2],
    ])

    /// The second one is missing, its work done by the others.
    static let without2 = SchemaMigrations([
        list[0], SchemaMigration(2, "place", list[1].operations + list[2].operations),
    ])
}

struct Book1: StorageRecord, Equatable {
    var id: String
    var pages: String
    var shelf: String?
    static let collection = "books"
    static var fields: [Field<Book1>] {
        Field("id", \.id).identifier()
        Field("pages", \.pages)
        Field("shelf", \.shelf).indexed()
    }
}

struct Book3: StorageRecord, Equatable {
    var id: String
    var pages: Int
    var place: String?
    var isRead: Bool
    static let collection = "books"
    static var fields: [Field<Book3>] {
        Field("id", \.id).identifier()
        Field("pages", \.pages).indexed()
        Field("place", \.place).indexed()
        Field("isRead", \.isRead)
    }
}

/// Another record of the same collection's name.
struct Stranger: StorageRecord, Equatable {
    var id: String
    var weight: Int
    static let collection = "books"
    static var fields: [Field<Stranger>] {
        Field("id", \.id).identifier()
        Field("weight", \.weight)
    }
}
