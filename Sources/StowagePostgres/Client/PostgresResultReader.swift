#if Postgres
internal import CLibPQ
internal import Stowage

/// Reads the answers to what was sent in one go, as far as they have arrived: bytes in, progress out.
///
/// In pipeline mode libpq answers each step with its results and then a null pointer, and a Sync with a result of its
/// own. After a failed step the server skips everything up to the next Sync.
struct PostgresResultReader: Sendable {
    enum Step: Sendable {
        /// A statement was sent to be prepared.
        case prepare(StatementCache.Key, name: String)
        /// A prepared statement was sent to be forgotten.
        case deallocate(name: String)
        case execute
        /// A statement whose rows are handed out page by page.
        case stream
        case sync
    }

    enum Progress {
        /// More has to arrive.
        case pending
        /// A page is full.
        case page
        /// The server waits for the data of a COPY.
        case copyIn
        /// Everything has been answered.
        case finished
        /// The connection is gone.
        case lost
    }

    let steps: [Step]
    let isPipelined: Bool
    /// Whether losing an answer leaves the outcome of a commit open.
    let commits: Bool
    /// The rows of a page.
    var pageSize = 0
    /// Whether answers are thrown away: the caller has gone.
    var discards = false
    /// Whether the rows come by COPY, after an answer without rows that tells their types.
    var copiesOut = false

    private(set) var results: [PostgresResult] = []
    private(set) var page: PostgresPage?
    /// The first statement's failure. Its batch index is the position of the statement among those sent.
    private(set) var error: StorageError?
    /// Whether it was the last statement that failed: the one that commits, if any does.
    private(set) var hasFailedLast = false
    /// Whether the failure is that the server's session no longer has the prepared statement as we knew it.
    private(set) var isStale = false
    private var position = 0
    private var isSingleRow = false
    private var copiedTypes: [PostgresType] = []
    /// Whether the server is sending a COPY, and whether its header has come.
    private var isCopying = false
    private var hasCopyHeader = false

    init(steps: [Step], isPipelined: Bool, commits: Bool) {
        self.steps = steps
        self.isPipelined = isPipelined
        self.commits = commits
    }

    /// Takes the page read so far.
    mutating func takePage() -> PostgresPage? {
        defer { page = nil }
        return page
    }

    /// Reads what has arrived.
    mutating func advance(_ connection: OpaquePointer, _ cache: inout StatementCache) -> Progress {
        while true {
            if isCopying {
                if let progress = takeCopied(connection) { return progress }
                continue
            }
            requestSingleRows(connection)
            // On a broken connection libpq does not wait; it answers with what came last.
            if PQisBusy(connection) == 1, PQstatus(connection) != CONNECTION_BAD { return .pending }
            guard let result = PQgetResult(connection) else {
                if PQstatus(connection) == CONNECTION_BAD { return .lost }
                guard isPipelined, position < steps.count else { return .finished }
                // A null pointer ends a step, and a Sync ends itself; anything else is not the protocol we know.
                if case .sync = steps[position] { return .lost }
                position += 1
                continue
            }
            if let progress = take(result, connection, &cache) { return progress }
        }
    }

    /// Single-row mode is asked for when libpq has come to the statement, and not before.
    private mutating func requestSingleRows(_ connection: OpaquePointer) {
        guard !isSingleRow, position < steps.count, case .stream = steps[position] else { return }
        isSingleRow = PQsetSingleRowMode(connection) == 1
    }

