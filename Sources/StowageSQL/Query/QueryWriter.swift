package import Stowage

/// Writes reads: selections by query or key, counts.
package struct SQLQueryWriter: Sendable {
    package let dialect: any SQLDialect
    package let table: SQLTable

    package init(_ dialect: any SQLDialect, _ table: SQLTable) {
        self.dialect = dialect
        self.table = table
    }

    /// The columns of an answer: the fields in schema order, then, when asked for, the unknown members' column if the
    /// table has one, and the foreign columns.
    package func columns(includingUnknown: Bool) -> String {
        var columns = table.schema.fields.map(dialect.column)
        if includingUnknown {
            if table.keepsUnknown { columns.append(dialect.quoted(SQLTable.unknownColumn)) }
            columns += table.foreignColumns.map(dialect.foreignColumn)
        }
        return columns.joined(separator: ", ")
    }

    /// What is read from: the table, or nothing with its columns.
    package func source() throws -> String {
        let name = try dialect.table(table.schema)
        guard table.isAbsent else { return name }
        let columns = table.schema.fields.map { field in
            let type = dialect is PostgresDialect ? dialect.columnType(field.type).map { "::\($0)" } ?? "" : ""
            return "NULL\(type) AS \(dialect.column(field))"
        }
        return "(SELECT \(columns.joined(separator: ", ")) WHERE 1 = 0) AS \(dialect.quoted(table.schema.name))"
    }

    /// Answers a query.
    package func select(_ query: DriverQuery) throws -> SQLStatement {
        let text = try "SELECT \(columns(includingUnknown: query.includesUnknown)) FROM \(source())"
        var builder = try filtered(text, by: query.predicate)
        builder.text += try orderClause(query)
        let limit = query.limit.map { builder.bind(.int(Int64($0)), as: .int) }
        let offset = query.offset > 0 ? builder.bind(.int(Int64(query.offset)), as: .int) : nil
        builder.text += dialect.page(limit: limit, offset: offset)
        return builder.statement
    }

    /// Counts what matches.
    package func count(_ predicate: QueryPredicate) throws -> SQLStatement {
        try filtered("SELECT count(*) FROM \(source())", by: predicate).statement
    }

    /// Reads one record by its key, whose values are the parameters in order.
    package func selectByKey(includingUnknown: Bool) throws -> String {
        try "SELECT \(columns(includingUnknown: includingUnknown)) FROM \(source())" + keyCondition(from: 1)
    }

    /// ` WHERE` over the key's columns, the first of which has the parameter with this number.
    package func keyCondition(from first: Int) -> String {
        let parts = table.schema.key.enumerated().map { number, position in
            "\(dialect.column(table.schema.fields[position])) = \(dialect.placeholder(first + number))"
        }
        return " WHERE " + parts.joined(separator: " AND ")
    }

    /// A statement up to a predicate, with its condition.
    func filtered(_ text: String, by predicate: QueryPredicate, _ start: SQLBuilder? = nil) throws -> SQLBuilder {
        var writer = PredicateWriter(builder: start ?? SQLBuilder(dialect), schema: table.schema)
        let condition: String? = if case .all = predicate { nil } else { try writer.condition(predicate) }
        writer.builder.text = text + (condition.map { " WHERE \($0)" } ?? "")
        return writer.builder
    }

    private func orderClause(_ query: DriverQuery) throws -> String {
        if query.order.isEmpty { return "" }
        let rangesDecide = rangesDecide(query)
        let terms = try query.order.enumerated().map { number, key in
            let field = table.schema.fields[try table.schema.knownPosition(of: key.field)]
            guard field.type != .json else {
                throw StorageError(.invalidArgument, "a nested value cannot be sorted by").inField(field.name)
            }
            var term = dialect.sortExpression(dialect.column(field), field.type)
            // The first term is enough: an index gives an order from its start.
            if number == 0, rangesDecide { term = dialect.withoutIndex(term) }
            let isAscending = key.direction == .ascending
            if !isAscending { term += " DESC" }
            // Said only where it changes something: a plain order is what an index has.
            let comesFirst = dialect.sortsNullsFirst == isAscending
            if field.isOptional, (key.placement == .first) != comesFirst {
                term += key.placement == .first ? " NULLS FIRST" : " NULLS LAST"
            }
            return term
        }
        return " ORDER BY " + terms.joined(separator: ", ")
    }

    /// Whether the answer is to be found by a range over an indexed field (QRY-10) and then sorted.
    ///
    /// Not when that index gives the order as well, and not for the first few rows by another indexed field.
    private func rangesDecide(_ query: DriverQuery) -> Bool {
        let schema = table.schema
        func leadsIndex(_ field: String) -> Bool {
            guard let position = schema.position(of: field) else { return false }
            return schema.key.first == position || schema.indexes.contains { $0.fields.first == position }
        }
        var ranges: [String] = []
        var rest = [query.predicate]
        while let next = rest.popLast() {
            switch next {
            case .and(let parts): rest += parts
            case .compare(let field, let comparison, _) where comparison != .notEqual && leadsIndex(field):
                ranges.append(field)
            case .text(let field, .hasPrefix, let needle, false) where !needle.isEmpty && leadsIndex(field):
                ranges.append(field)
            default: break
            }
        }
        guard let first = query.order.first?.field, !ranges.isEmpty else { return false }
        if ranges.contains(where: { TextOrder.equal($0, first) }) { return false }
        let isSortedByKey = schema.position(of: first) == schema.key.first
        return query.limit == nil || isSortedByKey || !leadsIndex(first)
    }
}
