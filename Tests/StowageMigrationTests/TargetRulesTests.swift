#if SQLite && Postgres
import Foundation
import Stowage
import StowageMigration
import StowagePostgres
import Testing

/// What the target would refuse is said by the plan, before anything is written.
@Suite struct TargetRulesTests {
    /// Makes an empty store, and lets a change of its table's definition in SQLite, or a statement in Postgres, loose on it.
    private func prepare(_ target: Place, column: String, constraint: String = "") async throws {
        try await target.with { _ in }
        if target.kind == .postgres {
            if !column.isEmpty { try await target.psql("ALTER TABLE items ADD COLUMN \(column)") }
            if !constraint.isEmpty { try await target.psql("ALTER TABLE items ADD \(constraint)") }
            return
        }
        let raw = try RawSQLite(target.file)
        let sql = try #require(try raw.lines("SELECT sql FROM sqlite_master WHERE name = 'items'").first)
        let (start, end) = (try #require(sql.firstIndex(of: "(")), try #require(sql.lastIndex(of: ")")))
        let head = sql[...start] + (column.isEmpty ? "" : column + ", ")
        let tail = constraint.isEmpty ? "" : ", " + constraint
        try raw.run("DROP TABLE items; \(head)\(sql[sql.index(after: start)..<end])\(tail))")
    }

    @Test(arguments: [Kind.sqlite, .postgres])
    func aColumnThatNothingFillsIsRefusedByThePlan(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(5))
            try await prepare(target, column: "extra TEXT NOT NULL")
            let before = try await target.export()
            let plan = try await source.planned(to: target)
            #expect(plan.refusals.map(\.subject) == [.target] && plan.refusals.map(\.field) == ["extra"])
            #expect(plan.refusals.first?.description.hasPrefix("the target, table items, column \"extra\": ") == true)
            await #expect { try await source.moved(to: target) } throws: {
                let error = $0 as? MoveRefused
                return error?.code == .corrupt && error?.refusals == plan.refusals
            }
            #expect(try await target.export() == before)
            #expect(try await source.planned(to: target).lastMove == nil)
        }
    }

    @Test(arguments: [Kind.sqlite, .postgres])
    func aColumnWithADefaultIsNoObstacle(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(5))
            try await prepare(target, column: "extra TEXT NOT NULL DEFAULT 'e'")
            let plan = try await source.planned(to: target)
            #expect(plan.refusals.isEmpty && plan.warnings.isEmpty)
            #expect(try await source.moved(to: target).verified == 5)
        }
    }

    @Test(arguments: [Kind.sqlite, .postgres])
    func rulesThatOnlyWritingChecksAreNamed(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(5), unknown: false)
            try await prepare(
                target,
                column: "",
                constraint: "CONSTRAINT positive CHECK (\"count\" IS NULL OR \"count\" <> 7)"
            )
            if kind == .sqlite {
                try RawSQLite(target.file).run("CREATE TRIGGER watcher AFTER INSERT ON items BEGIN SELECT 1; END")
            } else {
                try await target.psql(
                    """
                    CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
                    CREATE TRIGGER watcher BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION watch();
                    """
                )
            }
            let plan = try await source.planned(to: target)
            #expect(plan.refusals.isEmpty && plan.warnings.count == 2, "\(plan.warnings)")
            #expect(plan.warnings.contains { $0.contains("trigger \"watcher\"") && $0.contains("cannot be checked") })
            #expect(plan.warnings.contains { $0.contains(kind == .sqlite ? "a check" : "check \"positive\"") })
            #expect(try await source.moved(to: target).verified == 5)
        }
    }

    /// Whose values the plan can compare, it compares.
    @Test(arguments: [Kind.sqlite, .postgres])
    func aUniqueIndexOfTheTargetIsCheckedInTheSource(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(
                [
                    Item(id: "a", text: "same"), Item(id: "b", text: "other"), Item(id: "c", text: "same"),
                    Item(id: "d"),
                ],
                unknown: false
            )
            try await target.with { _ in }
            let index = "CREATE UNIQUE INDEX theirs ON items (text)"
            if kind == .sqlite { try RawSQLite(target.file).run(index) } else { try await target.psql(index) }
            let plan = try await source.planned(to: target)
            #expect(plan.refusals.map(\.id) == ["c"] && plan.refusals.map(\.field) == ["text"])
            #expect(plan.refusals.first?.reason.contains("\"theirs\"") == true)
            await #expect { try await source.moved(to: target) } throws: { $0 is MoveRefused }
            #expect(try await target.count() == 0)
        }
    }

    @Test(arguments: [Kind.sqlite, .postgres])
    func anOptionalFieldThatTheTargetRequiresIsRefusedByRecord(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill([Item(id: "a", text: "t"), Item(id: "b"), Item(id: "c")], unknown: false)
            try await target.with { _ in }
            if kind == .sqlite {
                let raw = try RawSQLite(target.file)
                let sql = try #require(try raw.lines("SELECT sql FROM sqlite_master WHERE name = 'items'").first)
                let strict = sql.replacing("\"text\" TEXT", with: "\"text\" TEXT NOT NULL")
                #expect(strict != sql)
                try raw.run("DROP TABLE items; \(strict)")
            } else {
                try await target.psql("ALTER TABLE items ALTER COLUMN text SET NOT NULL")
            }
            let plan = try await source.planned(to: target)
            #expect(plan.refusals.map(\.id) == ["b", "c"] && plan.refusals.allSatisfy { $0.field == "text" })
        }
    }

    /// A source whose engine does not keep unique values apart, since its index is gone.
    @Test(arguments: [Kind.sqlite, .postgres])
    func uniqueValuesThatStandTwiceInTheSourceAreFoundInThePlan(_ kind: Kind) async throws {
        try await withPlaces(kind, .sqlite) { source, target in
            try await source.fill(sampleItems(40), unknown: false)
            let sql = """
                DROP INDEX items_email_key;
                UPDATE items SET email = 'e' WHERE id IN ('i-00003', 'i-00004', 'i-00020');
                """
            if kind == .sqlite { try RawSQLite(source.file).run(sql) } else { try await source.psql(sql) }
            let plan = try await source.planned(to: target)
            #expect(plan.refusals.map(\.id) == ["i-00004", "i-00020"])
            #expect(plan.refusals.allSatisfy { $0.field == "email" })
            await #expect { try await source.moved(to: target) } throws: { ($0 as? MoveRefused)?.code == .corrupt }
            #expect(!FileManager.default.fileExists(atPath: target.folder))
        }
    }

    // MARK: Targets with records

    static let targets: [Kind] = [.memory, .json, .sqlite, .postgres]

    @Test(arguments: targets)
    func aPlanSaysWhatTheMoveWouldDoToATargetWithRecords(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(2500))
            try await target.fill([Item(id: "i-00001"), Item(id: "i-00002"), Item(id: "mine")], unknown: false)
            let before = try await target.export()
            #expect(try await source.planned(to: target).obstacle?.code == .alreadyExists)
            let failing = try await source.planned(to: target, .init(merge: .fail))
            #expect(failing.obstacle?.code == .alreadyExists)
            #expect(failing.merge?.common == ["i-00001", "i-00002"] && failing.merge?.written == 2498)
            for rule in [ImportConflict.skip, .replace] {
                let plan = try await source.planned(to: target, .init(merge: rule))
                #expect(plan.obstacle == nil && plan.refusals.isEmpty)
                #expect(try await target.export() == before)
                let report = try await source.moved(to: target, .init(merge: rule))
                let merge = try #require(plan.merge)
                #expect(merge.written == report.written && merge.written == 2498)
                #expect(merge.skipped == report.skipped && merge.replaced == report.replaced)
                #expect(merge.skipped + merge.replaced == 2)
                _ = try await source.rolledBack(to: target)
            }
        }
    }

    @Test(arguments: targets)
    func aUniqueValueThatTheTargetHoldsIsFoundInThePlan(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(300))
            // The one is replaced itself, the other stays and holds the value.
            try await target.fill(
                [Item(id: "i-00003", email: "5@example.org"), Item(id: "mine", email: "151@example.org")],
                unknown: false
            )
            let replacing = try await source.planned(to: target, .init(merge: .replace))
            #expect(replacing.refusals.map(\.id) == ["i-00151"] && replacing.refusals.map(\.field) == ["email"])
            #expect(!replacing.refusals.description.contains("example.org"))
            let skipping = try await source.planned(to: target, .init(merge: .skip))
            #expect(Set(skipping.refusals.map(\.id)) == ["i-00005", "i-00151"])
            for (rule, plan) in [(ImportConflict.skip, skipping), (.replace, replacing)] {
                await #expect { try await source.moved(to: target, .init(merge: rule)) } throws: {
                    ($0 as? MoveRefused)?.code == .constraint && ($0 as? MoveRefused)?.refusals == plan.refusals
                }
            }
        }
    }

    @Test func aPlanSaysThatAnUnfinishedMoveIsInTheWay() async throws {
        try await withPlaces(.json, .sqlite) { source, target in
            try await source.fill(sampleItems(300))
            try await source.interrupted(to: target, after: 0, .init(batchSize: 50))
            #expect(try await source.planned(to: target).obstacle?.code == .conflict)
            #expect(try await source.planned(to: target, .init(resumes: true)).obstacle == nil)
            try await source.with { try await $0.delete("i-00001") }
            #expect(try await source.planned(to: target, .init(resumes: true)).obstacle?.code == .conflict)
        }
    }
}

