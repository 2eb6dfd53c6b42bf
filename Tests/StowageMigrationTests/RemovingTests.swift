#if SQLite && Postgres
import Foundation
import Stowage
import StowageMigration
import Testing

/// What removing records would do elsewhere, and what is not ours to remove.
@Suite struct RemovingTests {
    enum Tie: String, Sendable, CaseIterable { case cascade, setNull, trigger }

    static let ties = [Kind.sqlite, .postgres].flatMap { kind in Tie.allCases.map { (kind, $0) } }

    /// Another table that changes when a record is removed.
    private func tie(_ tie: Tie, to target: Place) async throws {
        switch tie {
        case .cascade: try await target.run("CREATE TABLE notes(item text REFERENCES items(id) ON DELETE CASCADE)")
        case .setNull: try await target.run("CREATE TABLE notes(item text REFERENCES items(id) ON DELETE SET NULL)")
        case .trigger:
            try await target.run("CREATE TABLE notes(item text)")
            if target.kind == .sqlite {
                try await target.run("CREATE TRIGGER forget AFTER DELETE ON items BEGIN DELETE FROM notes; END")
            } else {
                try await target.run(
                    """
                    CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM notes; RETURN OLD; END';
                    CREATE TRIGGER forget AFTER DELETE ON items FOR EACH ROW EXECUTE FUNCTION forget();
                    """
                )
            }
        }
    }

    @Test(arguments: ties)
    func aRollbackThatWouldChangeOtherTablesIsRefusedByName(_ kind: Kind, _ tie: Tie) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(5))
            try await target.with { _ in }
            try await self.tie(tie, to: target)
            let name = tie == .trigger ? "trigger forget" : "foreign key of the table notes"
            let plan = try await source.planned(to: target)
            #expect(plan.warnings.contains { $0.contains("rolled back") && $0.contains(name) }, "\(plan.warnings)")
            try await source.moved(to: target)
            try await target.run("INSERT INTO notes VALUES ('i-00001')")
            await #expect { try await source.rolledBack(to: target) } throws: {
                let error = $0 as? StorageError
                return error?.code == .constraint && error?.message.contains(name) == true
            }
            #expect(try await target.count() == 5)
            #expect(try await target.lines("SELECT item FROM notes") == ["i-00001"])
            // The move is still remembered, and undone once nothing is in the way.
            try await target.run("DROP TABLE notes")
            if tie == .trigger {
                try await target.run(kind == .sqlite ? "DROP TRIGGER forget" : "DROP TRIGGER forget ON items")
            }
            #expect(try await source.rolledBack(to: target).removed == 5)
        }
    }

    @Test(arguments: ties)
    func aRestoreThatWouldChangeOtherTablesIsRefusedByName(_ kind: Kind, _ tie: Tie) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(5))
            try await target.fill([Item(id: "i-00001"), Item(id: "mine")])
            try await self.tie(tie, to: target)
            try await target.run("INSERT INTO notes VALUES ('i-00001')")
            let file = source.folder + "/backup"
            try await source.with(.readOnly) { _ = try await StorageBackup.write(from: $0, to: file) }
            let before = try await target.export()
            await #expect {
                try await target.with {
                    _ = try await StorageBackup(Item.self, state: ItemState.self, reading: file)
                        .restore(into: $0, replacing: true)
                }
            } throws: {
                let error = $0 as? StorageError
                return error?.code == .constraint && error?.message.contains("other tables") == true
            }
            #expect(try await target.export() == before)
            #expect(try await target.lines("SELECT item FROM notes") == ["i-00001"])
        }
    }

    /// A restore with `--replace` replaces everything; which columns went with it is said.
    @Test(arguments: [Kind.sqlite, .postgres])
    func aRestoreNamesTheColumnsThatItClears(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(5))
            try await target.fill([Item(id: "i-00001"), Item(id: "mine")])
            try await target.run(
                "ALTER TABLE items ADD COLUMN extra text DEFAULT 'e'; ALTER TABLE items ADD COLUMN bare text"
            )
            let file = source.folder + "/backup"
            try await source.with(.readOnly) { _ = try await StorageBackup.write(from: $0, to: file) }
            try await target.with {
                let backup = try await StorageBackup(Item.self, state: ItemState.self, reading: file)
                let report = try await backup.restore(into: $0, replacing: true)
                #expect(report.clearedColumns == ["extra"] && report.verified == 5)
            }
            #expect(try await source.verified(against: target).isEqual)
            // A backup of the table itself has another value than the column's default.
            try await target.run("UPDATE items SET extra = 'other' WHERE id = 'i-00002'")
            let before = try await target.export()
            let own = source.folder + "/own"
            try await target.with(.readOnly) { _ = try await StorageBackup.write(from: $0, to: own) }
            await #expect {
                try await target.with {
                    _ = try await StorageBackup(Item.self, state: ItemState.self, reading: own)
                        .restore(into: $0, replacing: true)
                }
            } throws: {
                let error = $0 as? StorageError
                return error?.code == .corrupt && error?.recordID == "i-00002" && error?.field == "extra"
            }
            #expect(try await target.export() == before)
        }
    }

    /// A table that happens to have the name of a staging area, and that no move has made.
    @Test(arguments: [Kind.sqlite, .postgres])
    func aTableOfTheStagingAreasNameIsNotRemoved(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(5))
            try await target.with { _ in }
            try await target.run(
                "CREATE TABLE _stowage_move_items(mine text); INSERT INTO _stowage_move_items VALUES ('keep')"
            )
            func mine() async throws -> [String] { try await target.lines("SELECT mine FROM _stowage_move_items") }
            #expect(try await source.planned(to: target).obstacle?.code == .alreadyExists)
            for options in [MoveOptions(), MoveOptions(resumes: true)] {
                await #expect { try await source.moved(to: target, options) } throws: {
                    let error = $0 as? StorageError
                    return error?.code == .alreadyExists && error?.message.contains("_stowage_move_items") == true
                }
            }
            #expect(try await mine() == ["keep"])
            // A merge needs no staging area, and neither a rollback of one nor a restore removes what is not theirs.
            try await target.with { try await $0.create(Item(id: "mine")) }
            try await source.moved(to: target, .init(merge: .replace))
            #expect(try await source.rolledBack(to: target).removed == 5)
            try await source.moved(to: target, .init(merge: .replace))
            let file = source.folder + "/backup"
            try await source.with(.readOnly) { _ = try await StorageBackup.write(from: $0, to: file) }
            try await target.with {
                _ = try await StorageBackup(Item.self, state: ItemState.self, reading: file)
                    .restore(into: $0, replacing: true)
            }
            #expect(try await mine() == ["keep"])
        }
    }
}
#endif
