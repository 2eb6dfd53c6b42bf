internal import Synchronization

/// The entries of an answer while they are found, and their order.
struct Matches<Entry: StoredEntry> {
    private let collection: CollectionSchema
    private let order: RowOrder
    /// The direction when the order is that of the key alone; then no row has to be read to sort.
    private let keyDirection: SortDirection?
    /// Nil when every record matches; then no row has to be read to find it.
    private let evaluator: Evaluator?
    private var found: [Match] = []

    private struct Match {
        /// The first eight bytes of a text by which the answer is sorted, as a number: it decides most comparisons.
        let prefix: UInt64
        let sort: [Value]
        let entry: Entry
    }

    init(_ query: DriverQuery, _ collection: CollectionSchema) throws {
        self.collection = collection
        order = try RowOrder(query.order, for: collection)
        evaluator = query.predicate == .all ? nil : try Evaluator(query.predicate, for: collection)
        let fields = query.order.map { collection.position(of: $0.field) }
        let directions = Set(query.order.map(\.direction))
        keyDirection = fields == collection.key && directions.count == 1 ? directions.first : nil
    }

    /// Takes an entry if it matches.
    mutating func add(_ entry: Entry) throws {
        if evaluator == nil, keyDirection != nil {
            let key = try entry.key(of: collection)
            found.append(Match(prefix: Self.prefix(of: key.values), sort: key.values, entry: entry))
            return
        }
        let row = try entry.row(of: collection)
        if let evaluator, try !evaluator.matches(row) { return }
        let sort = try order.values(of: row)
        found.append(Match(prefix: Self.prefix(of: sort), sort: sort, entry: entry))
    }

    /// The entries in order.
    consuming func sorted() -> [Entry] {
        if let keyDirection {
            // A key holds no null, and equal prefixes are all that needs a look at the values.
            found.sort { left, right in
                if left.prefix != right.prefix {
                    return (left.prefix < right.prefix) == (keyDirection == .ascending)
                }
                return order.precedes(left.sort, right.sort)
            }
        } else {
            found.sort { order.precedes($0.sort, $1.sort) }
        }
        return found.map(\.entry)
    }

    /// Zero for what is no text, so that the values decide.
    private static func prefix(of values: [Value]) -> UInt64 {
        guard case .text(var text) = values.first else { return 0 }
        return text.withUTF8 { bytes in
            var prefix: UInt64 = 0
            for index in 0..<8 { prefix = prefix << 8 | (index < bytes.count ? UInt64(bytes[index]) : 0) }
            return prefix
        }
    }
}

/// Hands out the rows of entries.
final class EntryCursor<Entry: StoredEntry>: DriverCursor {
    private let remaining: Mutex<ArraySlice<Entry>>
    private let collection: CollectionSchema

    init(_ entries: ArraySlice<Entry>, _ collection: CollectionSchema) {
        remaining = Mutex(entries)
        self.collection = collection
    }

    func next(_ count: Int, until deadline: Deadline, rows: @escaping RowHandler) async throws -> Bool {
        try deadline.check(waitingFor: "a page of records")
        let page = remaining.withLock { remaining in
            let page = remaining.prefix(count)
            remaining = remaining.dropFirst(count)
            return page
        }
        for entry in page { try rows(try entry.row(of: collection)) }
        return remaining.withLock { !$0.isEmpty }
    }

    func close() async { remaining.withLock { $0 = [] } }
}
