package import Stowage

/// Writes tables and indexes.
package struct SQLSchemaWriter: Sendable {
    package let dialect: any SQLDialect

    package init(_ dialect: any SQLDialect) { self.dialect = dialect }

    /// Everything that a collection needs, in order; what exists is left alone.
    package func create(_ schema: CollectionSchema) throws -> [String] {
        [try createTable(schema)] + (try createIndexes(schema))
    }

    /// The table: a column a field, those of required fields `NOT NULL`, then the unknown members.
    package func createTable(_ schema: CollectionSchema) throws -> String {
        var lines = schema.fields.map { field in
            var line = dialect.column(field)
            if let type = dialect.columnType(field.type) { line += " \(type)" }
            if !field.isOptional { line += " NOT NULL" }
            return line
        }
        if SQLTable.shouldKeepUnknown(schema) { lines.append(unknownColumn) }
        let key = schema.key.map { dialect.column(schema.fields[$0]) }.joined(separator: ", ")
        lines.append("PRIMARY KEY (\(key))")
        return try "CREATE TABLE IF NOT EXISTS \(dialect.table(schema)) (\n  \(lines.joined(separator: ",\n  "))\n)"
    }

    /// The indexes.
    ///
    /// A unique one always holds the stored values themselves. Where ranges over them need another expression
    /// (decimals in SQLite) a second index holds that.
    package func createIndexes(_ schema: CollectionSchema) throws -> [String] {
        let table = try dialect.table(schema)
        return indexes(schema).map { index in
            let kind = index.isUnique ? "UNIQUE INDEX" : "INDEX"
            return "CREATE \(kind) IF NOT EXISTS \(dialect.quoted(index.name)) ON \(table) (\(index.keyList))"
        }
    }

    /// The names of the indexes that ``createIndexes(_:)`` makes.
    package func indexNames(_ schema: CollectionSchema) -> [String] { indexes(schema).map(\.name) }

    /// An index that ``createIndexes(_:)`` makes.
    package struct Index: Sendable {
        package let name: String
        package let isUnique: Bool
        /// The fields, and the text of what it holds of each.
        package let keys: [(field: String, text: String)]
        /// Whether it holds anything but columns.
        package let hasExpressions: Bool
        /// What stands between its parentheses.
        package var keyList: String { keys.map(\.text).joined(separator: ", ") }
    }

    /// The indexes that ``createIndexes(_:)`` makes.
    package func indexes(_ schema: CollectionSchema) -> [Index] {
        schema.indexes.flatMap { index in
            let fields = index.fields.map { schema.fields[$0] }
            let plain = fields.map { (field: $0.name, text: dialect.column($0)) }
            let ranges = fields.map { field in
                (field: field.name, text: dialect.indexExpression(dialect.column(field), field.type))
            }
            let hasExpressions = !zip(plain, ranges).allSatisfy { $0.text == $1.text }
            guard index.isUnique else {
                return [Index(name: index.name, isUnique: false, keys: ranges, hasExpressions: hasExpressions)]
            }
            let unique = Index(name: index.name, isUnique: true, keys: plain, hasExpressions: false)
            guard hasExpressions else { return [unique] }
            let range = "_stowage_range_\(index.name)"
            return [unique, Index(name: range, isUnique: false, keys: ranges, hasExpressions: true)]
        }
    }

    /// Gives an existing table, which another program made, the column for unknown members.
    package func addUnknownColumn(_ schema: CollectionSchema) throws -> String {
        try "ALTER TABLE \(dialect.table(schema)) ADD COLUMN \(unknownColumn)"
    }

    private var unknownColumn: String { "\(dialect.quoted(SQLTable.unknownColumn)) text" }

    /// Checks an existing table's columns against the schema (SCH-3).
    ///
    /// - Parameter columns: The names of the stored columns, those that can be written.
    /// - Throws: `schemaMismatch` naming the first column that is missing.
    package func check(
        _ schema: CollectionSchema,
        hasColumns columns: [String],
        isSame: (String, String) -> Bool
    ) throws -> SQLTable {
        for field in schema.fields where !columns.contains(where: { isSame($0, field.name) }) {
            throw StorageError(
                .schemaMismatch,
                "the table lacks a column of the schema",
                advice: "Migrate the store to this schema"
            ).inCollection(schema.name).inField(field.name)
        }
        let foreign = columns.filter { column in
            !isSame(column, SQLTable.unknownColumn) && !schema.fields.contains { isSame($0.name, column) }
        }
        let keepsUnknown = columns.contains { isSame($0, SQLTable.unknownColumn) }
        return SQLTable(schema, keepsUnknown: keepsUnknown, foreignColumns: foreign)
    }
}
