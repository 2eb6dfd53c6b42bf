#if SQLite && Postgres
import Foundation
import Stowage
import StowageMigration
import StowagePostgres
import Testing

/// Other tables that refuse to let records go, or whose rows would go with them.
@Suite struct ReferenceTests {
    /// Restores a backup of the source over the target.
    private func restore(_ source: Place, over target: Place) async throws {
        let file = source.folder + "/backup-" + UUID().uuidString
        try await source.with(.readOnly) { _ = try await StorageBackup.write(from: $0, to: file) }
        try await target.with {
            let backup = try await StorageBackup(Item.self, state: ItemState.self, reading: file)
            _ = try await backup.restore(into: $0, replacing: true)
        }
    }

    /// Rows of a table that inherits are another program's.
    @Test func rowsOfAnInheritingTableAreNotRemoved() async throws {
        try await withPlaces(.json, .postgres) { source, target in
            try await source.fill(sampleItems(5))
            try await source.moved(to: target)
            try await target.run(
                """
                CREATE TABLE kid() INHERITS (items); CREATE TABLE gone(id text);
                CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql
                  AS 'BEGIN INSERT INTO gone VALUES (OLD.id); RETURN OLD; END';
                CREATE TRIGGER note AFTER DELETE ON kid FOR EACH ROW EXECUTE FUNCTION note();
                INSERT INTO kid(id, level) VALUES ('of the kid', 'low');
                """
            )
            let plan = try await source.planned(to: target, .init(resumes: true))
            #expect(plan.warnings.contains { $0.contains("inheriting table kid") }, "\(plan.warnings)")
            for undo in [{ _ = try await source.rolledBack(to: target) }, { try await restore(source, over: target) }] {
                await #expect { try await undo() } throws: {
                    let error = $0 as? StorageError
                    return error?.code == .constraint && error?.message.contains("inheriting table kid") == true
                        && error?.advice != nil
                }
            }
            #expect(try await target.lines("SELECT id FROM kid") == ["of the kid"])
            #expect(try await target.lines("SELECT id FROM gone").isEmpty)
            #expect(try await target.lines("SELECT count(*) FROM ONLY items") == ["5"])
            try await target.run("DROP TABLE kid")
            #expect(try await source.rolledBack(to: target).removed == 5)
        }
    }

    /// A plain foreign key of another table: the plan warns of it, and the refusal names the table and says what to do.
    @Test(arguments: [Kind.sqlite, .postgres], ["NO ACTION", "RESTRICT"])
    func aRowThatPointsToARecordIsNamed(_ kind: Kind, _ action: String) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(5))
            try await target.with { _ in }
            try await target.run("CREATE TABLE notes(item text REFERENCES items(id) ON DELETE \(action))")
            let plan = try await source.planned(to: target)
            #expect(
                plan.warnings.contains { $0.contains("rollback") && $0.contains("table notes") },
                "\(plan.warnings)"
            )
            try await source.moved(to: target)
            try await target.run("INSERT INTO notes VALUES ('i-00001')")
            let before = try await target.export()
            for undo in [{ _ = try await source.rolledBack(to: target) }, { try await restore(source, over: target) }] {
                await #expect { try await undo() } throws: {
                    let error = $0 as? StorageError
                    return error?.code == .constraint && error?.message.contains("table notes") == true
                        && error?.advice != nil
                }
            }
            #expect(try await target.export() == before)
            try await target.run("DELETE FROM notes")
            #expect(try await source.rolledBack(to: target).removed == 5)
        }
    }

    /// A rule of the table that only the copy meets.
    @Test(arguments: [Kind.sqlite, .postgres])
    func aCheckThatStopsTheCopySaysHowToGoOn(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(5), unknown: false, baseDir: nil)
            try await target.with { _ in }
            if kind == .postgres {
                try await target.run("ALTER TABLE items ADD CHECK (id <> 'i-00003')")
            } else {
                let sql = try await target.lines("SELECT sql FROM sqlite_master WHERE name = 'items'")[0]
                try await target.run("DROP TABLE items; \(sql.dropLast()), CHECK (id <> 'i-00003'))")
            }
            for options in [MoveOptions(batchSize: 2), MoveOptions(resumes: true)] {
                await #expect { try await source.moved(to: target, options) } throws: {
                    let error = $0 as? StorageError
                    return error?.code == .constraint && error?.collection == "items"
                        && error?.advice?.contains("--rollback") == true
                }
            }
            _ = try await source.rolledBack(to: target)
            #expect(try await target.staged().isEmpty)
        }
    }

    /// What somebody has removed since is told.
    @Test(arguments: [Kind.json, .sqlite, .postgres], [nil, ImportConflict.replace])
    func aRollbackTellsWhatIsGone(_ kind: Kind, _ rule: ImportConflict?) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(5))
            if rule != nil { try await target.fill([Item(id: "mine")]) }
            try await source.moved(to: target, .init(merge: rule))
            try await target.with { try await $0.delete("i-00003") }
            let undone = try await source.rolledBack(to: target)
            #expect(undone.removed == 4 && undone.changed.isEmpty && undone.gone == ["i-00003"])
        }
    }

    /// A store whose policies may hide records is not restored into.
    @Test func aRestoreUnderRowSecurityIsRefused() async throws {
        try await withPlaces(.json, .postgres) { source, target in
            try await source.fill(sampleItems(5))
            try await target.fill([Item(id: "mine")])
            // Roles belong to the whole server, which other tests share.
            let role = "restorer_" + target.databaseName
            try await target.psql(
                """
                CREATE ROLE "\(role)"; GRANT ALL ON ALL TABLES IN SCHEMA public TO "\(role)";
                ALTER TABLE items ENABLE ROW LEVEL SECURITY;
                CREATE POLICY visible ON items USING (id <> 'mine');
                """
            )
            let file = source.folder + "/backup"
            try await source.with(.readOnly) { _ = try await StorageBackup.write(from: $0, to: file) }
            let separator = target.url.contains("?") ? "&" : "?"
            let driver = try PostgresDriver(url: target.url + separator + "options=-crole%3D\(role)")
            let database = StorageDatabase(driver: driver, options: Place.patient)
            let items = try database.items()
            try await items.initialize()
            await #expect {
                _ = try await StorageBackup(Item.self, state: ItemState.self, reading: file)
                    .restore(into: items, replacing: true)
            } throws: {
                let error = $0 as? StorageError
                return error?.code == .permission && error?.advice != nil
            }
            try await database.close()
            #expect(try await target.lines("SELECT id FROM items") == ["mine"])
            try await target.psql("DROP OWNED BY \"\(role)\"; DROP ROLE \"\(role)\"")
        }
    }

    struct Plain: StorageRecord, Equatable {
        var id: String
        static let collection = "plains"
        static var fields: [Field<Plain>] { Field("id", \.id).identifier() }
    }

    /// A partitioned table is a table like others: its partitions' rows are its own, and so is what hangs on them.
    @Test func aPartitionedTableIsFilledAndEmptied() async throws {
        let (source, target) = (try await Place(.json), try await Place(.postgres))
        func storage(_ place: Place) throws -> RecordStorage<Plain, RecordsOnly<Plain>> {
            try place.database().storage(Plain.self)
        }
        for place in [source, target] {
            let plains = try storage(place)
            try await plains.initialize()
            if place.kind == .json { try await plains.createMany((0..<20).map { Plain(id: "p-\($0)") }) }
            try await plains.close()
        }
        try await target.run(
            """
            ALTER TABLE plains RENAME TO old;
            CREATE TABLE plains (LIKE old INCLUDING DEFAULTS) PARTITION BY HASH (id);
            ALTER TABLE plains ADD PRIMARY KEY (id);
            CREATE TABLE even PARTITION OF plains FOR VALUES WITH (MODULUS 2, REMAINDER 0);
            CREATE TABLE odd PARTITION OF plains FOR VALUES WITH (MODULUS 2, REMAINDER 1);
            DROP TABLE old;
            """
        )
        func move<Result>(
            _ body: (StorageMigration<Plain, RecordsOnly<Plain>>) async throws -> Result
        ) async throws -> Result {
            let move = try StorageMigration<Plain, RecordsOnly<Plain>>(
                from: try source.database(.readOnly),
                to: try target.database()
            )
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body(move)) } catch { result = .failure(error) }
            try await move.close()
            return try result.get()
        }
        #expect(try await move { try await $0.run().verified } == 20)
        #expect(try await move { try await $0.rollBack().removed } == 20)
        #expect(try await move { try await $0.run().verified } == 20)
        try await target.run(
            """
            CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';
            CREATE TRIGGER note AFTER DELETE ON even FOR EACH ROW EXECUTE FUNCTION note();
            """
        )
        await #expect { try await move { try await $0.rollBack() } } throws: {
            ($0 as? StorageError)?.code == .constraint
        }
        #expect(try await target.lines("SELECT count(*) FROM plains") == ["20"])
        try await target.remove()
    }
}
#endif
