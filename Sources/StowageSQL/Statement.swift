package import Stowage

/// SQL text and what is bound to it. The text never contains a value (QRY-7, LIF-4).
package struct SQLStatement: Sendable {
    /// The text, with the dialect's placeholders.
    package var text: String
    /// The values of the placeholders, in order.
    package var parameters: [SQLParameter]

    package init(_ text: String, _ parameters: [SQLParameter] = []) {
        self.text = text
        self.parameters = parameters
    }
}

/// What stands for one placeholder. The type goes with it, since a null or an empty list has none of its own.
package enum SQLParameter: Sendable, Hashable {
    /// One value, perhaps null.
    case value(Value, FieldType)
    /// A list of values without nulls: an array in Postgres, a JSON array in SQLite.
    case array([Value], FieldType)
}

/// Collects a statement's text and parameters.
package struct SQLBuilder {
    package let dialect: any SQLDialect
    package var text = ""
    package private(set) var parameters: [SQLParameter] = []

    package init(_ dialect: any SQLDialect) { self.dialect = dialect }

    /// The finished statement.
    package var statement: SQLStatement { SQLStatement(text, parameters) }

    /// Adds a parameter; returns its placeholder.
    package mutating func bind(_ value: Value, as type: FieldType) -> String {
        parameters.append(.value(value, type))
        return dialect.placeholder(parameters.count)
    }

    /// Adds a parameter that is a list; returns its placeholder.
    package mutating func bind(all values: [Value], as type: FieldType) -> String {
        parameters.append(.array(values, type))
        return dialect.placeholder(parameters.count)
    }
}
