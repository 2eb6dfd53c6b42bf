#if SQLite && Postgres
import Foundation
import Stowage
import StowageTestServers
import Testing

/// A store lives in one schema, whatever else stands on the search path of whoever opens it.
@Suite struct PostgresSearchPathTests {
    /// The same database under another search path.
    private static func place(_ place: MigrationPlace, _ path: String) -> MigrationPlace {
        let encoded = path.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return MigrationPlace(
            engine: .postgres,
            folder: place.folder,
            server: place.server,
            url: place.url + "?options=-csearch_path%3D" + encoded
        )
    }

    private static func tables(_ place: MigrationPlace) async throws -> [String] {
        let text = try await place.server?.psql(
            "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('a', 'b') ORDER BY 1",
            database: String(place.url.split(separator: "/").last ?? "")
        )
        return (text ?? "").split(separator: "\n").map(String.init)
    }

    @Test func oneTableHasOneHistoryUnderEverySearchPath() async throws {
        try await MigrationPlace.with(.postgres) { base in
            try await base.change(sql: "CREATE SCHEMA a; CREATE SCHEMA b")
            let (narrow, wide) = (Self.place(base, "b"), Self.place(base, "a,b"))
            try await narrow.fill(Item1.self, ItemVersions.upTo(1), #"[{"id": "x", "size": "1"}]"#)
            // The other program sees the same table, and brings it forward where it stands.
            #expect(try await wide.status(Item2.self, ItemVersions.upTo(2)).history.map(\.number) == [1])
            try await wide.open(Item4.self, ItemVersions.all) { items in
                #expect(try await items.count() == 1)
                try await items.create(Item4(id: "y", size: 2, count: 3))
            }
            let tables = try await Self.tables(base)
            #expect(tables.allSatisfy { $0.hasPrefix("b.") }, "\(tables)")
            for place in [narrow, wide] {
                let status = try await place.status(Item4.self, ItemVersions.all)
                #expect(status.history.map(\.number) == [1, 2, 3, 4] && status.pending.isEmpty)
                #expect(status.refusal == nil)
                #expect(try await place.open(Item4.self, ItemVersions.all) { try await $0.count() } == 2)
            }
        }
    }

    @Test func aNewStoreIsMadeInTheCurrentSchemaAndStaysThere() async throws {
        try await MigrationPlace.with(.postgres) { base in
            try await base.change(sql: "CREATE SCHEMA a; CREATE SCHEMA b")
            let (wide, turned) = (Self.place(base, "a,b"), Self.place(base, "b,a"))
            try await wide.fill(Item1.self, ItemVersions.upTo(1), #"[{"id": "x", "size": "1"}]"#)
            let count = try await turned.open(Item2.self, ItemVersions.upTo(2)) { try await $0.count() }
            #expect(count == 1)
            let tables = try await Self.tables(base)
            #expect(tables.allSatisfy { $0.hasPrefix("a.") }, "\(tables)")
            #expect(try await wide.status(Item2.self, ItemVersions.upTo(2)).isUpToDate)
        }
    }

    @Test func anotherStoresHistoryOnTheWayIsNotTaken() async throws {
        struct Other: StorageRecord {
            var id: String
            static let collection = "things"
            static var fields: [Field<Other>] { Field("id", \.id).identifier() }
        }
        try await MigrationPlace.with(.postgres) { base in
            try await base.change(sql: "CREATE SCHEMA a; CREATE SCHEMA b")
            let others = SchemaMigrations([
                SchemaMigration(1, "create_things", [.createCollection("things", [.text("id").identifier()])])
            ])
            try await Self.place(base, "a").open(Other.self, others) { try await $0.create(Other(id: "t")) }
            let (narrow, wide) = (Self.place(base, "b"), Self.place(base, "a,b"))
            try await narrow.fill(Item1.self, ItemVersions.upTo(1), #"[{"id": "x", "size": "1"}]"#)
            let count = try await wide.open(Item2.self, ItemVersions.upTo(2)) { try await $0.count() }
            #expect(count == 1)
            #expect(try await narrow.status(Item2.self, ItemVersions.upTo(2)).isUpToDate)
            #expect(try await Self.place(base, "a").status(Other.self, others).isUpToDate)
        }
    }

    @Test func racingOpeningsOfTwoSearchPathsApplyEachMigrationOnce() async throws {
        try await MigrationPlace.with(.postgres) { base in
            try await base.change(sql: "CREATE SCHEMA a; CREATE SCHEMA b")
            let (narrow, wide) = (Self.place(base, "b"), Self.place(base, "a,b"))
            try await narrow.fill(Item1.self, ItemVersions.upTo(1), #"[{"id": "x", "size": "1"}]"#)
            try await withThrowingTaskGroup { group in
                for number in 0..<8 {
                    group.addTask {
                        try await (number % 2 == 0 ? narrow : wide).open(Item4.self, ItemVersions.all) { _ in }
                    }
                }
                try await group.waitForAll()
            }
            #expect(
                try await Self.tables(base).filter { $0.hasSuffix("_stowage_migrations") } == ["b._stowage_migrations"]
            )
            let counts = try await narrow.open(Item4.self, ItemVersions.all) { try await $0.fetch().map(\.count) }
            // The default of 7, and twice one more.
            #expect(counts == [9])
        }
    }

    @Test func theStateStandsBesideTheRecords() async throws {
        struct Note: StorageState {
            var items: [Item1] = []
            var baseDir: String?
            static var records: any WritableKeyPath<Note, [Item1]> & Sendable { \.items }
            static var fields: [Field<Note>] { Field("baseDir", \.baseDir) }
        }
        try await MigrationPlace.with(.postgres) { base in
            try await base.change(
                sql: """
                    CREATE SCHEMA a; CREATE SCHEMA b;
                    CREATE TABLE b.items (id text COLLATE "C" PRIMARY KEY, size text COLLATE "C" NOT NULL,
                      note text COLLATE "C")
                    """
            )
            let (narrow, wide) = (Self.place(base, "b"), Self.place(base, "a,b"))
            func state(_ place: MigrationPlace, _ new: String?) async throws -> String? {
                let database = try place.database(nil)
                let storage = try database.storage(Item1.self, state: Note.self)
                try await storage.initialize()
                if let new { try await storage.writeState(Note(items: [Item1(id: "x", size: "1")], baseDir: new)) }
                let found = try await storage.readState().baseDir
                try await database.close()
                return found
            }
            #expect(try await state(wide, "/here") == "/here")
            #expect(try await state(narrow, nil) == "/here")
            let tables = try await Self.tables(base)
            #expect(tables.allSatisfy { $0.hasPrefix("b.") }, "\(tables)")
        }
    }
}
#endif
