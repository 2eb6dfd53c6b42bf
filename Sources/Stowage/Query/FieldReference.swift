/// A required field in a condition.
public struct FieldReference<Record: StorageRecord, V: Sendable> {
    let field: Result<ResolvedField, QueryProblem>
    private let store: (V) throws -> Value

    init(_ keyPath: PartialKeyPath<Record>, store: @escaping (V) throws -> Value) {
        field = ResolvedField.resolve(keyPath, of: Record.self)
        self.store = store
    }

    func condition(_ make: (String) throws -> QueryPredicate) -> Condition<Record> {
        switch field {
        case .failure(let problem): return Condition(.none, problem: problem)
        case .success(let field):
            do {
                return Condition(try make(field.name))
            } catch {
                return Condition(.none, problem: QueryProblem(error, field: field.name))
            }
        }
    }

    func compare(_ comparison: QueryPredicate.Comparison, _ value: V) -> Condition<Record> {
        condition { .compare(field: $0, comparison, try store(value)) }
    }

    func member(isIn: Bool, _ values: some Sequence<V>) -> Condition<Record> {
        condition { .member(field: $0, isIn: isIn, try values.map(store)) }
    }

    /// The same value; text by bytes (VAL-1).
    public static func == (left: Self, right: V) -> Condition<Record> { left.compare(.equal, right) }
    /// Another value.
    public static func != (left: Self, right: V) -> Condition<Record> { left.compare(.notEqual, right) }
    /// Before (QRY-2).
    public static func < (left: Self, right: V) -> Condition<Record> { left.compare(.less, right) }
    /// Before, or the same.
    public static func <= (left: Self, right: V) -> Condition<Record> { left.compare(.lessOrEqual, right) }
    /// After.
    public static func > (left: Self, right: V) -> Condition<Record> { left.compare(.greater, right) }
    /// After, or the same.
    public static func >= (left: Self, right: V) -> Condition<Record> { left.compare(.greaterOrEqual, right) }

    /// One of these; nothing matches an empty list (QRY-6).
    public func `in`(_ values: some Sequence<V>) -> Condition<Record> { member(isIn: true, values) }
    /// None of these; everything matches an empty list (QRY-6).
    public func notIn(_ values: some Sequence<V>) -> Condition<Record> { member(isIn: false, values) }
    /// Within the bounds, both included.
    public func `in`(_ range: ClosedRange<V>) -> Condition<Record> where V: Comparable {
        compare(.greaterOrEqual, range.lowerBound) && compare(.lessOrEqual, range.upperBound)
    }
    /// Within the bounds, the upper one left out.
    public func `in`(_ range: Range<V>) -> Condition<Record> where V: Comparable {
        compare(.greaterOrEqual, range.lowerBound) && compare(.less, range.upperBound)
    }
}

/// An optional field in a condition. Nil is its own value: `!=` and `notIn` match it, `<` and its kin never do (QRY-1).
public struct OptionalFieldReference<Record: StorageRecord, V: Sendable> {
    let wrapped: FieldReference<Record, V>

    init(_ wrapped: FieldReference<Record, V>) { self.wrapped = wrapped }

    private func nilTest(isNil: Bool) -> Condition<Record> {
        wrapped.condition { isNil ? .isNil(field: $0) : .isNotNil(field: $0) }
    }

    /// The same value; `== nil` is the test for none.
    public static func == (left: Self, right: V?) -> Condition<Record> {
        right.map { left.wrapped.compare(.equal, $0) } ?? left.nilTest(isNil: true)
    }
    /// Another value or none; `!= nil` is the test for some.
    public static func != (left: Self, right: V?) -> Condition<Record> {
        right.map { left.wrapped.compare(.notEqual, $0) } ?? left.nilTest(isNil: false)
    }
    /// Before (QRY-2).
    public static func < (left: Self, right: V) -> Condition<Record> { left.wrapped.compare(.less, right) }
    /// Before, or the same.
    public static func <= (left: Self, right: V) -> Condition<Record> { left.wrapped.compare(.lessOrEqual, right) }
    /// After.
    public static func > (left: Self, right: V) -> Condition<Record> { left.wrapped.compare(.greater, right) }
    /// After, or the same.
    public static func >= (left: Self, right: V) -> Condition<Record> { left.wrapped.compare(.greaterOrEqual, right) }

