package import Stowage

/// Writes changes. Of single rows only the text is made here: the parameters are the row's values in schema order,
/// then its unknown members when the table keeps them.
package struct SQLMutationWriter: Sendable {
    package let dialect: any SQLDialect
    package let table: SQLTable
    private let query: SQLQueryWriter

    package init(_ dialect: any SQLDialect, _ table: SQLTable) {
        self.dialect = dialect
        self.table = table
        query = SQLQueryWriter(dialect, table)
    }

    /// How many parameters a whole row has.
    package var rowParameterCount: Int { table.schema.fields.count + (table.keepsUnknown ? 1 : 0) }

    /// The columns that Stowage writes.
    private var writtenColumns: [String] {
        table.schema.fields.map(dialect.column) + (table.keepsUnknown ? [dialect.quoted(SQLTable.unknownColumn)] : [])
    }

    private var keyColumns: String {
        table.schema.key.map { dialect.column(table.schema.fields[$0]) }.joined(separator: ", ")
    }

    /// Stores a new record.
    package func insert(into target: String? = nil) throws -> String {
        let columns = writtenColumns
        let values = (1...columns.count).map(dialect.placeholder).joined(separator: ", ")
        return try
            "INSERT INTO \(target ?? dialect.table(table.schema)) (\(columns.joined(separator: ", "))) VALUES (\(values))"
    }

    /// Stores a new record unless its key is taken.
    package func insertIfAbsent() throws -> String { try insert() + " ON CONFLICT (\(keyColumns)) DO NOTHING" }

    /// Inserts or replaces in one statement. Columns that the schema does not know are not touched (REC-9).
    ///
    /// A nested value that differs from the stored one may hold less than it: then the guard stops the update, no row
    /// is returned, and the caller reads the stored texts, asks ``FieldSchema/keepingUnknown`` and updates. Every
    /// other answer is one row with the dialect's ``SQLDialect/insertedExpression``.
    package func upsert() throws -> String {
        let stored = dialect.quoted("stowage_stored")
        let data = table.dataFields.isEmpty ? table.schema.key : table.dataFields
        let assignments = data.map { position in
            let column = dialect.column(table.schema.fields[position])
            return "\(column) = excluded.\(column)"
        }
        let guards = table.schema.fields.filter { $0.type == .json }.map { field in
            let column = dialect.column(field)
            return "(\(stored).\(column) IS NULL OR \(dialect.isSameJSON("\(stored).\(column)", "excluded.\(column)")))"
        }
        return try insert(into: "\(dialect.table(table.schema)) AS \(stored)")
            + " ON CONFLICT (\(keyColumns)) DO UPDATE SET \(assignments.joined(separator: ", "))"
            + (guards.isEmpty ? "" : " WHERE \(guards.joined(separator: " AND "))")
            + " RETURNING \(dialect.insertedExpression ?? "1")"
    }

    /// Sets fields of one record: the parameters are the new values in the order of the positions, then the key.
    package func update(
        _ fields: [Int],
        alsoUnknown: Bool = false,
        in target: String? = nil,
        returningRow: Bool = false
    ) throws -> String {
        var columns = fields.map { dialect.column(table.schema.fields[$0]) }
        if alsoUnknown { columns.append(dialect.quoted(SQLTable.unknownColumn)) }
        let assignments = columns.enumerated().map { "\($1) = \(dialect.placeholder($0 + 1))" }
        return try "UPDATE \(target ?? dialect.table(table.schema)) SET \(assignments.joined(separator: ", "))"
            + query.keyCondition(from: columns.count + 1)
            + (returningRow ? " RETURNING \(query.columns(includingUnknown: true))" : "")
    }

    /// Removes the record with a key.
    package func delete() throws -> String {
        try "DELETE FROM \(dialect.table(table.schema))" + query.keyCondition(from: 1)
    }

    /// Sets fields of all records that match.
    package func updateAll(_ predicate: QueryPredicate, _ assignments: [Assignment]) throws -> SQLStatement {
        var builder = SQLBuilder(dialect)
        let terms = assignments.map { assignment in
            let field = table.schema.fields[assignment.field]
            return "\(dialect.column(field)) = \(builder.bind(assignment.value, as: field.type))"
        }
        let text = try "UPDATE \(dialect.table(table.schema)) SET \(terms.joined(separator: ", "))"
        return try query.filtered(text, by: predicate, builder).statement
    }

    /// Removes all records that match.
    package func deleteAll(_ predicate: QueryPredicate) throws -> SQLStatement {
        try query.filtered("DELETE FROM \(dialect.table(table.schema))", by: predicate).statement
    }
}
