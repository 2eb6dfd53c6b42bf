package import Stowage

/// Reads and writes the pages of a ``Stowage/RecordRewrite``: by key, so that it takes the memory of a page.
package struct SQLRewritePages: Sendable {
    /// How many records are read at once.
    package static let size = 500

    package let table: SQLTable
    private let dialect: any SQLDialect
    private let isUnknownOnly: Bool

    package init(_ rewrite: RecordRewrite, _ dialect: any SQLDialect) {
        table = SQLTable(rewrite.collection, keepsUnknown: true)
        self.dialect = dialect
        isUnknownOnly = rewrite.concernsUnknownOnly
    }

    /// The next page after a key, or the first.
    package func select(after key: [Value]?) throws -> DriverQuery {
        let names = table.schema.key.map { table.schema.fields[$0].name }
        let predicate = key.map { Self.past($0, names) } ?? .all
        return DriverQuery(predicate, order: names.map { SortKey($0) }, limit: Self.size, includesUnknown: true)
    }

    /// Whether a record can change at all.
    package func concerns(_ row: Row) -> Bool { !isUnknownOnly || row.unknown != nil }

    /// Writes everything but the key; ``parameters(of:)`` follow.
    package func update() throws -> String {
        try SQLMutationWriter(dialect, table).update(table.dataFields, alsoUnknown: true)
    }

    /// The data of a row, its unknown members, its key.
    package func parameters(of row: Row) -> [SQLParameter] {
        func parameter(_ position: Int) -> SQLParameter {
            .value(row.values[position], table.schema.fields[position].type)
        }
        return table.dataFields.map(parameter) + [.value(row.unknown.map(Value.text) ?? .null, .text)]
            + table.schema.key.map(parameter)
    }

    /// `a > x or (a = x and b > y)`.
    private static func past(_ key: [Value], _ names: [String]) -> QueryPredicate {
        var alternatives: [QueryPredicate] = []
        var prefix: [QueryPredicate] = []
        for (name, value) in zip(names, key) {
            let beyond: QueryPredicate = .compare(field: name, .greater, value)
            alternatives.append(prefix.isEmpty ? beyond : .and(prefix + [beyond]))
            prefix.append(.compare(field: name, .equal, value))
        }
        return alternatives.count == 1 ? alternatives[0] : .or(alternatives)
    }
}
