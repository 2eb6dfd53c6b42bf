@testable import Stowage
@testable import StowageSQL

/// Collections of the tests, and short ways to write SQL for them.
enum Samples {
    static let everything = CollectionSchema(
        name: "things",
        fields: [
            FieldSchema(name: "id", type: .text, isOptional: false),
            FieldSchema(name: "count", type: .int, isOptional: true),
            FieldSchema(name: "name", type: .text, isOptional: true),
            FieldSchema(name: "price", type: .decimal, isOptional: true),
            FieldSchema(name: "ratio", type: .double, isOptional: true),
            FieldSchema(name: "extra", type: .json, isOptional: true),
            FieldSchema(name: "done", type: .bool, isOptional: false),
        ],
        key: [0],
        indexes: [
            IndexSchema(name: "things_name", fields: [2], isUnique: true),
            IndexSchema(name: "things_price", fields: [3], isUnique: false),
        ]
    )
    static let hostile = CollectionSchema(
        name: "a \"b\"; DROP",
        namespace: "s\"x",
        fields: [
            FieldSchema(name: "select", type: .text, isOptional: false),
            FieldSchema(name: "100% ?", type: .int, isOptional: false),
        ],
        key: [0, 1],
        indexes: []
    )

    static func sqlite(_ predicate: QueryPredicate) throws -> String {
        try condition(SQLiteDialect(), predicate)
    }
    static func postgres(_ predicate: QueryPredicate) throws -> String {
        try condition(PostgresDialect(), predicate)
    }
    private static func condition(_ dialect: any SQLDialect, _ predicate: QueryPredicate) throws -> String {
        let text = try SQLQueryWriter(dialect, SQLTable(everything)).count(predicate).text
        return String(text.dropFirst("SELECT count(*) FROM \"things\" WHERE ".count))
    }
}
