internal import FoundationEssentials

/// One page of an answer, and where the next one begins.
public struct Page<Record: StorageRecord>: Sendable {
    /// The records.
    public let records: [Record]
    /// Give it to ``Query/after(_:)`` for the next page; nil when there is none.
    public let next: PageToken?
}

/// The place in an order after which a page begins (QRY-4).
///
/// It holds the sort values of the last record, so no page is ever repeated or skipped because records come and go.
/// It is opaque text to clients, and carries those values: treat it as you treat the records.
public struct PageToken: Sendable, Hashable, Codable, LosslessStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// No more than that it is one (LIF-4).
    public var debugDescription: String { "PageToken" }
    /// A mirror that shows no more than ``debugDescription``.
    public var customMirror: Mirror { Mirror(self, children: [:]) }

    let order: [SortKey]
    let values: [Value]

    init(order: [SortKey], values: [Value]) {
        self.order = order
        self.values = values
    }

    /// Reads a token from its text; nil when it is not one.
    public init?(_ description: String) {
        var text = description.replacing("-", with: "+").replacing("_", with: "/")
        text += String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: text),
            let token = try? JSONDecoder().decode(PageToken.self, from: data)
        else { return nil }
        self = token
    }

    /// The token as text that fits into a URL.
    public var description: String {
        // Sort keys and values always encode: every value in them was stored.
        let data = (try? JSONEncoder().encode(self)) ?? Data()
        return data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// The condition that a record comes after the token's, in the order.
    ///
    /// For keys a, b it is `a past x || (a == x && b past y)`, with `a past-or-at x` before it, which an index can use.
    func predicate(_ order: [SortKey], _ collection: CollectionSchema) throws -> QueryPredicate {
        guard order == self.order, values.count == order.count else {
            throw StorageError(.invalidArgument, "a page token belongs to a query with another order")
        }
        var alternatives: [QueryPredicate] = []
        var prefix: [QueryPredicate] = []
        for (key, value) in zip(order, values) {
            alternatives.append(prefix.reduce(QueryPredicate.all) { $0.and($1) }.and(Self.past(key, value)))
            prefix.append(value.isNull ? .isNil(field: key.field) : .compare(field: key.field, .equal, value))
        }
        let after = alternatives.reduce(QueryPredicate.none) { $0.or($1) }
        guard let first = order.first, let value = values.first, order.count > 1,
            let position = collection.position(of: first.field), !collection.fields[position].isOptional
        else { return after }
        let bound: QueryPredicate = .compare(
            field: first.field,
            first.direction == .ascending ? .greaterOrEqual : .lessOrEqual,
            value
        )
        return bound.and(after)
    }

    /// Whether a record comes strictly after a value of one key.
    private static func past(_ key: SortKey, _ value: Value) -> QueryPredicate {
        let field = key.field
        if value.isNull { return key.placement == .first ? .isNotNil(field: field) : .none }
        let beyond: QueryPredicate = .compare(field: field, key.direction == .ascending ? .greater : .less, value)
        return key.placement == .last ? beyond.or(.isNil(field: field)) : beyond
    }
}
