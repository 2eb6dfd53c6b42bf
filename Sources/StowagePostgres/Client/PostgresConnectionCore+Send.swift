#if Postgres
internal import CLibPQ
internal import Stowage

/// Sending statements.
extension PostgresConnectionCore {
    /// Sends statements with one Sync, all in one write when they fit: they arrive together and fail together.
    ///
    /// - Parameter streams: Whether the last one's rows are to be handed out page by page.
    mutating func send(
        _ statements: [PostgresStatement],
        streams: Bool,
        commits: Bool
    ) throws -> PostgresResultReader {
        let connection = try idleConnection()
        let mayPrepare = cache.capacity > 0 && PQtransactionStatus(connection) != PQTRANS_INERROR
        var names: [String?] = []
        names.reserveCapacity(statements.count)
        for statement in statements {
            try statement.parameters.check()
            let name = mayPrepare && statement.isPrepared ? cache.name(of: statement) : nil
            // What is prepared has been looked through.
            if name == nil { try Self.refuseZeroByte(statement.sql) }
            names.append(name)
        }
        guard PQpipelineStatus(connection) != PQ_PIPELINE_OFF || PQenterPipelineMode(connection) == 1 else {
            throw StorageError.lostConnection
        }
        let status = PQtransactionStatus(connection)
        var sending = Sending(connection: connection, mayPrepare: mayPrepare)
        sending.steps.reserveCapacity(statements.count + 1)
        // Not inside a transaction, which a failure here would end.
        if status == PQTRANS_IDLE, !cache.obsolete.isEmpty { sending.deallocate(cache.obsolete.prefix(16)) }
        for (index, statement) in statements.enumerated() {
            sending.add(
                statement,
                names[index],
                &cache,
                as: streams && index == statements.count - 1 ? .stream : .execute
            )
        }
        sending.sync()
        guard !sending.hasFailed else {
            // Half of it may be queued: the connection is of no more use, and the server has seen nothing of a commit.
            _ = lose(.lostConnection)
            throw StorageError.lostConnection
        }
        flush()
        return PostgresResultReader(steps: sending.steps, isPipelined: true, commits: commits)
    }

    /// Sends a text of any number of statements without values, or a COPY.
    mutating func send(script: String, commits: Bool) throws -> PostgresResultReader {
        let connection = try idleConnection()
        try Self.refuseZeroByte(script)
        guard leavePipelineMode(connection), PQsendQuery(connection, script) == 1 else {
            _ = lose(.lostConnection)
            throw StorageError.lostConnection
        }
        flush()
        return PostgresResultReader(steps: [], isPipelined: false, commits: commits)
    }

    /// libpq takes C strings: what follows a zero byte would silently be left out.
    private static func refuseZeroByte(_ sql: String) throws {
        guard !sql.utf8.contains(0) else {
            throw StorageError(.invalidArgument, "a statement contains U+0000")
        }
    }

    func leavePipelineMode(_ connection: OpaquePointer) -> Bool {
        PQpipelineStatus(connection) == PQ_PIPELINE_OFF || PQexitPipelineMode(connection) == 1
    }

    private func idleConnection() throws -> OpaquePointer {
        let connection = try usable()
        guard operation == nil else {
            throw StorageError(
                .invalidArgument,
                "a connection was used while another statement of it was running",
                advice: "Finish the stream or the COPY first"
            )
        }
        return connection
    }

    /// Ends a COPY that nobody feeds any more; the server answers with an error.
    mutating func endCopy(_ connection: OpaquePointer) {
        operation?.isCopying = false
        operation?.goal = .results
        _ = PQputCopyEnd(connection, "interrupted")
        flush()
    }
}

/// Statements being queued in pipeline mode.
private struct Sending {
    let connection: OpaquePointer
    let mayPrepare: Bool
    var steps: [PostgresResultReader.Step] = []
    var hasFailed = false
    /// Statements prepared further up in the same batch.
    var prepared: [StatementCache.Key: String] = [:]

    mutating func sync() {
        if PQpipelineSync(connection) != 1 { hasFailed = true }
        steps.append(.sync)
    }

    /// With a Sync of its own: should the session have dropped one itself, the caller's statements do not fail.
    mutating func deallocate(_ names: ArraySlice<String>) {
        for name in names {
            if PQsendQueryParams(connection, "DEALLOCATE \(name)", 0, nil, nil, nil, nil, 1) != 1 { hasFailed = true }
            steps.append(.deallocate(name: name))
        }
        sync()
    }

    /// - Parameter known: The name under which the connection has prepared it already.
    mutating func add(
        _ statement: PostgresStatement,
        _ known: String?,
        _ cache: inout StatementCache,
        as step: PostgresResultReader.Step
    ) {
        defer { steps.append(step) }
        if let known {
            execute(statement, known)
            return
        }
        let types = statement.parameters.types
        guard mayPrepare, statement.isPrepared else {
            statement.parameters.withCArrays { count, values, lengths, formats in
                if PQsendQueryParams(connection, statement.sql, count, types, values, lengths, formats, 1) != 1 {
                    hasFailed = true
                }
            }
            return
        }
        let key = StatementCache.Key(sql: statement.sql, types: types)
        let name: String
        if let known = prepared[key] {
            name = known
        } else {
            name = cache.newName()
            prepared[key] = name
            if PQsendPrepare(connection, name, statement.sql, Int32(types.count), types) != 1 { hasFailed = true }
            steps.append(.prepare(key, name: name))
        }
        execute(statement, name)
    }

    private mutating func execute(_ statement: PostgresStatement, _ name: String) {
        statement.parameters.withCArrays { count, values, lengths, formats in
            if PQsendQueryPrepared(connection, name, count, values, lengths, formats, 1) != 1 { hasFailed = true }
        }
    }
}
#endif
