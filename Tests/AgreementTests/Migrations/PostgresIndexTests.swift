#if SQLite && Postgres
import Stowage
import StowageTestServers
import Testing

/// Indexes under a declared name that are not what is declared: queries and uniqueness would silently do without them.
@Suite struct PostgresIndexTests {
    struct Tag: StorageRecord {
        var id: String
        var name: String?
        static let collection = "tags"
        static var fields: [Field<Tag>] {
            Field("id", \.id).identifier()
            Field("name", \.name).unique()
        }
        static let migrations = SchemaMigrations([
            SchemaMigration(
                1,
                "create_tags",
                [.createCollection("tags", [.text("id").identifier(), .text("name").optional().unique()])]
            )
        ])
    }

    @Test(arguments: [
        ("CREATE INDEX items_note_idx ON items (lower(note))", "expression"),
        ("CREATE INDEX items_note_idx ON items (note) WHERE note > 'm'", "some rows"),
        ("CREATE INDEX items_note_idx ON items USING hash (note)", "hash"),
        ("CREATE INDEX items_note_idx ON items USING brin (note)", "brin"),
        ("CREATE INDEX items_note_idx ON items USING gin (to_tsvector('simple', note))", "gin"),
        ("CREATE INDEX items_note_idx ON items (note COLLATE \"en-x-icu\")", "en-x-icu"),
        ("CREATE INDEX items_note_idx ON items (note text_pattern_ops)", "text_pattern_ops"),
        ("CREATE INDEX items_note_idx ON items (note DESC)", "descending"),
        ("CREATE INDEX items_note_idx ON items (note NULLS FIRST)", "nulls first"),
        ("CREATE UNIQUE INDEX items_note_idx ON items (note)", "unique"),
        ("CREATE INDEX items_note_idx ON items (note, size)", "size"),
        (
            """
            CREATE INDEX items_note_idx ON items (note);
            UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'items_note_idx'::regclass
            """, "not valid"
        ),
    ])
    func anIndexThatIsNotTheDeclaredOneIsNamed(_ sql: String, _ word: String) async throws {
        try await MigrationPlace.with(.postgres) { place in
            let migrations = ItemVersions.upTo(1)
            try await place.open(Item1.self, migrations) { _ in }
            try await place.change(sql: "DROP INDEX items_note_idx; \(sql)")
            try await Self.expectDrift(place, Item1.self, migrations, "items_note_idx", word)
        }
    }

    @Test(arguments: [
        ("CREATE INDEX tags_name_key ON tags (name)", "on name"),
        ("CREATE UNIQUE INDEX tags_name_key ON tags (name) NULLS NOT DISTINCT", "nulls"),
        ("ALTER TABLE tags ADD CONSTRAINT tags_name_key UNIQUE (name) DEFERRABLE INITIALLY DEFERRED", "deferred"),
    ])
    func aUniqueIndexThatIsNotTheDeclaredOneIsNamed(_ sql: String, _ word: String) async throws {
        try await MigrationPlace.with(.postgres) { place in
            try await place.open(Tag.self, Tag.migrations) { _ in }
            let name = try await place.server?.psql(
                "SELECT indexname FROM pg_indexes WHERE tablename = 'tags' AND indexname <> 'tags_pkey'",
                database: String(place.url.split(separator: "/").last ?? "")
            )
            let index = try #require(name)
            try await place.change(sql: "DROP INDEX \(index); \(sql.replacing("tags_name_key", with: index))")
            try await Self.expectDrift(place, Tag.self, Tag.migrations, index, word)
        }
    }

    /// Named as drift of a store with a history, and refused by adoption.
    private static func expectDrift<Record: StorageRecord>(
        _ place: MigrationPlace,
        _ type: Record.Type,
        _ migrations: SchemaMigrations,
        _ index: String,
        _ word: String
    ) async throws {
        let status = try await place.status(type, migrations)
        let found = status.differences.first { $0.kind == .otherIndex && $0.name == index }
        #expect(found?.detail?.contains(word) == true, "\(status.differences)")
        #expect(!status.isUpToDate && status.refusal == nil)
        try await place.change(sql: "DROP TABLE _stowage_migrations")
        let before = try await place.content()
        let error = await failure { try await place.open(type, migrations) { _ in } }
        #expect(
            error?.code == .schemaMismatch && error?.message.contains(index) == true,
            "\(String(describing: error))"
        )
        #expect(try await place.content() == before)
    }

    @Test func indexesAsDeclaredAreNoDrift() async throws {
        try await MigrationPlace.with(.postgres) { place in
            try await place.open(Tag.self, Tag.migrations) { _ in }
            #expect(try await place.status(Tag.self, Tag.migrations).isUpToDate)
            // One that includes a column serves the same queries.
            try await place.change(
                sql:
                    "CREATE INDEX other ON tags (name DESC); DROP INDEX other; REINDEX TABLE tags; CLUSTER tags USING tags_pkey"
            )
            #expect(try await place.status(Tag.self, Tag.migrations).isUpToDate)
        }
    }
}
#endif
