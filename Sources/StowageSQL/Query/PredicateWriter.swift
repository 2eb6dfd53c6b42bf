internal import Stowage

/// Turns predicates into conditions.
///
/// SQL's logic has three values, ours two (QRY-1). A negation is therefore pushed down to the comparisons, where its
/// meaning for null is written out; above them stand only AND and OR, in which "unknown" ends as false does.
struct PredicateWriter {
    var builder: SQLBuilder
    let schema: CollectionSchema
    private var dialect: any SQLDialect { builder.dialect }

    init(builder: SQLBuilder, schema: CollectionSchema) {
        self.builder = builder
        self.schema = schema
    }

    private static let always = "1=1"
    private static let never = "1=0"

    mutating func condition(_ predicate: QueryPredicate, negated: Bool = false) throws -> String {
        switch predicate {
        case .all: return negated ? Self.never : Self.always
        case .none: return negated ? Self.always : Self.never
        case .not(let inner): return try condition(inner, negated: !negated)
        case .and, .or: return try connected(predicate, negated: negated)
        case .compare(let field, let comparison, let value):
            return try compared(
                try namedField(field),
                negated ? comparison.negated : comparison,
                value,
                orNull: negated
            )
        case .member(let field, let isIn, let values):
            return try member(try namedField(field), isIn != negated, values)
        case .isNil(let field): return "\(try column(field)) \(negated ? "IS NOT NULL" : "IS NULL")"
        case .isNotNil(let field): return "\(try column(field)) \(negated ? "IS NULL" : "IS NOT NULL")"
        case .text(let field, let match, let needle, let ignoringCase):
            return try text(try namedField(field), match, needle, ignoringCase, negated)
        }
    }

    private func namedField(_ name: String) throws -> FieldSchema { schema.fields[try schema.knownPosition(of: name)] }

    private func column(_ name: String) throws -> String { dialect.column(try namedField(name)) }

    /// A field that takes comparisons with values of this type.
    private func check(_ field: FieldSchema, takes type: FieldType?) throws {
        guard field.type != .json else {
            throw StorageError(.invalidArgument, "a nested value can only be tested for nil").inField(field.name)
        }
        guard type == field.type else {
            throw StorageError(.invalidArgument, "a field of type \(field.type) is compared with another type")
                .inField(field.name)
        }
    }

    // MARK: And, or

    private mutating func connected(_ predicate: QueryPredicate, negated: Bool) throws -> String {
        let isAnd = if case .and = predicate { true } else { false }
        let parts = Self.terms(of: predicate, isAnd: isAnd)
        // not(a and b) is not(a) or not(b).
        let meansAnd = isAnd != negated
        if parts.isEmpty { return meansAnd ? Self.always : Self.never }
        var conditions: [String] = []
        conditions.reserveCapacity(parts.count)
        for part in parts { conditions.append(try condition(part, negated: negated)) }
        if conditions.count == 1 { return conditions[0] }
        return Conditions.joined(conditions[...], by: meansAnd ? "AND" : "OR")
    }

    /// The terms of a chain such as `((a && b) && c) && d`, without recursion: chains are thousands long.
    private static func terms(of predicate: QueryPredicate, isAnd: Bool) -> [QueryPredicate] {
        var terms: [QueryPredicate] = []
        var rest = [predicate]
        while let next = rest.popLast() {
            switch next {
            case .and(let parts) where isAnd: rest.append(contentsOf: parts.reversed())
            case .or(let parts) where !isAnd: rest.append(contentsOf: parts.reversed())
            default: terms.append(next)
            }
        }
        return terms
    }

    // MARK: Comparisons

