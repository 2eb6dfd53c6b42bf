internal import Synchronization

// What the core derives for a driver that only puts, gets, deletes and scans: reading.
extension KeyValueTransaction {
    /// Reads each key by itself.
    public func get(
        _ keys: [Key],
        in collection: CollectionSchema,
        includingUnknown: Bool,
        rows: @escaping RowHandler
    ) async throws {
        try await onThread {
            for key in keys {
                if let row = try await row(key, in: collection) { try rows(row) }
            }
        }
    }

    /// Scans once for the keys that match and their order; the rows are read again page by page, so that an answer
    /// costs memory for its keys only (QRY-8).
    public func cursor(_ query: DriverQuery, in collection: CollectionSchema) async throws -> any DriverCursor {
        let order = try RowOrder(query.order, for: collection)
        let found = Mutex<[(sort: [Value], key: Key)]>([])
        if query.limit != 0 {
            let evaluator = try Evaluator(query.predicate, for: collection)
            try await onThread {
                try await scan(collection) { row in
                    guard try evaluator.matches(row) else { return }
                    let key = Key(try collection.key.map { try row.value($0, as: collection.fields[$0].type) })
                    let sort = try order.values(of: row)
                    found.withLock { $0.append((sort, key)) }
                }
            }
        }
        var matches = found.withLock { $0 }
        matches.sort { order.precedes($0.sort, $1.sort) }
        let page = matches.dropFirst(query.offset).prefix(query.limit ?? .max)
        return KeyListCursor(keys: page.map(\.key), transaction: self, collection: collection)
    }

    /// Counts what a scan finds.
    public func count(_ predicate: QueryPredicate, in collection: CollectionSchema) async throws -> Int {
        let evaluator = try Evaluator(predicate, for: collection)
        let count = Counter()
        try await onThread {
            try await scan(collection) { row in
                if try evaluator.matches(row) { count.add() }
            }
        }
        return count.value
    }

    /// Looks through all records.
    public func holder(of values: [Value], in index: IndexSchema, of collection: CollectionSchema) async throws -> Key?
    {
        let found = Mutex<Key?>(nil)
        try await scan(collection) { row in
            for (field, value) in zip(index.fields, values) {
                if try row.isNull(field) || row.value(field, as: collection.fields[field].type) != value { return }
            }
            let key = Key(try collection.key.map { try row.value($0, as: collection.fields[$0].type) })
            found.withLock { $0 = key }
        }
        return found.withLock { $0 }
    }
}

/// Hands out the rows of a list of keys.
private final class KeyListCursor: DriverCursor {
    private let remaining: Mutex<ArraySlice<Key>>
    private let transaction: any KeyValueTransaction
    private let collection: CollectionSchema

    init(keys: [Key], transaction: any KeyValueTransaction, collection: CollectionSchema) {
        remaining = Mutex(keys[...])
        self.transaction = transaction
        self.collection = collection
    }

    func next(_ count: Int, until deadline: Deadline, rows: @escaping RowHandler) async throws -> Bool {
        try deadline.check(waitingFor: "a page of records")
        let keys = remaining.withLock { remaining in
            let page = remaining.prefix(count)
            remaining = remaining.dropFirst(count)
            return page
        }
        try await transaction.get(Array(keys), in: collection, includingUnknown: true, rows: rows)
        return remaining.withLock { !$0.isEmpty }
    }

    func close() async { remaining.withLock { $0 = [] } }
}
