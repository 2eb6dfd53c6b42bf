#if SQLite && Postgres
import Foundation
import Stowage
import Testing

/// Columns of tables that another program made: a type that would change or cut a value is refused (REC-4).
@Suite struct PostgresColumnTests {
    struct Measure: StorageRecord, Equatable {
        var id: String
        var size: String
        var amount: Decimal
        var at: Timestamp
        static let collection = "measures"
        static var fields: [Field<Measure>] {
            Field("id", \.id).identifier()
            Field("size", \.size)
            Field("amount", \.amount)
            Field("at", \.at)
        }
        static let migrations = SchemaMigrations([
            SchemaMigration(
                1,
                "create_measures",
                [
                    .createCollection(
                        "measures",
                        [.text("id").identifier(), .text("size"), .decimal("amount"), .time("at")]
                    )
                ]
            )
        ])
    }

    private static let domains = """
        CREATE DOMAIN short AS varchar(20) COLLATE "C"; CREATE DOMAIN shorter AS short CHECK (value <> 'x');
        CREATE DOMAIN rounded AS numeric(10,2); CREATE DOMAIN instant AS timestamptz(0);
        CREATE DOMAIN words AS text COLLATE "C"; CREATE DOMAIN sentence AS words;
        CREATE DOMAIN exact AS numeric CHECK (value < 1000000);
        """

    private static func table(_ column: String, _ type: String) -> String {
        var types = [
            "id": "text COLLATE \"C\" PRIMARY KEY", "size": "text COLLATE \"C\"", "amount": "numeric",
            "at": "timestamptz", "_stowage_unknown": "text",
        ]
        types[column] = type
        let columns = types.sorted { $0.key < $1.key }.map { "\"\($0.key)\" \($0.value) NOT NULL" }
        return "CREATE TABLE measures (\(columns.joined(separator: ", ")))"
            .replacing("\"_stowage_unknown\" text NOT NULL", with: "\"_stowage_unknown\" text")
    }

    @Test(arguments: [
        ("id", "varchar(20) COLLATE \"C\" PRIMARY KEY"), ("size", "varchar(20) COLLATE \"C\""), ("size", "char(20)"),
        ("size", "short"), ("size", "shorter"), ("amount", "numeric(10,2)"), ("amount", "rounded"),
        ("amount", "double precision"), ("at", "timestamptz(3)"), ("at", "timestamp"), ("at", "instant"),
        ("_stowage_unknown", "varchar(99)"), ("_stowage_unknown", "jsonb"),
    ])
    func columnsThatChangeValuesAreRefused(_ column: String, _ type: String) async throws {
        try await MigrationPlace.with(.postgres) { place in
            try await place.change(sql: Self.domains + Self.table(column, type))
            let before = try await place.content()
            for migrations in [nil, Measure.migrations] {
                let error = await failure { try await place.open(Measure.self, migrations) { _ in } }
                #expect(error?.code == .schemaMismatch, "\(column) \(type): \(String(describing: error))")
                #expect(error?.description.contains(column) == true)
                #expect(try await place.content() == before)
            }
        }
    }

    @Test(arguments: [
        ("size", "varchar COLLATE \"C\""), ("size", "words"), ("size", "sentence"), ("amount", "exact"),
        ("at", "timestamptz(6)"),
    ])
    func columnsThatKeepThemAreTaken(_ column: String, _ type: String) async throws {
        try await MigrationPlace.with(.postgres) { place in
            try await place.change(sql: Self.domains + Self.table(column, type))
            let measure = Measure(
                id: "a",
                size: "trailing blanks   ",
                amount: Decimal(string: "1.23456789")!,
                at: try Timestamp(microseconds: 1_700_000_000_123_457)
            )
            let stored = try await place.open(Measure.self, Measure.migrations) { measures in
                try await measures.create(measure)
                return try await measures.get("a")
            }
            #expect(stored == measure && stored?.size.utf8.count == 18)
        }
    }
}
#endif