    /// - Parameter orNull: Whether the comparison stands for a negated one, which null then satisfies.
    private mutating func compared(
        _ field: FieldSchema,
        _ comparison: QueryPredicate.Comparison,
        _ value: Value,
        orNull: Bool
    ) throws -> String {
        try check(field, takes: value.fieldType)
        let column = dialect.column(field)
        if comparison == .notEqual {
            let placeholder = builder.bind(value, as: field.type)
            return field.isOptional ? dialect.isDistinct(column, placeholder) : "\(column) <> \(placeholder)"
        }
        let condition: String
        if let special = try dialect.comparison(column, comparison, value, in: &builder) {
            condition = special
        } else {
            condition = "\(column) \(comparison.sign) \(builder.bind(value, as: field.type))"
        }
        // not(f != x) is f == x, which null does not satisfy.
        return orNull && comparison != .equal ? orNullCondition(field, condition) : condition
    }

    private func orNullCondition(_ field: FieldSchema, _ condition: String) -> String {
        field.isOptional ? "(\(dialect.column(field)) IS NULL OR \(condition))" : condition
    }

    private mutating func member(_ field: FieldSchema, _ isIn: Bool, _ values: [Value]) throws -> String {
        if values.isEmpty { return isIn ? Self.never : Self.always }
        for value in values { try check(field, takes: value.fieldType) }
        if isIn, values.count == 1 { return try compared(field, .equal, values[0], orNull: false) }
        let column = dialect.column(field)
        let condition: String
        if values.count <= 8 {
            let list = values.map { builder.bind($0, as: field.type) }.joined(separator: ", ")
            condition = "\(column) \(isIn ? "IN" : "NOT IN") (\(list))"
        } else {
            condition = dialect.isMember(column, of: builder.bind(all: values, as: field.type), isIn, type: field.type)
        }
        return isIn ? condition : orNullCondition(field, condition)
    }

    // MARK: Text

    private mutating func text(
        _ field: FieldSchema,
        _ match: QueryPredicate.TextMatch,
        _ needle: String,
        _ ignoringCase: Bool,
        _ negated: Bool
    ) throws -> String {
        try check(field, takes: .text)
        let column = dialect.column(field)
        if needle.isEmpty { return "\(column) \(negated ? "IS NULL" : "IS NOT NULL")" }
        if match == .hasPrefix, !ignoringCase { return prefixRange(field, needle, negated: negated) }
        let text = ignoringCase ? dialect.foldingASCIICase(column) : column
        let placeholder = builder.bind(.text(ignoringCase ? needle.foldingASCIICase() : needle), as: .text)
        let condition =
            switch match {
            case .contains: dialect.contains(text, placeholder)
            case .hasPrefix: dialect.hasPrefix(text, placeholder)
            case .hasSuffix: dialect.hasSuffix(text, placeholder)
            }
        return negated ? orNullCondition(field, "NOT (\(condition))") : condition
    }

    private mutating func prefixRange(_ field: FieldSchema, _ prefix: String, negated: Bool) -> String {
        let column = dialect.column(field)
        let start = builder.bind(.text(prefix), as: .text)
        let end = TextRange.end(ofPrefix: prefix).map { builder.bind(.text($0), as: .text) }
        if negated {
            return orNullCondition(field, "(\(column) < \(start)" + (end.map { " OR \(column) >= \($0)" } ?? "") + ")")
        }
        return "(\(column) >= \(start)" + (end.map { " AND \(column) < \($0)" } ?? "") + ")"
    }
}

extension QueryPredicate.Comparison {
    fileprivate var sign: String {
        switch self {
        case .equal: "="
        case .notEqual: "<>"
        case .less: "<"
        case .lessOrEqual: "<="
        case .greater: ">"
        case .greaterOrEqual: ">="
        }
    }

    fileprivate var negated: Self {
        switch self {
        case .equal: .notEqual
        case .notEqual: .equal
        case .less: .greaterOrEqual
        case .lessOrEqual: .greater
        case .greater: .lessOrEqual
        case .greaterOrEqual: .less
        }
    }
}

extension String {
    /// The text with A to Z made small, and nothing else.
    fileprivate func foldingASCIICase() -> String {
        var folded = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            folded.append(("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) + 32) : scalar)
        }
        return String(folded)
    }
}
