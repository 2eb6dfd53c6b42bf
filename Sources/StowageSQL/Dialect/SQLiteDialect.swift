package import Stowage

/// SQLite, from 3.35 on.
///
/// | field | column | why |
/// |---|---|---|
/// | text | `TEXT` | compared by bytes (VAL-1) |
/// | int, bool | `INTEGER` | |
/// | double | no type | a `REAL` column turns -0.0 into 0.0 (VAL-4) |
/// | data | `BLOB` | |
/// | uuid, time | `TEXT` | lower case; RFC 3339: text order is their order |
/// | decimal | `TEXT` | canonical, so equality is that of text; ordered by ``decimalKey`` |
/// | json | `TEXT` | as it was written |
package struct SQLiteDialect: SQLDialect {
    /// The function that makes a decimal's text a blob whose byte order is the order of the numbers.
    package static let decimalKey = "stowage_decimal_key"
    /// The function that makes a whole number the double of those bits: SQLite's JSON rounds some numbers wrongly.
    package static let doubleFromBits = "stowage_double"
    /// The function that makes text in hexadecimal digits a blob.
    package static let dataFromHex = "stowage_unhex"

    package init() {}

    package func table(_ schema: CollectionSchema) throws -> String {
        if schema.namespace != nil {
            throw StorageError(.unsupported, "SQLite has no namespaces", advice: "Use a file of its own instead")
                .inCollection(schema.name)
        }
        return quoted(schema.name)
    }

    package func placeholder(_ number: Int) -> String { "?\(number)" }

    package func columnType(_ type: FieldType) -> String? {
        switch type {
        case .text, .uuid, .time, .decimal, .json: "TEXT"
        case .int, .bool: "INTEGER"
        case .data: "BLOB"
        case .double: nil
        }
    }

    package func isDistinct(_ left: String, _ right: String) -> String { "\(left) IS NOT \(right)" }

    package func isMember(_ expression: String, of list: String, _ isIn: Bool, type: FieldType) -> String {
        let item =
            switch type {
            case .double: "\(Self.doubleFromBits)(value)"
            case .data: "\(Self.dataFromHex)(value)"
            default: "value"
            }
        return "\(expression) \(isIn ? "IN" : "NOT IN") (SELECT \(item) FROM json_each(\(list)))"
    }

    package func contains(_ text: String, _ needle: String) -> String { "instr(\(text), \(needle)) > 0" }

    package func hasPrefix(_ text: String, _ prefix: String) -> String {
        "substr(\(text), 1, length(\(prefix))) = \(prefix)"
    }

    package func hasSuffix(_ text: String, _ suffix: String) -> String {
        "substr(\(text), -length(\(suffix))) = \(suffix)"
    }

    package func foldingASCIICase(_ text: String) -> String { "lower(\(text))" }

    package func sortExpression(_ column: String, _ type: FieldType) -> String {
        type == .decimal ? "\(Self.decimalKey)(\(column))" : column
    }

    /// SQLite takes any range for a large part of the table, and would rather read all of it in the order of the key.
    package func withoutIndex(_ sortExpression: String) -> String { "+\(sortExpression)" }

    /// An index over our own function would make the table unreadable for every program that lacks it.
    package func indexExpression(_ column: String, _ type: FieldType) -> String {
        type == .decimal ? "CAST(\(column) AS REAL)" : column
    }

    package var sortsNullsFirst: Bool { true }

    /// Decimals: first by a double, which an index answers, with slack for its rounding; then exactly.
    package func comparison(
        _ column: String,
        _ comparison: QueryPredicate.Comparison,
        _ value: Value,
        in builder: inout SQLBuilder
    ) throws -> String? {
        guard case .decimal(let decimal) = value else { return nil }
        let text = SQLDecimal.text(of: decimal)
        guard let number = Double(text), let key = SQLDecimal.key(of: text.utf8) else {
            throw StorageError(.invalidValue, "a decimal number cannot be stored")
        }
        let rough = "CAST(\(column) AS REAL)"
        let slack = number.magnitude * 1e-12
        let exact = "\(Self.decimalKey)(\(column))"
        switch comparison {
        case .less, .lessOrEqual:
            let bound = builder.bind(.double(number + slack), as: .double)
            let sign = comparison == .less ? "<" : "<="
            return "(\(rough) <= \(bound) AND \(exact) \(sign) \(builder.bind(.data(key), as: .data)))"
        case .greater, .greaterOrEqual:
            let bound = builder.bind(.double(number - slack), as: .double)
            let sign = comparison == .greater ? ">" : ">="
            return "(\(rough) >= \(bound) AND \(exact) \(sign) \(builder.bind(.data(key), as: .data)))"
        case .equal:
            let low = builder.bind(.double(number - slack), as: .double)
            let high = builder.bind(.double(number + slack), as: .double)
            // Without the plus SQLite takes the equality for so selective that it reads the whole table.
            let same = "+\(column) = \(builder.bind(value, as: .decimal))"
            return "(\(rough) >= \(low) AND \(rough) <= \(high) AND \(same))"
        case .notEqual:
            return nil
        }
    }

    package func page(limit: String?, offset: String?) -> String {
        guard let offset else { return limit.map { " LIMIT \($0)" } ?? "" }
        return " LIMIT \(limit ?? "-1") OFFSET \(offset)"
    }

    package func isSameJSON(_ left: String, _ right: String) -> String { "\(left) IS \(right)" }

    package var insertedExpression: String? { nil }
}
