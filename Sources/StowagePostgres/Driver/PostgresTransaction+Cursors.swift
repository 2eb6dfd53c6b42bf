#if Postgres
internal import Stowage
internal import StowageSQL
internal import Synchronization

/// Cursors on the server, which other statements of the transaction may run between.
extension PostgresTransaction {
    func cursor(_ query: DriverQuery, in collection: CollectionSchema) async throws -> any DriverCursor {
        let table = try await readable(collection)
        let sql = try table.reads.select(query)
        let number = try state.withLock { state in
            try Self.check(state)
            state.nextCursor += 1
            state.cursors[state.nextCursor] = state.depth
            return state.nextCursor
        }
        // Sent with the first page. The text is used once; its plan is the server's own.
        let declaration = PostgresStatement(
            "DECLARE stowage_cursor_\(number) NO SCROLL CURSOR FOR \(sql.text)",
            PostgresParameters(sql.parameters),
            isPrepared: false
        )
        try declaration.parameters.check()
        queue(scanning([declaration]))
        return PostgresCursor(number, table, includingUnknown: query.includesUnknown, self)
    }

    /// The next rows of a cursor, by a deadline of their own: streams outlive any one call (LIF-2).
    func fetch(_ count: Int, from cursor: PostgresCursor, until deadline: Deadline) async throws -> PostgresResult? {
        guard state.withLock({ $0.cursors[cursor.number] != nil }) else {
            throw StorageError(.invalidArgument, "a cursor is read after its transaction, or its nested one, has ended")
        }
        let fetch = PostgresSession.plain("FETCH FORWARD \(count) FROM stowage_cursor_\(cursor.number)")
        return try await reading(cursor.table) { try await run([fetch], deadline: deadline).first }
    }

    /// Closes a cursor with the next statement, unless the server has closed it already.
    func close(_ cursor: PostgresCursor) {
        state.withLock { state in
            guard state.cursors.removeValue(forKey: cursor.number) != nil, !state.isOver, state.failure == nil,
                state.aborted == nil
            else { return }
            state.pending.append(PostgresSession.plain("CLOSE stowage_cursor_\(cursor.number)"))
        }
    }
}
#endif
