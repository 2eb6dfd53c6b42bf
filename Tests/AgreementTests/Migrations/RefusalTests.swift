#if SQLite && Postgres
import Foundation
import Stowage
import Testing

/// What is refused by name (SCH-2), what fails and is undone (SCH-1), and that nothing runs then.
@Suite struct RefusalTests {
    private static func changed(_ number: Int) -> SchemaMigrations {
        var list = ItemVersions.list
        let migration = list[number - 1]
        list[number - 1] = SchemaMigration(
            number,
            migration.name,
            migration.operations + [.dropIndex(on: [number < 3 ? "note" : "remark"], of: "items")]
        )
        return SchemaMigrations(list)
    }

    @Test(arguments: Engine.allCases)
    func changedMissingAndNewerMigrationsAreRefusedByName(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            try await place.fill(Item1.self, ItemVersions.upTo(1), #"[{"id": "a", "size": "1"}]"#)
            try await place.open(Item2.self, ItemVersions.upTo(2)) { _ in }
            let before = try await place.content()
            var errors: [StorageError?] = []
            for access in [StorageAccess.readWrite, .readOnly] {
                // Changed: the first of three, another one pending behind it.
                let changed = SchemaMigrations([
                    SchemaMigration(
                        1,
                        "create_items",
                        [
                            .createCollection(
                                "items",
                                [
                                    .text("id").identifier(), .text("size"), .text("note").optional(),
                                    .text("x").optional(),
                                ]
                            ),
                            .dropField("x", of: "items"), .addIndex(on: ["note"], of: "items"),
                        ]
                    ), ItemVersions.list[1],
                ])
                errors.append(await failure { try await place.open(Item2.self, changed, access: access) { _ in } })
                // Newer: the program is the older one.
                let newer = await failure {
                    try await place.open(Item1.self, ItemVersions.upTo(1), access: access) { _ in }
                }
                #expect(newer?.message.contains("2 (add_fields)") == true, "\(String(describing: newer))")
                errors.append(newer)
            }
            #expect(errors[0]?.message.contains("1 (create_items)") == true)
            #expect(errors[0]?.message.contains("changed") == true)
            for error in errors { #expect(error?.code == .schemaMismatch && error?.advice != nil) }
            #expect(try await place.content() == before)
            // Missing: the history has a hole.
            try await place.open(Item4.self, ItemVersions.all) { _ in }
            try await place.change(sql: "DELETE FROM _stowage_migrations WHERE number = 2") { text in
                let start = text.range(of: "{\n        \"number\": 2")!.lowerBound
                let end = text.range(of: "{\n        \"number\": 3")!.lowerBound
                return text.replacingCharacters(in: start..<end, with: "")
            }
            let holed = try await place.content()
            let missing = await failure { try await place.open(Item4.self, ItemVersions.all) { _ in } }
            #expect(missing?.code == .schemaMismatch && missing?.message.contains("2 (add_fields)") == true)
            #expect(try await place.content() == holed)
            #expect(try await place.status(Item4.self, ItemVersions.all).refusal != nil)
        }
    }

    @Test(arguments: Engine.allCases)
    func aFailingMigrationIsUndoneAndThoseBeforeStay(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            try await place.fill(
                Item1.self,
                ItemVersions.upTo(1),
                #"[{"id": "a", "size": "1", "u": 1}, {"id": "bad", "size": "1 s3cret"}]"#
            )
            let error = await failure { try await place.open(Item4.self, ItemVersions.all) { _ in } }
            #expect(error?.code == .invalidValue && error?.recordID == "bad" && error?.field == "size")
            #expect(error?.message.contains("3 (rename_and_retype)") == true)
            #expect(error?.description.contains("s3cret") == false)
            let status = try await place.status(Item2.self, ItemVersions.upTo(2))
            #expect(status.history.map(\.number) == [1, 2] && status.isUpToDate, "\(status.differences)")
            try await place.open(Item2.self, ItemVersions.upTo(2)) { items in
                #expect(try await items.fetch().map(\.size) == ["1", "1 s3cret"])
                try await items.update("bad") { $0.size = "4" }
            }
            let sizes = try await place.open(Item4.self, ItemVersions.all) { try await $0.fetch().map(\.size) }
            #expect(sizes == [1, 4])
        }
    }