    /// One of these; nil is in no list, and nothing matches an empty one (QRY-6).
    public func `in`(_ values: some Sequence<V>) -> Condition<Record> { wrapped.member(isIn: true, values) }
    /// None of these: nil matches too (QRY-1).
    public func notIn(_ values: some Sequence<V>) -> Condition<Record> { wrapped.member(isIn: false, values) }
    /// Within the bounds, both included; never nil.
    public func `in`(_ range: ClosedRange<V>) -> Condition<Record> where V: Comparable { wrapped.in(range) }
    /// Within the bounds, the upper one left out; never nil.
    public func `in`(_ range: Range<V>) -> Condition<Record> where V: Comparable { wrapped.in(range) }
}

/// An optional nested field in a condition, which can only be tested for nil (QRY-2).
public struct NestedFieldReference<Record: StorageRecord> {
    let field: Result<ResolvedField, QueryProblem>

    private func condition(_ make: (String) -> QueryPredicate) -> Condition<Record> {
        switch field {
        case .success(let field): Condition(make(field.name))
        case .failure(let problem): Condition(.none, problem: problem)
        }
    }

    /// `== nil`: whether there is no value.
    public static func == (left: Self, right: _OptionalNilComparisonType) -> Condition<Record> {
        left.condition { .isNil(field: $0) }
    }
    /// `!= nil`: whether there is a value.
    public static func != (left: Self, right: _OptionalNilComparisonType) -> Condition<Record> {
        left.condition { .isNotNil(field: $0) }
    }
}

/// Whether a text search tells ASCII capitals from small letters.
public enum TextCase: Sendable, Hashable {
    /// It does.
    case sensitive
    /// It does not, for the 26 letters of ASCII only (QRY-5).
    case ignoringASCII
}

extension FieldReference where V == String {
    /// Whether the text contains another, every character literal (QRY-5).
    public func contains(_ needle: String, _ textCase: TextCase = .sensitive) -> Condition<Record> {
        search(.contains, needle, textCase)
    }
    /// Whether the text begins with another.
    public func hasPrefix(_ needle: String, _ textCase: TextCase = .sensitive) -> Condition<Record> {
        search(.hasPrefix, needle, textCase)
    }
    /// Whether the text ends with another.
    public func hasSuffix(_ needle: String, _ textCase: TextCase = .sensitive) -> Condition<Record> {
        search(.hasSuffix, needle, textCase)
    }

    func search(_ match: QueryPredicate.TextMatch, _ needle: String, _ textCase: TextCase) -> Condition<Record> {
        condition { name in
            _ = try needle.storedValue()
            return .text(field: name, match, needle: needle, ignoringASCIICase: textCase == .ignoringASCII)
        }
    }
}

extension OptionalFieldReference where V == String {
    /// Whether there is text that contains another, every character literal (QRY-5).
    public func contains(_ needle: String, _ textCase: TextCase = .sensitive) -> Condition<Record> {
        wrapped.search(.contains, needle, textCase)
    }
    /// Whether there is text that begins with another.
    public func hasPrefix(_ needle: String, _ textCase: TextCase = .sensitive) -> Condition<Record> {
        wrapped.search(.hasPrefix, needle, textCase)
    }
    /// Whether there is text that ends with another.
    public func hasSuffix(_ needle: String, _ textCase: TextCase = .sensitive) -> Condition<Record> {
        wrapped.search(.hasSuffix, needle, textCase)
    }
}
