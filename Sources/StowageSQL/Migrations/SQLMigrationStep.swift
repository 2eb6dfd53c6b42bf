package import Stowage

/// One step of a migration on an SQL engine.
package enum SQLMigrationStep: Sendable {
    /// A statement.
    case statement(String)
    /// A statement that adds a column; SQLite, which cannot say "if not exists", leaves it out where the column is there.
    case addColumn(String, named: String, of: CollectionSchema)
    /// Makes a namespace, unless it is there.
    case namespace(String, statement: String)
    /// SQL of the app's own, of any number of statements.
    case script(String)
    /// A way through the records, by code.
    case rewrite(RecordRewrite)
    /// Statements that put another column in a column's place: what stands on the old one is kept as it is.
    case replacing(column: String, of: CollectionSchema, steps: [SQLMigrationStep])
    /// Nothing, which the text says.
    case nothing(String)
}

/// A migration for one engine: its steps, and the text that shows them.
package struct SQLMigration: Sendable {
    /// The migration.
    package let migration: SchemaMigration
    /// What runs.
    package let steps: [SQLMigrationStep]
    /// The collections before it.
    package let before: [CollectionShape]
    /// The collections after it.
    package let after: [CollectionShape]

    /// The text of the migration's file: every statement that runs, and what runs between them. Its SHA-256 is kept by
    /// every store, so nothing here, nor in the writers that it is made of, may change for a step that exists.
    package var text: String {
        var text = "-- \(migration.number) \(migration.name)\n"
        for step in steps { text += Self.text(of: step) }
        return text
    }

    private static func text(of step: SQLMigrationStep) -> String {
        switch step {
        case .statement(let sql), .addColumn(let sql, _, _), .namespace(_, let sql): "\n\(sql);\n"
        case .script(let sql): sql.hasSuffix("\n") ? "\n\(sql)" : "\n\(sql)\n"
        case .rewrite(let rewrite): "\n-- By code: \(commented(rewrite.note)).\n"
        case .replacing(_, _, let steps): steps.map(text).joined()
        case .nothing(let note): "\n-- \(note).\n"
        }
    }

    /// A comment ends with its line.
    private static func commented(_ text: String) -> String {
        text.replacing("\n", with: "\\n").replacing("\r", with: "\\r")
    }
}

extension StorageError {
    /// The error of a statement of a migration, which it shows: its text is the app's own and holds no record's values.
    package func ofStatement(_ sql: String) -> StorageError {
        if [.timeout, .cancelled, .unavailable, .commitUnknown, .closed, .storageFull, .conflict].contains(code) {
            return self
        }
        let line = sql.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let start = line.count > 160 ? line.prefix(160) + " …" : line[...]
        return advising((advice.map { $0 + ". " } ?? "") + "The statement: \(start)")
    }
}
