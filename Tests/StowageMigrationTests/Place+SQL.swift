#if SQLite && Postgres
import Stowage
import StowageMigration
import Testing

/// What another program does to a store, in the SQL of its engine.
extension Place {
    /// Runs statements.
    func run(_ sql: String) async throws {
        if kind == .sqlite { try RawSQLite(file).run(sql) } else { try await psql(sql) }
    }

    /// The rows of an answer as lines, their columns joined by bars.
    func lines(_ sql: String) async throws -> [String] {
        if kind == .sqlite { return try RawSQLite(file).lines(sql) }
        return try await psql(sql).split(separator: "\n").map(String.init)
    }

    /// The tables and indexes of a store whose names look like a pattern.
    func names(like pattern: String) async throws -> [String] {
        try await lines(
            kind == .sqlite
                ? "SELECT name FROM sqlite_master WHERE name LIKE '\(pattern)' ESCAPE '\\'"
                : "SELECT relname FROM pg_class WHERE relname LIKE '\(pattern)'"
        )
    }

    /// The staging areas of unfinished moves.
    func staged() async throws -> [String] { try await names(like: "\\_stowage\\_move\\_items") }

    /// Makes a trigger that fills a column of each record which is inserted.
    func fillOnInsert(_ column: String, with value: String) async throws {
        if kind == .sqlite {
            try await run(
                """
                CREATE TRIGGER fill AFTER INSERT ON items BEGIN UPDATE items SET \(column) = \(value) WHERE id = NEW.id; END
                """
            )
        } else {
            try await run(
                """
                CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.\(column) := \(value); RETURN NEW; END';
                CREATE TRIGGER fill BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION fill();
                """
            )
        }
    }

    /// Runs a move and cancels it once it has copied a number of records.
    func interrupted(to target: Place, after count: Int, _ options: MoveOptions) async throws {
        let task = Task {
            try await moved(to: target, options) { progress in
                // The handler runs in the task of the move.
                if progress.phase == .copying, progress.done >= count { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }
        await #expect { try await task.value } throws: { ($0 as? StorageError)?.code == .cancelled }
    }
}
#endif
