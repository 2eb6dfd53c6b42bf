package import Stowage

/// The files of `Schemas/`: what `storage schema print` writes.
package enum SchemaFiles {
    /// The engines that have files.
    package enum Engine: String, Sendable, CaseIterable {
        case sqlite, postgres, json
    }

    /// A file's name within the engine's folder, and its text.
    package struct File: Sendable {
        package let name: String
        package let text: String
    }

    /// The files of one engine: SQL, a file a migration, or the JSON Schema after each migration.
    package static func files(_ migrations: SchemaMigrations, for engine: Engine) throws -> [File] {
        let dialect: any SQLDialect
        switch engine {
        case .sqlite: dialect = SQLiteDialect()
        case .postgres: dialect = PostgresDialect()
        case .json:
            return try zip(migrations.list, migrations.versions().dropFirst()).map { migration, shapes in
                let title = "The store after migration \(migration.number), \(migration.name)"
                let document = FileSchema.document(shapes, title: title)
                return File(
                    name: migration.fileName + ".schema.json",
                    text: String(decoding: document.pretty, as: UTF8.self) + "\n"
                )
            }
        }
        let writer = SQLMigrationWriter(dialect)
        let own = File(name: "0000_stowage.sql", text: try writer.ownTables())
        return try [own]
            + writer.migrations(migrations).map { File(name: $0.migration.fileName + ".sql", text: $0.text) }
    }
}
