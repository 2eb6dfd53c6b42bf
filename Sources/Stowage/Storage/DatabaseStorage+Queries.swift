// Many records at a time, by query.
extension DatabaseStorage {
    /// The records that match, in the query's order; all of them by id when no query is given (QRY-3).
    ///
    /// - Throws: `invalidArgument` for a negative limit or offset and for a field that is none.
    public func fetch(_ query: Query<Record> = .all) async throws -> [Record] {
        let handle = handle
        let checked = try query.checked(handle.schema)
        return try await handle.schema.gather { try await handle.route.query(checked, rows: $0) }
    }

    /// The first record that matches, in the query's order.
    public func first(_ query: Query<Record> = .all) async throws -> Record? {
        try await fetch(query.limit(min(1, query.limit ?? 1))).first
    }

    /// One page of the records that match, and where the next begins (QRY-4).
    ///
    /// ```swift
    /// var page = try await storage.page(.sort(\.createdAt, .descending).limit(50))
    /// while let next = page.next {
    ///     page = try await storage.page(.sort(\.createdAt, .descending).limit(50).after(next))
    /// }
    /// ```
    ///
    /// - Throws: `invalidArgument` for a query without a limit, or a token of another query.
    public func page(_ query: Query<Record>) async throws -> Page<Record> {
        guard let limit = query.limit else { throw StorageError(.invalidArgument, "a page needs a limit") }
        let schema = handle.schema
        var driverQuery = try query.checked(schema)
        guard limit > 0 else {
            try handle.route.touch()
            return Page(records: [], next: nil)
        }
        // One more than asked for tells whether there is a next page.
        driverQuery.limit = limit < Int.max ? limit + 1 : nil
        let order = try RowOrder(driverQuery.order, for: schema.collection)
        let found = Gathered<(record: Record, sort: [Value])>()
        try await handle.route.query(driverQuery) {
            found.append((try schema.record(of: $0), try order.values(of: $0)))
        }
        let all = found.all
        let token = all.count > limit ? PageToken(order: driverQuery.order, values: all[limit - 1].sort) : nil
        return Page(records: all.prefix(limit).map(\.record), next: token)
    }

    /// How many records match; a limit and an offset count as they would cut the answer.
    public func count(_ query: Query<Record> = .all) async throws -> Int {
        let checked = try query.checked(handle.schema)
        if checked.limit == 0 {
            try handle.route.touch()
            return 0
        }
        let all = try await handle.route.count(checked.predicate)
        return min(max(0, all - checked.offset), checked.limit ?? .max)
    }

    /// Whether any record matches.
    public func exists(_ query: Query<Record>) async throws -> Bool {
        var checked = try query.checked(handle.schema)
        checked.limit = min(1, checked.limit ?? 1)
        let found = Counter()
        try await handle.route.query(checked) { _ in found.add() }
        return found.value > 0
    }

    /// Sets the named fields of all records that match, in one statement; each is changed once, also when the query
    /// reads a field that changes (QRY-9).
    ///
    /// - Returns: How many records matched.
    /// - Throws: as ``update(_:ifRevision:_:)``; `invalidArgument` for a query with limit, offset or page.
    @discardableResult
    public func updateAll(
        _ query: Query<Record>,
        _ changes: (inout RecordChanges<Record>) -> Void
    ) async throws -> Int {
        var recorded = RecordChanges<Record>()
        changes(&recorded)
        let predicate = try query.checkedPredicate(handle.schema, for: "updateAll")
        let assignments = try recorded.checked(handle.schema)
        return try await handle.route.write([.updateAll(predicate, assignments)]).first?.affected ?? 0
    }

    /// Removes all records that match.
    ///
    /// - Returns: How many there were (QRY-9).
    /// - Throws: `invalidArgument` for a query with limit, offset or page.
    @discardableResult
    public func deleteAll(_ query: Query<Record>) async throws -> Int {
        let predicate = try query.checkedPredicate(handle.schema, for: "deleteAll")
        return try await handle.route.write([.deleteAll(predicate)]).first?.affected ?? 0
    }

    /// The records that match, one after the other, from one snapshot and in memory for a page (QRY-8).
    ///
    /// The work stops when the consumer stops. Each page has a deadline of its own, and a consumer that is idle for
    /// longer loses the snapshot: the next step throws `timeout` (LIF-2).
    public func stream(_ query: Query<Record> = .all) -> RecordStream<Record, State> {
        RecordStream(handle: handle, query: query)
    }
}
