#if SQLite
public import Stowage
internal import StowageSQL

/// Calls outside a transaction.
extension SqliteDriver {
    /// Looks records up. One key costs no hop: an idle reader answers on the caller's thread.
    public func get(
        _ keys: [Key],
        in collection: CollectionSchema,
        includingUnknown: Bool,
        context: OperationContext,
        rows: @escaping RowHandler
    ) async throws {
        let (store, table) = try opened(collection)
        try context.deadline.check(waitingFor: "a free reader of \(path)")
        if keys.count == 1, let reader = store.readers.takeIdle() {
            defer { store.readers.giveBack(reader) }
            do {
                return try reader.get(
                    keys[0],
                    in: table.seen(by: reader),
                    includingUnknown: includingUnknown,
                    rows: rows
                )
            } catch let failure as SQLiteFailure where failure.isBusy {
                // Below it is tried again, without keeping this thread.
            } catch { throw table.storageError(error, on: reader) }
        }
        if keys.isEmpty { return }
        try await read(context, table) { reader in
            let table = try table.seen(by: reader)
            if keys.count == 1 {
                return try reader.get(keys[0], in: table, includingUnknown: includingUnknown, rows: rows)
            }
            // One snapshot for all.
            try reader.beginSnapshot()
            defer { reader.rollBack() }
            for key in keys { try reader.get(key, in: table, includingUnknown: includingUnknown, rows: rows) }
        }
    }

    /// Answers a query on the caller's thread: it waits for no lock, and ends early on a deadline or cancellation.
    public func query(
        _ query: DriverQuery,
        in collection: CollectionSchema,
        context: OperationContext,
        rows: @escaping RowHandler
    ) async throws {
        let (_, table) = try opened(collection)
        try await read(context, table) { try $0.query(query, in: table.seen(by: $0), rows: rows) }
    }

    /// Counts records.
    public func count(
        _ predicate: QueryPredicate,
        in collection: CollectionSchema,
        context: OperationContext
    ) async throws -> Int {
        let (_, table) = try opened(collection)
        return try await read(context, table) { try $0.count(predicate, in: table.seen(by: $0)) }
    }

    /// Applies a batch; writes that come at once share one commit, and each still succeeds or fails alone.
    public func write(_ batch: WriteBatch, context: OperationContext) async throws -> [MutationOutcome] {
        let (store, table) = try opened(batch.collection)
        guard let writer = store.writer else { throw Self.readOnly(path) }
        if batch.mutations.isEmpty { return [] }
        return try await writer.write(batch, in: table, context: context)
    }

    /// Reads the header and, of files up to 64 MB, every page.
    public func health(context: OperationContext) async throws -> StorageHealth {
        let store = try openedStore()
        try store.writer?.checkUsable()
        let reader = try await store.readers.take(until: context.deadline)
        defer { store.readers.giveBack(reader) }
        reader.deadline = context.deadline
        return try await SQLiteBusy.retrying(reader, until: context.deadline) {
            let pages = Int(try reader.text("PRAGMA page_count")) ?? 0
            let pageSize = Int(try reader.text("PRAGMA page_size")) ?? 4096
            if pages * pageSize <= 64 << 20, try reader.text("PRAGMA quick_check(1)") != "ok" {
                throw StorageError(.corrupt, "the database file is damaged", advice: "Restore a backup")
                    .at(StorageError.Place(path: path))
            }
            return StorageHealth(
                backendVersion: "SQLite \(try reader.text("SELECT sqlite_version()"))",
                details: [
                    "journal mode": try reader.text("PRAGMA journal_mode"), "pages": String(pages),
                    "page size": String(pageSize),
                ]
            )
        }
    }

    static func readOnly(_ path: String) -> StorageError {
        StorageError(.readOnly, "the store was opened for reading only").at(StorageError.Place(path: path))
    }

    /// Runs a read on a reader of its own, again as long as the database is locked for a moment.
    func read<Result>(
        _ context: OperationContext,
        _ table: SQLiteTable,
        _ body: (SQLiteConnection) throws -> Result
    ) async throws -> Result {
        let store = try openedStore()
        try context.deadline.check(waitingFor: "a free reader of \(path)")
        let reader: SQLiteConnection
        if let idle = store.readers.takeIdle() {
            reader = idle
        } else {
            reader = try await store.readers.take(until: context.deadline)
        }
        defer { store.readers.giveBack(reader) }
        _ = try openedStore()
        reader.deadline = context.deadline
        do {
            return try await SQLiteBusy.retrying(reader, until: context.deadline) { try body(reader) }
        } catch { throw table.storageError(error, on: reader) }
    }
}
#endif
