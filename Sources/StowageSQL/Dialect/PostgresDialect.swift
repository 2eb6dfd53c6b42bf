package import Stowage

/// Postgres, from 13 on.
///
/// Text columns carry the collation "C", so that they compare by bytes and `LIKE`-free ranges use their indexes.
/// Nested values are `json`, not `jsonb`, which rewrites numbers and reorders keys (REC-9).
package struct PostgresDialect: SQLDialect {
    package init() {}

    package func table(_ schema: CollectionSchema) -> String {
        guard let namespace = schema.namespace else { return quoted(schema.name) }
        return "\(quoted(namespace)).\(quoted(schema.name))"
    }

    package func placeholder(_ number: Int) -> String { "$\(number)" }

    package func columnType(_ type: FieldType) -> String? {
        switch type {
        case .text: "text COLLATE \"C\""
        case .int: "bigint"
        case .bool: "boolean"
        case .double: "double precision"
        case .data: "bytea"
        case .uuid: "uuid"
        case .time: "timestamptz"
        case .decimal: "numeric"
        case .json: "json"
        }
    }

    package func isDistinct(_ left: String, _ right: String) -> String { "\(left) IS DISTINCT FROM \(right)" }

    package func isMember(_ expression: String, of list: String, _ isIn: Bool, type: FieldType) -> String {
        // Lists of decimal numbers are bound as text.
        let list = type == .decimal ? "CAST(\(list) AS numeric[])" : list
        return isIn ? "\(expression) = ANY(\(list))" : "\(expression) <> ALL(\(list))"
    }

    package func contains(_ text: String, _ needle: String) -> String { "strpos(\(text), \(needle)) > 0" }

    package func hasPrefix(_ text: String, _ prefix: String) -> String { "starts_with(\(text), \(prefix))" }

    package func hasSuffix(_ text: String, _ suffix: String) -> String {
        "right(\(text), length(\(suffix))) = \(suffix)"
    }

    /// `lower` would fold more than ASCII, depending on the database's locale.
    package func foldingASCIICase(_ text: String) -> String {
        "translate(\(text), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"
    }

    package func sortExpression(_ column: String, _ type: FieldType) -> String { column }
    package func withoutIndex(_ sortExpression: String) -> String { sortExpression }
    package func indexExpression(_ column: String, _ type: FieldType) -> String { column }
    package var sortsNullsFirst: Bool { false }

    package func comparison(
        _ column: String,
        _ comparison: QueryPredicate.Comparison,
        _ value: Value,
        in builder: inout SQLBuilder
    ) -> String? { nil }

    package func page(limit: String?, offset: String?) -> String {
        (limit.map { " LIMIT \($0)" } ?? "") + (offset.map { " OFFSET \($0)" } ?? "")
    }

    /// Any type has a text form, whatever extension it comes from.
    package func foreignColumn(_ name: String) -> String { "\(quoted(name))::text" }

    package func isSameJSON(_ left: String, _ right: String) -> String { "\(left)::text = \(right)::text" }

    /// `xmax` is zero in a row version that no transaction has superseded or locked: a fresh one.
    package var insertedExpression: String? { "(xmax = 0)" }
}