/// What a table's own triggers, rules and policies do behind a move's back is found out before it says that it is done.
@Suite struct TableMagicTests {
    /// Makes an empty store whose table drops what is inserted, deleted or changed.
    private func swallow(_ event: String, in target: Place) async throws {
        try await target.with { _ in }
        if target.kind == .sqlite {
            try RawSQLite(target.file).run(
                "CREATE TRIGGER swallow BEFORE \(event) ON items BEGIN SELECT raise(IGNORE); END"
            )
        } else {
            try await target.psql(
                """
                CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
                CREATE TRIGGER swallow BEFORE \(event) ON items FOR EACH ROW EXECUTE FUNCTION swallow();
                """
            )
        }
    }

    @Test(arguments: [Kind.sqlite, .postgres])
    func recordsThatATriggerDropsAreNotMoved(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(5))
            try await swallow("INSERT", in: target)
            await #expect { try await source.moved(to: target) } throws: { ($0 as? MoveRefused)?.code == .corrupt }
            #expect(try await target.count() == 0)
        }
    }

    @Test(arguments: [Kind.sqlite, .postgres])
    func recordsThatATriggerChangesAreNotMoved(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(5))
            try await target.with { _ in }
            if kind == .sqlite {
                try RawSQLite(target.file).run(
                    "CREATE TRIGGER evil AFTER INSERT ON items BEGIN UPDATE items SET text = 'evil' WHERE id = NEW.id; END"
                )
            } else {
                try await target.psql("CREATE RULE evil AS ON INSERT TO items DO ALSO UPDATE items SET text = 'evil'")
            }
            await #expect { try await source.moved(to: target) } throws: { ($0 as? MoveRefused)?.code == .corrupt }
            #expect(try await target.count() == 0)
        }
    }

    @Test(arguments: [Kind.sqlite, .postgres])
    func aRollbackThatATriggerForbidsSaysSo(_ kind: Kind) async throws {
        try await withPlaces(.json, kind) { source, target in
            try await source.fill(sampleItems(5))
            try await swallow("DELETE", in: target)
            #expect(try await source.moved(to: target).verified == 5)
            await #expect { try await source.rolledBack(to: target) } throws: {
                ($0 as? StorageError)?.code == .constraint
            }
            #expect(try await target.count() == 5)
        }
    }

    @Test func recordsThatAPolicyHidesAreNotLeftBehind() async throws {
        try await withPlaces(.postgres, .memory) { source, target in
            try await source.fill(sampleItems(5))
            // Roles belong to the whole server, which other tests share.
            let role = "reader_" + source.databaseName
            try await source.psql(
                """
                CREATE ROLE "\(role)"; GRANT ALL ON ALL TABLES IN SCHEMA public TO "\(role)";
                ALTER TABLE items ENABLE ROW LEVEL SECURITY;
                CREATE POLICY visible ON items USING (id < 'b');
                """
            )
            let separator = source.url.contains("?") ? "&" : "?"
            let driver = try PostgresDriver(url: source.url + separator + "options=-crole%3D\(role)")
            let reader = StorageDatabase(driver: driver, access: .readOnly, options: Place.patient)
            let move = try ItemMove(from: reader, to: try target.database())
            await #expect { try await move.run() } throws: { ($0 as? StorageError)?.code == .permission }
            try await move.close()
            try await source.psql("DROP OWNED BY \"\(role)\"; DROP ROLE \"\(role)\"")
        }
    }

    @Test(arguments: [#"{bad"#, "1"])
    func aStateThatNoStoreCanHoldIsNamed(_ value: String) async throws {
        try await withPlaces(.sqlite, .json) { source, target in
            try await source.fill(sampleItems(2))
            let name = value == "1" ? "_stowage" : "foo"
            try RawSQLite(source.file).run("INSERT INTO _stowage_state VALUES ('\(name)', '\(value)')")
            await #expect { try await source.moved(to: target) } throws: { error in
                (error as? MoveRefused)?.code == .corrupt || (error as? StorageError)?.code == .corrupt
            }
            #expect(!FileManager.default.fileExists(atPath: target.file))
        }
    }
}
#endif