    @Test(arguments: Engine.allCases)
    func oneThatBreaksAUniqueIndexOrARuleOfItsOwnIsUndone(_ engine: Engine) async throws {
        struct Refused: Error {}
        try await MigrationPlace.with(engine) { place in
            try await place.fill(
                Item1.self,
                ItemVersions.upTo(1),
                #"[{"id": "a", "size": "1", "note": "same"}, {"id": "b", "size": "1", "note": "same"}]"#
            )
            let before = try await place.content()
            func with(_ operations: SchemaOperation...) -> SchemaMigrations {
                SchemaMigrations([ItemVersions.list[0], SchemaMigration(2, "second", operations)])
            }
            let unique = with(
                .addField(.int("x").optional(), to: "items"),
                .addIndex(on: ["note"], of: "items", isUnique: true)
            )
            let transform = with(
                .addField(.int("x").optional(), to: "items"),
                .transform("items", version: "1") { record in if record.id == "b" { throw Refused() } }
            )
            let cleared = with(.transform("items", version: "1") { $0["size"] = .null })
            let strange = with(.transform("items", version: "1") { $0["none"] = .int(1) })
            for (migrations, code) in [
                (unique, StorageError.Code.constraint), (transform, .invalidValue), (cleared, .invalidValue),
                (strange, .invalidValue),
            ] {
                let database = try place.database(migrations)
                let error = await failure { try await database.migrateSchema() }
                #expect(error?.code == code && error?.message.contains("2 (second)") == true, "\(error!)")
                try await database.close()
                #expect(try await place.content() == before)
            }
            #expect(try await place.status(Item1.self, ItemVersions.upTo(1)).isUpToDate)
        }
    }

