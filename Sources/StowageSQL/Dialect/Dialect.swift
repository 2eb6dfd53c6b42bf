package import Stowage

/// Where two SQL engines differ. Everything else is written once, in the writers.
///
/// Expressions are handed over as text: quoted columns and placeholders, never values.
package protocol SQLDialect: Sendable {
    /// The table's name, quoted, with its namespace.
    ///
    /// - Throws: `unsupported` when the engine has no namespaces.
    func table(_ schema: CollectionSchema) throws -> String

    /// The text that stands for the parameter with this number, counted from one. It may be used twice.
    func placeholder(_ number: Int) -> String

    /// What follows a column's name in `CREATE TABLE`, without `NOT NULL`; nil for no type at all.
    func columnType(_ type: FieldType) -> String?

    /// A comparison that takes two nulls as the same and never answers null.
    func isDistinct(_ left: String, _ right: String) -> String

    /// Whether an expression is (or is not) in a list that is bound as one parameter.
    func isMember(_ expression: String, of list: String, _ isIn: Bool, type: FieldType) -> String

    /// Whether a text holds another anywhere.
    func contains(_ text: String, _ needle: String) -> String
    /// Whether a text begins with another.
    func hasPrefix(_ text: String, _ prefix: String) -> String
    /// Whether a text ends in another.
    func hasSuffix(_ text: String, _ suffix: String) -> String
    /// The text with A to Z made small, and nothing else (QRY-5).
    func foldingASCIICase(_ text: String) -> String

    /// What to sort by, so that the order is that of QRY-2.
    func sortExpression(_ column: String, _ type: FieldType) -> String
    /// The same expression, written so that no index is read for its order. Only for engines that plan without
    /// knowing how selective a range is.
    func withoutIndex(_ sortExpression: String) -> String
    /// What an index that is not unique holds of a column.
    func indexExpression(_ column: String, _ type: FieldType) -> String
    /// Whether nulls come first in ascending order when nothing is said.
    var sortsNullsFirst: Bool { get }

    /// A comparison (not `notEqual`) of a column, which may use parameters of its own; nil for the plain operator.
    func comparison(
        _ column: String,
        _ comparison: QueryPredicate.Comparison,
        _ value: Value,
        in builder: inout SQLBuilder
    ) throws -> String?

    /// The rows left out and the most rows given.
    func page(limit: String?, offset: String?) -> String

    /// What is read of a column that the schema does not know.
    func foreignColumn(_ name: String) -> String

    /// Whether two nested JSON texts are the same, for the guard of an upsert.
    func isSameJSON(_ left: String, _ right: String) -> String
    /// What an upsert returns: true when it inserted. Nil when the engine cannot tell.
    var insertedExpression: String? { get }
}

extension SQLDialect {
    /// A name in quotes, its quotes doubled (QRY-7).
    package func quoted(_ identifier: String) -> String {
        var text = "\""
        text.reserveCapacity(identifier.utf8.count + 2)
        for scalar in identifier.unicodeScalars {
            if scalar == "\"" { text.unicodeScalars.append(scalar) }
            text.unicodeScalars.append(scalar)
        }
        return text + "\""
    }

    /// The column as it is: what an engine with few types hands out says what it is.
    package func foreignColumn(_ name: String) -> String { quoted(name) }

    /// The quoted name of the column that holds a field.
    package func column(_ field: FieldSchema) -> String { quoted(field.name) }
}
