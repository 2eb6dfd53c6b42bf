#if SQLite
public import Stowage
internal import StowageSQL
internal import Synchronization

extension SqliteDriver {
    /// Opens the file unless it is open, and makes the tables that are missing.
    ///
    /// A file that is refused keeps its bytes; one that is not is in WAL mode from then on. For reading, a store without a
    /// table of the state has an empty state.
    ///
    /// - Throws: `notFound` (for reading, when the file or a table is absent), `corrupt` (no SQLite database, or a
    ///   damaged one), `schemaMismatch` (a table lacks a column), `permission`, `readOnly`, `storageFull`, `timeout`,
    ///   `unsupported` (a collection with a namespace).
    public func open(
        _ collections: [CollectionSchema],
        access: StorageAccess,
        context: OperationContext
    ) async throws {
        for collection in collections { _ = try SQLiteDialect().table(collection) }
        let deadline = context.deadline
        try await opening.acquire(until: deadline, waitingFor: "the opening of \(self.path)")
        defer { opening.release() }
        var (store, missing) = try missing(of: collections)
        if let store, store.access == .readOnly, access == .readWrite {
            throw StorageError(.readOnly, "the store is open for reading only").at(StorageError.Place(path: path))
        }
        if store == nil {
            let opened = try await thread.run(deadline: deadline, waitingFor: "the opening of \(self.path)") {
                [path, options, thread] in
                try SQLiteStore(path: path, access: access, options: options, thread: thread, deadline: deadline)
            }
            keep(opened)
            store = opened
        }
        guard let store, !missing.isEmpty else { return }
        let wanted = missing
        // Mostly all is there, and no lock is needed to see it.
        let reader = try await store.readers.take(until: deadline)
        var found: [SQLTable]
        do {
            defer { store.readers.giveBack(reader) }
            found = try await SQLiteBusy.retrying(reader, until: deadline) {
                try wanted.compactMap {
                    try SQLiteStore.table(for: $0, on: reader, making: false, access: store.access)
                }
            }
        }
        if store.access == .readOnly, !found.isEmpty || hasTables {
            // A store that another program made has no state, and that is an empty one.
            for schema in wanted where schema.isState && !found.contains(where: { $0.schema.isState }) {
                found.append(.absent(schema))
            }
        }
        if found.count == wanted.count, store.writer == nil || store.isInUse.load(ordering: .acquiring) {
            return try keep(found)
        }
        guard let writer = store.writer, access == .readWrite else {
            if found.count == wanted.count { return try keep(found) }
            let absent = wanted.filter { schema in
                !found.contains { TextOrder.equal($0.schema.name, schema.name) }
            }
            // Without the records there is no store; without the state there may be one.
            let first = absent.first { !$0.isState } ?? absent.first
            throw StorageError(
                .notFound,
                "the database has no table of this collection",
                advice: "Check which database is meant"
            )
            .inCollection(first?.name ?? "").at(StorageError.Place(path: path))
        }
        try await writer.gate.acquire(until: deadline, waitingFor: "the writer of \(self.path)")
        defer { writer.gate.release() }
        let connection = writer.connection
        let complete = found.count == wanted.count ? found : nil
        let made = try await thread.run(deadline: deadline, waitingFor: "the writer of \(self.path)") {
            try writer.checkUsable()
            if let complete {
                try store.takeIntoUse(until: deadline)
                return complete
            }
            let made = try SQLiteStore.retrying(connection, until: deadline) {
                try connection.synchronous(.full)
                try connection.execute("BEGIN IMMEDIATE")
                do {
                    let made = try wanted.compactMap {
                        try SQLiteStore.table(for: $0, on: connection, making: true, access: .readWrite)
                    }
                    try connection.execute("COMMIT")
                    return made
                } catch {
                    let error = (error as? SQLiteFailure).map { $0.isBusy ? $0 : connection.storageError($0) } ?? error
                    connection.rollBack()
                    throw error
                }
            }
            try store.takeIntoUse(until: deadline)
            return made
        }
        try keep(made)
    }
}
#endif
