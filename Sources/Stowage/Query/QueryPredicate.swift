/// A condition on records, as data. It is two-valued, as in Swift: there is no "unknown" (QRY-1).
///
/// Apps write predicates with key paths (``Query/where(_:)``); drivers read them here. Fields are named, not numbered,
/// so that a query can be stored and sent.
public indirect enum QueryPredicate: Sendable, Hashable, Codable {
    /// Every record.
    case all
    /// No record.
    case none
    /// A field against a value that is not null. `notEqual` matches nil, the others never do.
    case compare(field: String, Comparison, Value)
    /// Whether the field's value is one of a list, without nulls. Nil is in no list, so `isIn: false` matches it.
    case member(field: String, isIn: Bool, [Value])
    /// Whether the field holds nothing.
    case isNil(field: String)
    /// Whether the field holds something.
    case isNotNil(field: String)
    /// A text search in a field; never matches nil (QRY-5).
    case text(field: String, TextMatch, needle: String, ignoringASCIICase: Bool)
    /// All of several.
    case and([QueryPredicate])
    /// At least one of several.
    case or([QueryPredicate])
    /// The opposite.
    case not(QueryPredicate)

    /// How a field is compared.
    public enum Comparison: String, Sendable, Hashable, Codable, CaseIterable {
        /// The same value.
        case equal
        /// Another value, or none.
        case notEqual
        /// Before.
        case less
        /// Before, or the same.
        case lessOrEqual
        /// After.
        case greater
        /// After, or the same.
        case greaterOrEqual
    }

    /// Where the needle is looked for.
    public enum TextMatch: String, Sendable, Hashable, Codable, CaseIterable {
        /// Anywhere.
        case contains
        /// At the start.
        case hasPrefix
        /// At the end.
        case hasSuffix
    }
}

extension QueryPredicate: CustomStringConvertible, CustomReflectable {
    /// The shape of the condition, `…` in place of each value: what is searched for must not reach a log (LIF-4).
    public var description: String {
        switch self {
        case .all: "all"
        case .none: "none"
        case .compare(let field, let comparison, _): "\(field) \(comparison.rawValue) …"
        case .member(let field, let isIn, let values): "\(field) \(isIn ? "in" : "not in") \(values.count) values"
        case .isNil(let field): "\(field) is nil"
        case .isNotNil(let field): "\(field) is not nil"
        case .text(let field, let match, _, _): "\(field) \(match.rawValue) …"
        case .and(let parts): "(" + parts.map(\.description).joined(separator: " and ") + ")"
        case .or(let parts): "(" + parts.map(\.description).joined(separator: " or ") + ")"
        case .not(let part): "not \(part)"
        }
    }

    /// A mirror that shows no more than ``description``.
    public var customMirror: Mirror { Mirror(self, children: ["shape": description]) }
}

/// One key of an order.
public struct SortKey: Sendable, Hashable, Codable {
    /// The field's name.
    public var field: String
    /// Which way.
    public var direction: SortDirection
    /// Where records without a value come; nil for the default, last ascending and first descending (QRY-2).
    public var nils: NilPlacement?

    /// Makes a key.
    public init(_ field: String, _ direction: SortDirection = .ascending, nils: NilPlacement? = nil) {
        self.field = field
        self.direction = direction
        self.nils = nils
    }

    /// Where records without a value come.
    public var placement: NilPlacement { nils ?? (direction == .ascending ? .last : .first) }
}

/// The direction of a sort key.
public enum SortDirection: String, Sendable, Hashable, Codable {
    /// The smallest first.
    case ascending
    /// The largest first.
    case descending

    /// The other one.
    public var reversed: SortDirection { self == .ascending ? .descending : .ascending }
}

/// Where records without a value come in an order.
public enum NilPlacement: String, Sendable, Hashable, Codable {
    /// Before all others.
    case first
    /// After all others.
    case last
}