    private mutating func take(
        _ result: OpaquePointer,
        _ connection: OpaquePointer,
        _ cache: inout StatementCache
    ) -> Progress? {
        switch PQresultStatus(result) {
        case PGRES_SINGLE_TUPLE:
            return takeRow(result)
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            succeeded(result, &cache)
        case PGRES_PIPELINE_SYNC:
            PQclear(result)
            position += 1
        case PGRES_COPY_IN:
            PQclear(result)
            return .copyIn
        case PGRES_PIPELINE_ABORTED:
            PQclear(result)
        case PGRES_COPY_OUT where copiesOut:
            PQclear(result)
            isCopying = true
        case PGRES_COPY_OUT, PGRES_COPY_BOTH:
            PQclear(result)
            // Not ours to read; the connection is of no more use.
            return .lost
        default:
            defer { PQclear(result) }
            failed(result, &cache)
            if PQstatus(connection) == CONNECTION_BAD { return .lost }
        }
        return nil
    }

    private mutating func takeRow(_ result: OpaquePointer) -> Progress? {
        guard !discards else {
            PQclear(result)
            return nil
        }
        let page = page ?? PostgresPage(capacity: pageSize)
        page.append(result)
        self.page = page
        return page.count >= pageSize ? .page : nil
    }

    /// Takes the next row of a COPY.
    private mutating func takeCopied(_ connection: OpaquePointer) -> Progress? {
        var memory: UnsafeMutablePointer<CChar>?
        let count = Int(PQgetCopyData(connection, &memory, 1))
        guard count > 0, let memory else {
            switch count {
            case 0: return PQstatus(connection) == CONNECTION_BAD ? .lost : .pending
            case -1:
                // The end, or the server's error: the next result says which.
                isCopying = false
                return nil
            default: return .lost
            }
        }
        let bytes = UnsafeRawBufferPointer(start: memory, count: count)
        guard let start = PostgresCopyFormat.startOfRow(bytes, hasHeader: !hasCopyHeader) else {
            PQfreemem(memory)
            return .lost
        }
        hasCopyHeader = true
        guard !discards, start < count, !PostgresCopyFormat.isTrailer(UnsafeRawBufferPointer(rebasing: bytes[start...]))
        else {
            PQfreemem(memory)
            return nil
        }
        let page = page ?? PostgresPage(copying: copiedTypes, capacity: pageSize)
        page.append(memory, start..<count)
        self.page = page
        return page.count >= pageSize || page.byteCount >= 1 << 20 ? .page : nil
    }

    private mutating func succeeded(_ result: OpaquePointer, _ cache: inout StatementCache) {
        guard isPipelined, position < steps.count else {
            if copiesOut, copiedTypes.isEmpty {
                copiedTypes = (0..<PQnfields(result)).map { PostgresType(oid: UInt32(PQftype(result, $0))) }
            }
            PQclear(result)
            return
        }
        switch steps[position] {
        case .prepare(let key, let name):
            PQclear(result)
            cache.insert(key, name: name)
        case .deallocate(let name):
            PQclear(result)
            cache.deallocated(name)
        case .execute where !discards:
            results.append(PostgresResult(result))
        case .execute, .stream, .sync:
            PQclear(result)
        }
    }

    /// Whether no statement comes after the one being answered: only the last one commits.
    private var isLast: Bool {
        !steps.dropFirst(position + 1).contains { step in
            if case .execute = step { true } else { false }
        }
    }

    private mutating func failed(_ result: OpaquePointer, _ cache: inout StatementCache) {
        func field(_ code: UnicodeScalar) -> String? {
            PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
        }
        if position < steps.count, case .deallocate(let name) = steps[position] {
            // The session has dropped it already; nothing of the caller's has failed.
            cache.deallocated(name)
            return
        }
        guard error == nil else { return }
        hasFailedLast = isLast
        error = StorageError(failed: result, commits: commits, isLast: isLast).atIndex(results.count)
        switch field("C") {
        case "26000", "42P05":
            isStale = true
            cache.sessionLostAll()
        case "0A000" where field("R") == "RevalidateCachedQuery":
            // A table has changed in a way that changes the statement's columns. Nothing has run.
            isStale = true
            cache.removeAll()
            error = StorageError(.conflict, "a table's definition has changed", advice: "Try again")
                .from(error?.backend)
        default:
            break
        }
    }
}
#endif
