import ConformanceKit
import FoundationEssentials
import Stowage

// SCH-1, SCH-2: migrations that run twice, by halves or unasked, and a history that lies.
extension Mutant {
    static let migrations: [Mutant] = [
        Mutant("a migration is applied again", killedBy: "sch.migrate.in-order-and-once", by: .applyingAgain),
        Mutant("a migration is not noted", killedBy: "sch.migrate.in-order-and-once", by: .notNoting),
        Mutant("migrations drop unknown members", killedBy: "sch.migrate.keeps-records", by: .droppingUnknowns),
        Mutant("a failed migration is kept half", killedBy: "sch.migrate.failed-is-undone", by: .keepingHalf),
        Mutant("a failed migration is noted", killedBy: "sch.migrate.failed-is-undone", by: .notingFailure),
        Mutant("a checksum is stored and never read", killedBy: "sch.refuse.changed", by: .ignoringChecksums),
        Mutant("a newer history is cut off", killedBy: "sch.refuse.newer", by: .ignoringNewer),
        Mutant("migrations are known by their numbers alone", killedBy: "sch.refuse.missing", by: .ignoringNames),
        Mutant("a default overwrites values", killedBy: "sch.migrate.optionality", by: .overwritingValues),
        Mutant("a value is invented", killedBy: "sch.migrate.required-without-value", by: .inventingValues),
        Mutant("stores are adopted unseen", killedBy: "sch.adopt.newest-that-fits", by: .adoptingUnseen),
    ]

    private init(_ description: String, killedBy killer: String, by lapse: MigrationLapse) {
        self.init(description, killedBy: killer, on: .json) { defect in
            defect.migrate = { driver, migrations, context in
                try await LapsingMigrator(base: driver.schemaDriver(), lapse: lapse, path: driver.site.path)
                    .migrate(migrations, context)
            }
        }
    }
}

private enum MigrationLapse: Sendable {
    case applyingAgain, notNoting, droppingUnknowns, keepingHalf, notingFailure, ignoringChecksums, ignoringNewer
    case ignoringNames, adoptingUnseen, overwritingValues, inventingValues
}

/// The JSON driver's migrations with a lapse, which shows in the file before or after the true ones run.
private struct LapsingMigrator {
    let base: any SchemaDriver
    let lapse: MigrationLapse
    let path: String?

    func migrate(_ migrations: SchemaMigrations, _ context: OperationContext) async throws -> [AppliedMigration] {
        let known = try base.known(migrations)
        switch lapse {
        case .applyingAgain: try changeHistory { if $0.count > 1 { $0.removeLast() } }
        case .ignoringChecksums: try changeHistory { Self.rewrite(&$0, known) { TextOrder.equal($0, $1) } }
        case .ignoringNewer: try changeHistory { $0.removeAll { Self.number($0) > known.count } }
        case .ignoringNames:
            try changeHistory { history in
                history.removeAll { Self.number($0) > known.count }
                Self.rewrite(&history, known) { _, _ in true }
            }
        case .inventingValues: try change { $0.replacing(/"id":\s*"none"\s*\}/, with: #""id":"none","size":0}"#) }
        case .adoptingUnseen: try changeHistory { if $0.isEmpty { $0 = known.map(Self.entry) } }
        default: break
        }
        do {
            let applied = try await base.migrate(migrations, context: context)
            switch lapse {
            case .notNoting: try changeHistory { if $0.count > 1 { $0.removeLast() } }
            case .overwritingValues: try change { $0.replacing(/"size":\s*2/, with: #""size":5"#) }
            case .droppingUnknowns: try change { $0.replacing(/,\s*"x":\s*\{[^}]*\}/, with: "") }
            default: break
            }
            return applied
        } catch {
            switch lapse {
            case .keepingHalf: try change { $0.replacing(/"pages":\s*"1"/, with: #""pages": 1"#) }
            case .notingFailure:
                try changeHistory { history in
                    if history.count < known.count { history.append(Self.entry(known[history.count])) }
                }
            default: break
            }
            throw error
        }
    }

    // MARK: The file

    private func change(_ body: (String) throws -> String) throws {
        guard let path, let text = try? String(contentsOfFile: path, encoding: .utf8) else { return }
        let changed = try body(text)
        if !TextOrder.equal(changed, text) { try Data(changed.utf8).write(to: URL(fileURLWithPath: path)) }
    }

    private func changeHistory(_ body: (inout [JSON]) -> Void) throws {
        try change { text in
            guard case .object(var file) = try JSON(parsing: text), !file.members.isEmpty else { return text }
            var book = file["_stowage"]?.object ?? JSONObject()
            var history = book["migrations"]?.array ?? []
            body(&history)
            book["format"] = .number(JSONNumber(1))
            book["migrations"] = .array(history)
            file["_stowage"] = .object(book)
            return String(decoding: JSON.object(file).compact, as: UTF8.self)
        }
    }

    private static func number(_ entry: JSON) -> Int { Int(entry.object?["number"]?.number?.int64 ?? 0) }

    private static func entry(_ migration: KnownMigration) -> JSON {
        var object = JSONObject()
        object["number"] = .number(JSONNumber(migration.number))
        object["name"] = .string(migration.name)
        object["checksum"] = .string(migration.checksum)
        return .object(object)
    }

    /// Makes the entries say what the program knows, where their names are said to be the same.
    private static func rewrite(_ history: inout [JSON], _ known: [KnownMigration], _ isSame: (String, String) -> Bool)
    {
        history = history.map { entry in
            guard let migration = known.first(where: { $0.number == number(entry) }),
                isSame(migration.name, entry.object?["name"]?.string ?? "")
            else { return entry }
            return Self.entry(migration)
        }
    }
}
