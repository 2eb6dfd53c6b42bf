#if Postgres
package import Stowage
internal import CLibPQ
internal import Synchronization

/// The rows of one statement, page by page, as they arrive from the server.
///
/// While the consumer does not ask, nothing is read, and the server waits: no more than a page and a socket's buffer are
/// in memory. The connection is busy until the last page; ending the lease earlier cancels the statement. Each page has a
/// deadline, and a consumer that is idle for longer than that loses the stream (LIF-2).
package struct PostgresRowStream: Sendable {
    let connection: PostgresConnection
    let id: UInt64
    private let first: PostgresPage?
    private var isFirstTaken = false
    private var isFinished: Bool

    init(connection: PostgresConnection, id: UInt64, first: PostgresPage?, isFinished: Bool) {
        self.connection = connection
        self.id = id
        self.first = first
        self.isFinished = isFinished
    }

    /// The next page, never empty; `nil` after the last.
    package mutating func nextPage(deadline: Deadline) async throws -> PostgresPage? {
        if !isFirstTaken {
            isFirstTaken = true
            if let first { return first }
        }
        guard !isFinished else { return nil }
        let (page, isLast) = try await fetchPage(deadline: deadline)
        isFinished = isLast
        return page
    }

    /// Gives each page once, in order. The next one is read from the server while a closure works on the one before.
    package func forEachPage(deadline: Deadline, _ body: (PostgresPage) throws -> Void) async throws {
        var (page, isLast) = (first, isFinished)
        while !isLast, let current = page {
            async let next = fetchPage(deadline: deadline)
            try body(current)
            (page, isLast) = try await next
        }
        if let page { try body(page) }
    }

    private func fetchPage(deadline: Deadline) async throws -> (PostgresPage?, isLast: Bool) {
        let output = try await connection.wait(for: id) { core in
            _ = try core.usable()
            guard core.operation?.id == id else { throw StorageError.lostConnection }
            core.operation?.deadline = deadline
            core.operation?.idleLimit = max(deadline.remaining, .zero)
        }
        guard case .page(let page, let isLast) = output else { throw StorageError.lostConnection }
        return (page, isLast)
    }
}

extension PostgresConnection {
    /// Runs a statement and hands out its rows page by page.
    ///
    /// - Parameters:
    ///   - before: Statements sent in the same round trip ahead of it, such as `BEGIN`; their answers are dropped.
    ///   - pageSize: The rows of a page.
    ///   - deadline: For the first page, which has arrived when this returns.
    package func stream(
        _ statement: PostgresStatement,
        after before: [PostgresStatement] = [],
        pageSize: Int = 256,
        deadline: Deadline
    ) async throws -> PostgresRowStream {
        try deadline.check(waitingFor: "the connection's turn")
        var isRepeated = false
        while true {
            let id = loop.newID()
            let output = try await wait(for: id) { core in
                var reader = try core.send(before + [statement], streams: true, commits: false)
                reader.pageSize = max(pageSize, 1)
                core.operation = PostgresOperation(
                    id: id,
                    reader: reader,
                    goal: .page,
                    deadline: deadline,
                    idleLimit: max(deadline.remaining, .zero)
                )
            }
            switch output {
            case .page(let page, let isLast):
                return PostgresRowStream(connection: self, id: id, first: page, isFinished: isLast)
            case .stale(let error):
                guard !isRepeated, transactionStatus == .none else { throw error }
                isRepeated = true
            case .results, .ready, .stopped:
                throw StorageError.lostConnection
            }
        }
    }

    /// Runs a statement without values and hands out its rows page by page, by COPY: for many rows this costs a fraction
    /// of what libpq takes to make a result of each.
    ///
    /// One message tells the types and starts the COPY. Both are one implicit transaction, so that the first holds the
    /// tables as they are until the second has ended.
    ///
    /// - Parameters:
    ///   - query: One `SELECT`.
    ///   - pageSize: The most rows of a page.
    ///   - deadline: For the first page, which has arrived when this returns.
    package func copyOut(_ query: String, pageSize: Int, deadline: Deadline) async throws -> PostgresRowStream {
        try deadline.check(waitingFor: "the connection's turn")
        let script = "SELECT * FROM (\(query)) AS stowage_types LIMIT 0; COPY (\(query)) TO STDOUT (FORMAT binary)"
        let id = loop.newID()
        let output = try await wait(for: id) { core in
            var reader = try core.send(script: script, commits: false)
            reader.copiesOut = true
            reader.pageSize = max(pageSize, 1)
            core.operation = PostgresOperation(
                id: id,
                reader: reader,
                goal: .page,
                deadline: deadline,
                idleLimit: max(deadline.remaining, .zero)
            )
        }
        guard case .page(let page, let isLast) = output else { throw StorageError.lostConnection }
        return PostgresRowStream(connection: self, id: id, first: page, isFinished: isLast)
    }
}
#endif
