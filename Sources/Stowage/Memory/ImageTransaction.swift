internal import Synchronization

/// A transaction over a store in memory: a copy of its image, kept when it is committed.
///
/// Writers take turns, so it is serializable; readers hold an image of their own, so they wait for nobody.
package final class ImageTransaction<Entry: StoredEntry>: KeyValueTransaction {
    package let undo = UndoJournal()
    private let image: Mutex<StoreImage<Entry>>
    /// The images at the savepoints: going back to one is exact, the order of the records included.
    private let points = Mutex<[StoreImage<Entry>]>([])
    private let changes = Counter()
    /// What was written, also what was undone; nil where nobody asks.
    private let log: Mutex<TouchedKeys?>
    private let keep: @Sendable (ImageTransaction) async throws -> Void
    private let leave: @Sendable () async -> Void
    private let isOver = Mutex(false)

    /// Begins with an image.
    ///
    /// - Parameters:
    ///   - logsKeys: Whether to keep a list of what is written, in ``touched``.
    ///   - keep: Makes the transaction's image the store's, durably if it has a disk.
    ///   - leave: Gives back what the transaction held; called once.
    package init(
        _ image: StoreImage<Entry>,
        logsKeys: Bool = false,
        keep: @escaping @Sendable (ImageTransaction) async throws -> Void,
        leave: @escaping @Sendable () async -> Void
    ) {
        self.image = Mutex(image)
        log = Mutex(logsKeys ? TouchedKeys() : nil)
        self.keep = keep
        self.leave = leave
    }

    /// The image with all that was written so far.
    package var current: StoreImage<Entry> { image.withLock { $0 } }

    /// Whether anything was written, even if it was undone.
    package var hasChanges: Bool { changes.value > 0 }

    /// What was written, even if it was undone; empty unless that was asked for.
    package var touched: TouchedKeys { log.withLock { $0 ?? TouchedKeys() } }

    private func note(_ key: Key, in collection: CollectionSchema) {
        changes.add()
        log.withLock { $0?.add(key, in: collection) }
    }

    package func savepoint() async throws { points.withLock { $0.append(current) } }

    package func releaseSavepoint() async throws { points.withLock { _ = $0.popLast() } }

    package func rollBackToSavepoint() async throws {
        if let point = points.withLock({ $0.popLast() }) { image.withLock { $0 = point } }
    }

    package func row(_ key: Key, in collection: CollectionSchema) async throws -> Row? {
        try image.withLock { try $0.entry(key, in: collection) }?.row(of: collection)
    }

    package func put(_ row: Row, in collection: CollectionSchema) async throws {
        let key = collection.key(of: row.values)
        note(key, in: collection)
        try image.withLock { image in
            let old = try image.entry(key, in: collection)
            let entry = try Entry.entry(of: row, over: old, in: collection)
            try image.put(row, entry, key, in: collection)
        }
    }

    package func remove(_ key: Key, in collection: CollectionSchema) async throws {
        note(key, in: collection)
        try image.withLock { try $0.remove(key, in: collection) }
    }

    package func scan(_ collection: CollectionSchema, rows: RowHandler) async throws {
        try current.tables[ByteText(collection.name)]?.forEach { try rows(try $0.row(of: collection)) }
    }

    package func holder(of values: [Value], in index: IndexSchema, of collection: CollectionSchema) async throws -> Key?
    {
        try image.withLock { try $0.tables[ByteText(collection.name)]?.holder(of: values, in: index.name) }
    }

    package func count(_ predicate: QueryPredicate, in collection: CollectionSchema) async throws -> Int {
        guard let table = current.tables[ByteText(collection.name)] else { return 0 }
        if predicate == .all { return table.count }
        let evaluator = try Evaluator(predicate, for: collection)
        var count = 0
        try table.forEach { if try evaluator.matches($0.row(of: collection)) { count += 1 } }
        return count
    }

    /// The records that match, from the image as it is now: what is written later is not seen.
    package func cursor(_ query: DriverQuery, in collection: CollectionSchema) async throws -> any DriverCursor {
        guard query.limit != 0, let table = current.tables[ByteText(collection.name)] else {
            return EntryCursor<Entry>([], collection)
        }
        var matches = try Matches<Entry>(query, collection)
        try table.forEach { try matches.add($0) }
        let page = matches.sorted().dropFirst(query.offset).prefix(query.limit ?? .max)
        return EntryCursor(page, collection)
    }

    package func commit() async throws {
        if hasChanges { try await keep(self) }
        await end()
    }

    package func rollBack() async { await end() }

    private func end() async {
        let isFirst = isOver.withLock { isOver in
            defer { isOver = true }
            return !isOver
        }
        if isFirst { await leave() }
    }
}
