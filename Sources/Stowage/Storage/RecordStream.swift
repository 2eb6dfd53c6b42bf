internal import Synchronization

/// The answer to a query, record by record; see ``DatabaseStorage/stream(_:)``.
///
/// ```swift
/// for try await session in storage.stream(.where { $0.branch != nil }) { … }
/// ```
public struct RecordStream<Record: StorageRecord, State: StorageState>: AsyncSequence, Sendable
where State.Record == Record {
    let handle: StorageHandle<Record, State>
    let query: Query<Record>

    /// Begins the answer; the snapshot is taken at the first step.
    public func makeAsyncIterator() -> Iterator {
        Iterator(source: Source(handle: handle, query: query))
    }

    /// Steps through the answer.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let source: Source<Record, State>
        private var page: ArraySlice<Record> = []

        fileprivate init(source: Source<Record, State>) { self.source = source }

        /// The next record; nil at the end.
        public mutating func next() async throws -> Record? {
            if page.isEmpty { page = try await source.nextPage()[...] }
            return page.popFirst()
        }
    }
}

/// The open cursor behind an iterator. It is given back at the end, at an error, when the consumer is idle past the
/// deadline, and when the iterator goes away.
private final class Source<Record: StorageRecord, State: StorageState>: Sendable where State.Record == Record {
    private static var pageSize: Int { 256 }

    private let handle: StorageHandle<Record, State>
    private let query: Query<Record>
    private let phase = Mutex(Phase.fresh)

    private enum Phase: Sendable {
        case fresh
        case open(OpenCursor)
        case ended
        case failed(StorageError)
    }

    init(handle: StorageHandle<Record, State>, query: Query<Record>) {
        self.handle = handle
        self.query = query
    }

    deinit {
        if case .open(let cursor) = phase.withLock({ $0 }) { Task { await cursor.close() } }
    }

    func nextPage() async throws -> [Record] {
        switch phase.withLock({ $0 }) {
        case .ended: return []
        case .failed(let error): throw error
        case .open(let cursor): return try await read(cursor)
        case .fresh:
            let cursor = try await open()
            phase.withLock { $0 = .open(cursor) }
            return try await read(cursor)
        }
    }

    private func open() async throws -> OpenCursor {
        let checked = try query.checked(handle.schema)
        switch handle.route.executor {
        case .transaction(let session):
            try handle.route.checkUsable(in: session)
            let cursor = try await session.cursor(checked, in: handle.collection)
            return OpenCursor(cursor: cursor, session: session, ownsTransaction: false)
        case .database(let database):
            return try await database.openCursor(checked, handle)
        }
    }

    private func read(_ cursor: OpenCursor) async throws -> [Record] {
        let found = Gathered<Record>()
        let schema = handle.schema
        do {
            let mayHaveMore = try await cursor.next(Self.pageSize, within: handle.options.deadline) {
                found.append(try schema.record(of: $0))
            }
            let records = found.all
            if !mayHaveMore {
                await cursor.close()
                phase.withLock { $0 = .ended }
            } else if records.isEmpty {
                return try await read(cursor)
            }
            return records
        } catch {
            await cursor.close()
            let failure = error as? StorageError ?? StorageError(.corrupt, "a stored record cannot be read")
            phase.withLock { $0 = .failed(failure) }
            throw failure
        }
    }
}

/// A cursor together with the transaction that it reads in.
final class OpenCursor: Sendable {
    private let cursor: any DriverCursor
    private let session: TransactionSession
    private let ownsTransaction: Bool
    private let watch = Mutex<Task<Void, any Error>?>(nil)
    private let isClosed = Mutex(false)

    init(cursor: any DriverCursor, session: TransactionSession, ownsTransaction: Bool) {
        self.cursor = cursor
        self.session = session
        self.ownsTransaction = ownsTransaction
    }

    /// Reads a page by a deadline; the consumer then has as long to come for the next.
    func next(_ count: Int, within limit: Duration, rows: @escaping RowHandler) async throws -> Bool {
        stopWatching()
        let deadline = Deadline.after(limit)
        let mayHaveMore = try await session.perform { _ in
            try await cursor.next(count, until: min(deadline, session.deadline), rows: rows)
        }
        if mayHaveMore, ownsTransaction { watchConsumer(for: limit) }
        return mayHaveMore
    }

    /// Gives the snapshot back when the consumer does not come for the next page in time.
    private func watchConsumer(for limit: Duration) {
        let deadline = Deadline.after(limit)
        let task = Task { [weak self] in
            try await Task.sleep(until: deadline.instant, clock: .continuous)
            await self?.session.expire(deadline.timeout(waitingFor: "the consumer of a stream to take the next page"))
            await self?.close()
        }
        watch.withLock { $0 = task }
    }

    private func stopWatching() {
        watch.withLock { watch in
            defer { watch = nil }
            return watch
        }?.cancel()
    }

    func close() async {
        stopWatching()
        let isFirst = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return !isClosed
        }
        guard isFirst else { return }
        await session.close(cursor)
        if ownsTransaction {
            await session.rollBack()
            session.database.lifecycle.leave()
        }
    }
}

extension StorageDatabase {
    /// Begins a read of its own for a stream. Closing the database waits until the cursor is closed.
    func openCursor<Record, State>(
        _ query: DriverQuery,
        _ handle: StorageHandle<Record, State>
    ) async throws -> OpenCursor {
        try ActiveTransaction.refuse(self, doing: "streaming from the storage itself")
        if Task.isCancelled { throw StorageError.cancelledTask }
        try lifecycle.enter()
        do {
            try handle.route.requireOpen()
            // The whole stream may take any time: the beginning and each page have deadlines, not the transaction.
            // Nor can a stream begin again when it fits into no order: it is a snapshot.
            var context = handle.options.context()
            if context.isolation == .serializable { context.isolation = .snapshot }
            let transaction = try await driver.begin(.readOnly, context: context)
            let session = TransactionSession(
                database: self,
                mode: .readOnly,
                deadline: .after(.seconds(1_000_000_000)),
                transaction: transaction
            )
            do {
                let cursor = try await session.cursor(query, in: handle.collection)
                return OpenCursor(cursor: cursor, session: session, ownsTransaction: true)
            } catch {
                await session.rollBack()
                throw error
            }
        } catch {
            lifecycle.leave()
            throw error
        }
    }
}