    /// SQL of the app's own: what fails is shown and undone, and a COMMIT in it is refused.
    @Test(arguments: [Engine.sqlite, .postgres])
    func rawSQLThatFailsIsShownAndUndone(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            try await place.fill(Item1.self, ItemVersions.upTo(1), #"[{"id": "a", "size": "1"}]"#)
            let before = try await place.content()
            let fails = "UPDATE items SET size = '2'; UPDATE items SET missing = 1"
            let database = try place.database(
                SchemaMigrations([
                    ItemVersions.list[0], SchemaMigration(2, "raw", [.sql(sqlite: fails, postgres: fails)]),
                ])
            )
            let error = await failure { try await database.migrateSchema() }
            #expect(
                error?.message.contains("2 (raw)") == true && error?.advice?.contains("SET missing") == true,
                "\(error!)"
            )
            try await database.close()
            #expect(try await place.content() == before)
            let ends = "UPDATE items SET size = '3'; ROLLBACK"
            let ending = try place.database(
                SchemaMigrations([
                    ItemVersions.list[0], SchemaMigration(2, "raw", [.sql(sqlite: ends, postgres: ends)]),
                ])
            )
            #expect(await failure { try await ending.migrateSchema() }?.code == .unsupported)
            try await ending.close()
            #expect(try await place.content() == before)
        }
    }

    /// SQLite says what a statement would do before it does it: nothing commits half a migration.
    @Test(arguments: [
        "UPDATE items SET size = '3'; COMMIT", "UPDATE items SET size = '3'; END TRANSACTION; DELETE FROM items",
        "UPDATE items SET size = '3'; COMMIT; BEGIN; DELETE FROM items", "UPDATE items SET size = '3'; ROLLBACK",
        "BEGIN",
        "UPDATE items SET size = '3'; ATTACH ':memory:' AS other", "DETACH main",
    ])
    func rawSQLCannotEndItsTransaction(_ sql: String) async throws {
        try await MigrationPlace.with(.sqlite) { place in
            try await place.fill(Item1.self, ItemVersions.upTo(1), #"[{"id": "a", "size": "1"}]"#)
            let before = try await place.content()
            let raw = SchemaMigrations([ItemVersions.list[0], SchemaMigration(2, "raw", [.sql(sqlite: sql)])])
            let error = await failure { try await place.open(Item1.self, raw) { _ in } }
            #expect(error?.code == .unsupported && error?.message.contains("2 (raw)") == true, "\(error!)")
            #expect(error?.advice?.contains("nothing was changed") == true)
            #expect(try await place.content() == before)
            // Savepoints end nothing, and the connection may do all it did before.
            let saved =
                "SAVEPOINT s; UPDATE items SET size = '4'; ROLLBACK TO s; UPDATE items SET size = '5'; RELEASE s"
            let allowed = SchemaMigrations([ItemVersions.list[0], SchemaMigration(2, "raw", [.sql(sqlite: saved)])])
            let sizes = try await place.open(Item1.self, allowed) { items in
                try await items.create(Item1(id: "b", size: "6"))
                return try await items.fetch().map(\.size)
            }
            #expect(sizes == ["5", "6"])
        }
    }

    @Test(arguments: Engine.allCases)
    func thePolicyAndReadOnlyAccessChangeNothing(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            let absent = try await place.content()
            let refused = await failure { try await place.open(Item1.self, ItemVersions.upTo(1), .refuse) { _ in } }
            #expect(refused?.code == .schemaMismatch && refused?.message.contains("1 (create_items)") == true)
            #expect(refused?.advice?.contains("storage schema apply") == true)
            let notFound = await failure {
                try await place.open(Item1.self, ItemVersions.upTo(1), access: .readOnly) { _ in }
            }
            #expect(notFound?.code == .notFound)
            #expect(try await place.status(Item1.self, ItemVersions.upTo(1)).isAbsent)
            #expect(try await place.content() == absent)
            try await place.fill(Item1.self, ItemVersions.upTo(1), #"[{"id": "a", "size": "1"}]"#)
            let before = try await place.content()
            for (policy, access) in [(SchemaMigrationPolicy.refuse, StorageAccess.readWrite), (.apply, .readOnly)] {
                let error = await failure {
                    try await place.open(Item4.self, ItemVersions.all, policy, access: access) { _ in }
                }
                #expect(error?.code == .schemaMismatch && error?.underlying is PendingMigrations)
                for name in ["2 (add_fields)", "3 (rename_and_retype)", "4 (transform)"] {
                    #expect(error?.message.contains(name) == true)
                }
                #expect(try await place.content() == before)
            }
            let explicit = try place.database(ItemVersions.all, .refuse)
            #expect(try await explicit.migrateSchema().map(\.number) == [2, 3, 4])
            #expect(try await explicit.migrateSchema().isEmpty)
            try await explicit.close()
            let count = try await place.open(Item4.self, ItemVersions.all, .refuse) { try await $0.count() }
            let read = try await place.open(Item4.self, ItemVersions.all, access: .readOnly) { try await $0.count() }
            #expect(count == 1 && read == 1)
        }
    }

    @Test(arguments: Engine.allCases)
    func migrationsThatDoNotLeadToTheRecordTypeOpenNothing(_ engine: Engine) async throws {
        try await MigrationPlace.with(engine) { place in
            let before = try await place.content()
            let error = await failure { try await place.open(Item2.self, ItemVersions.upTo(1)) { _ in } }
            #expect(error?.code == .configuration && error?.message.contains("count") == true)
            #expect(try await place.content() == before)
        }
    }

    @Test func memoryHasNoSchema() async throws {
        let database = StorageDatabase(driver: MemoryDriver(), migrations: ItemVersions.upTo(1))
        let items = try database.storage(Item1.self)
        try await items.initialize()
        #expect(!database.driver.capabilities.contains(.schemaMigrations))
        #expect(await failure { try await database.migrateSchema() }?.code == .unsupported)
        #expect(await failure { try await database.schemaStatus() }?.code == .unsupported)
    }
}
#endif
