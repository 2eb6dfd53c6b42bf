#if Postgres
import FoundationEssentials
@testable import Stowage
@testable import StowagePostgres
import StowageSQL
import Testing

/// The statement that answers lookups of many tasks at once, beside those that answer one each.
@Suite struct GatheringTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let table: String
        let fields: [FieldSchema]
        let key: [Int]
        let rows: String
        let keys: [Key]

        var testDescription: String { table }
    }

    private static let uuids = [UUID(), UUID(), UUID()]

    static let examples = [
        // Names that the statement has uses for itself.
        Example(
            table: "keys",
            fields: [field("k1", .text), field("position", .text), field("keys", .int), field("found", .bool)],
            key: [0],
            rows: "('a', 'first', 1, true), ('b', '', 2, false), ('ä', 'umlaut', 3, NULL)",
            keys: ["b", "absent", "a", "b", "ä", ""].map { Key(.text($0)) }
        ),
        Example(
            table: "ids",
            fields: [field("name", .text), field("number", .int)],
            key: [1],
            rows: "('one', 1), ('least', -9223372036854775808), ('most', 9223372036854775807)",
            keys: [1, .max, .min, 0, 1].map { Key(.int($0)) }
        ),
        Example(
            table: "uuids",
            fields: [field("id", .uuid), field("text", .text)],
            key: [0],
            rows: "('\(uuids[0])', 'a'), ('\(uuids[1])', NULL)",
            keys: [1, 2, 0, 1].map { Key(.uuid(uuids[$0])) }
        ),
        Example(
            table: "pairs",
            fields: [field("part", .int), field("whole", .text), field("value", .double)],
            key: [1, 0],
            rows: "(1, 'a', 0.5), (2, 'a', -0.0), (1, 'b', NULL)",
            keys: [("a", 2), ("a", 1), ("b", 2), ("b", 1), ("a", 2)].map { Key([.text($0.0), .int($0.1)]) }
        ),
    ]

    private static func field(_ name: String, _ type: FieldType) -> FieldSchema {
        FieldSchema(name: name, type: type, isOptional: true)
    }

    @Test(arguments: examples) func eachTaskGetsWhatItsOwnStatementAnswers(_ example: Example) async throws {
        let dialect = PostgresDialect()
        let schema = CollectionSchema(name: example.table, fields: example.fields, key: example.key, indexes: [])
        let table = try PostgresTable(SQLTable(schema))
        try await withPool { pool in
            try await pool.withConnection(deadline: patience) { connection in
                let columns = try example.fields.map {
                    "\(dialect.column($0)) \(try #require(dialect.columnType($0.type)))"
                }
                try await connection.execute(
                    """
                    CREATE TABLE \(table.name) (\(columns.joined(separator: ", ")));
                    INSERT INTO \(table.name) VALUES \(example.rows);
                    """,
                    deadline: patience
                )
                let statements = example.keys.map { table.get([$0], includingUnknown: false) }
                #expect(!statements.contains { !$0.parameters.isGatherable })
                // Several times, since the server makes other plans for a statement that it knows.
                for _ in 0..<8 {
                    let own = try await connection.run(statements, deadline: patience)
                    let gathering = try #require(statements[0].gathering)
                    let whole = try await connection.run([gathering.statement(for: statements)], deadline: patience)[0]
                    let answers = PostgresGathering.Answers(whole, memberCount: statements.count)
                    #expect(whole.rowCount == own.reduce(0) { $0 + $1.rowCount })
                    for (member, own) in own.enumerated() {
                        let answer = try #require(answers[member])
                        #expect(answer.columnCount == own.columnCount)
                        #expect(content(answer) == content(own), "\(example.keys[member])")
                    }
                }
            }
        }
    }

    private func content(_ result: PostgresResult) -> [[[UInt8]?]] {
        (0..<result.rowCount).map { number in
            let row = result.row(number)
            return (0..<result.columnCount).map { row.isNull($0) ? nil : [UInt8](row.bytes($0)) }
        }
    }

    @Test func decimalKeysGoAlone() async throws {
        let schema = CollectionSchema(name: "prices", fields: [Self.field("price", .decimal)], key: [0], indexes: [])
        let statement = try PostgresTable(SQLTable(schema)).get([Key(.decimal(1))], includingUnknown: false)
        #expect(!statement.parameters.isGatherable, "a numeric is sent as text, which an array in binary cannot hold")
    }
}
#endif
