/// A condition on records of one type, built in ``Query/where(_:)``.
///
/// Conditions combine with `&&`, `||` and `!` and are two-valued, as in Swift (QRY-1).
public struct Condition<Record: StorageRecord>: Sendable, Hashable {
    /// The condition as data.
    public let predicate: QueryPredicate
    let problem: QueryProblem?

    init(_ predicate: QueryPredicate, problem: QueryProblem? = nil) {
        self.predicate = predicate
        self.problem = problem
    }

    /// Both.
    public static func && (left: Condition, right: Condition) -> Condition {
        Condition(left.predicate.and(right.predicate), problem: left.problem ?? right.problem)
    }

    /// At least one.
    public static func || (left: Condition, right: Condition) -> Condition {
        Condition(left.predicate.or(right.predicate), problem: left.problem ?? right.problem)
    }

    /// Every record.
    public static var all: Condition { Condition(.all) }
    /// No record.
    public static var none: Condition { Condition(.none) }

    /// All of several conditions; every record for an empty list.
    public static func all(of conditions: some Sequence<Condition>) -> Condition {
        let parts = Array(conditions)
        return parts.isEmpty
            ? .all : Condition(.and(parts.map(\.predicate)), problem: parts.lazy.compactMap(\.problem).first)
    }
    /// At least one of several conditions; no record for an empty list.
    public static func any(of conditions: some Sequence<Condition>) -> Condition {
        let parts = Array(conditions)
        return parts.isEmpty
            ? .none : Condition(.or(parts.map(\.predicate)), problem: parts.lazy.compactMap(\.problem).first)
    }

    /// The opposite.
    public static prefix func ! (condition: Condition) -> Condition {
        Condition(.not(condition.predicate), problem: condition.problem)
    }
}

extension QueryPredicate {
    /// Both, as one list: a long chain must not become a deep tree.
    func and(_ other: QueryPredicate) -> QueryPredicate {
        switch (self, other) {
        case (.all, _): other
        case (_, .all): self
        case (.and(let left), .and(let right)): .and(left + right)
        case (.and(let left), _): .and(left + [other])
        case (_, .and(let right)): .and([self] + right)
        default: .and([self, other])
        }
    }

    /// At least one, as one list.
    func or(_ other: QueryPredicate) -> QueryPredicate {
        switch (self, other) {
        case (.none, _): other
        case (_, .none): self
        case (.or(let left), .or(let right)): .or(left + right)
        case (.or(let left), _): .or(left + [other])
        case (_, .or(let right)): .or([self] + right)
        default: .or([self, other])
        }
    }
}

/// The fields of a record type, as `$0` in ``Query/where(_:)``.
@dynamicMemberLookup
public struct QueryFields<Record: StorageRecord>: Sendable {
    /// A required field.
    public subscript<V: FieldValue>(dynamicMember keyPath: KeyPath<Record, V>) -> FieldReference<Record, V> {
        FieldReference(keyPath) { try $0.storedValue() }
    }
    /// An optional field.
    public subscript<V: FieldValue>(dynamicMember keyPath: KeyPath<Record, V?>) -> OptionalFieldReference<Record, V> {
        OptionalFieldReference(FieldReference(keyPath) { try $0.storedValue() })
    }
    /// A required enum.
    public subscript<V: RawRepresentable & Codable & Sendable>(
        dynamicMember keyPath: KeyPath<Record, V>
    ) -> FieldReference<Record, V> where V.RawValue: FieldValue {
        FieldReference(keyPath) { try $0.rawValue.storedValue() }
    }
    /// An optional enum.
    public subscript<V: RawRepresentable & Codable & Sendable>(
        dynamicMember keyPath: KeyPath<Record, V?>
    ) -> OptionalFieldReference<Record, V> where V.RawValue: FieldValue {
        OptionalFieldReference(FieldReference(keyPath) { try $0.rawValue.storedValue() })
    }
    /// A required nested value, which no query can ask about.
    @available(
        *,
        unavailable,
        message: "a nested field has no value to compare; only an optional one can be tested for nil"
    )
    public subscript<V: Codable & Sendable>(dynamicMember keyPath: KeyPath<Record, V>) -> NestedFieldReference<Record> {
        NestedFieldReference(field: ResolvedField.resolve(keyPath, of: Record.self))
    }
    /// An optional nested value, which queries test for nil only (QRY-2).
    public subscript<V: Codable & Sendable>(
        dynamicMember keyPath: KeyPath<Record, V?>
    ) -> NestedFieldReference<Record> {
        NestedFieldReference(field: ResolvedField.resolve(keyPath, of: Record.self))
    }
}
