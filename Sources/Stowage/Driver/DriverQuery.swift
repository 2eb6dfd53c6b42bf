/// A read, as a driver gets it: checked against the schema, totally ordered, pages already turned into predicates.
public struct DriverQuery: Sendable, Hashable, Codable {
    /// Which records.
    public var predicate: QueryPredicate
    /// Their order. It always ends in the key fields, so no two records tie (QRY-3).
    public var order: [SortKey]
    /// At most so many; nil for all.
    public var limit: Int?
    /// After leaving out so many.
    public var offset: Int
    /// Whether the rows carry what the schema does not know (REC-9).
    public var includesUnknown: Bool

    /// Makes a query.
    public init(
        _ predicate: QueryPredicate = .all,
        order: [SortKey],
        limit: Int? = nil,
        offset: Int = 0,
        includesUnknown: Bool = false
    ) {
        self.predicate = predicate
        self.order = order
        self.limit = limit
        self.offset = offset
        self.includesUnknown = includesUnknown
    }
}
