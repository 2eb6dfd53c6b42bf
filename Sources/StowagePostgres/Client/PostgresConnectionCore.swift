#if Postgres
internal import CLibPQ
internal import Stowage

/// A connection's state: what lies under its lock.
///
/// Every function is called with the lock held and blocks on nothing. What has to happen once the lock is free, such as
/// resuming a task, is returned as ``PostgresEffects``.
struct PostgresConnectionCore: Sendable {
    /// How an interrupted or unfinished lease is brought back to a clean session.
    struct Cleaning: Sendable {
        let id: UInt64
        /// A `PQcancel` that has not returned: what we sent now, it might hit.
        var pendingCancel: UInt64?
        /// Everything that was sent has been answered.
        var isDrained: Bool
        /// The last round trip is under way.
        var isResetting = false
        /// Why a task was interrupted that still waits to hear whether its commit took place.
        var unsettled: StorageError?
    }

    let loop: PostgresEventLoop
    let socket: Int32
    let usesTLS: Bool
    var token: UInt64 = 0

    /// libpq's connection, `nil` once it is closed.
    private(set) var handle: PGConnectionHandle?
    var cache: StatementCache
    var operation: PostgresOperation?
    var cleaning: Cleaning?
    /// Why the lease can no longer be used, although the connection may be on its way back.
    var interruption: StorageError?
    /// Why the connection is gone.
    private(set) var loss: StorageError?
    /// Whether the pool has it, and not a task.
    var isReleased = true
    var isReading = true
    var isWriting = false
    var timer: (at: Deadline, id: UInt64)?

    init(_ handle: PGConnectionHandle, loop: PostgresEventLoop, cacheCapacity: Int) {
        self.handle = handle
        self.loop = loop
        socket = PQsocket(handle.pointer)
        usesTLS = PQsslInUse(handle.pointer) == 1
        cache = StatementCache(capacity: cacheCapacity)
    }

    /// The connection, for a task that holds the lease.
    func usable() throws -> OpaquePointer {
        if let interruption { throw interruption }
        guard let handle else { throw loss ?? .lostConnection }
        return handle.pointer
    }

    // MARK: Bytes in and out

    /// Chooses what the event loop reports.
    mutating func watch(reading: Bool, writing: Bool) {
        guard handle != nil, reading != isReading || writing != isWriting else { return }
        isReading = reading
        isWriting = writing
        loop.watch(socket, token, reading: reading, writing: writing)
    }

    /// Hands what is queued to the operating system; what it does not take, the event loop sends later.
    mutating func flush() {
        guard let handle else { return }
        let left = PQflush(handle.pointer)
        // A failed write shows in what is read next, after the server's last words.
        watch(reading: true, writing: left == 1)
    }

    /// The socket is ready.
    mutating func transfer() -> PostgresEffects {
        guard let handle else { return PostgresEffects() }
        if isWriting { flush() }
        if let operation, operation.waiter == nil, cleaning == nil {
            // The task is busy with what it has. Not reading makes the server wait: backpressure.
            watch(reading: false, writing: isWriting)
            return PostgresEffects()
        }
        var isAlive = PQconsumeInput(handle.pointer) == 1
        // What OpenSSL has decrypted and not handed over, the operating system does not report again.
        if isAlive, usesTLS { isAlive = PQconsumeInput(handle.pointer) == 1 }
        if operation == nil {
            while let notification = PQnotifies(handle.pointer) { PQfreemem(notification) }
            if !isAlive { return lose(.lostConnection) }
        }
        return progress()
    }

    /// Reads what has arrived, and resumes the task when it is what it waits for.
    mutating func progress() -> PostgresEffects {
        guard let handle, operation != nil else { return PostgresEffects() }
        if operation?.goal == .flushed {
            guard !isWriting else { return PostgresEffects() }
            return answer(.success(.ready))
        }
        // Taken apart and put back, so that nothing is copied.
        guard var reader = operation?.reader else { return PostgresEffects() }
        operation?.reader = nil
        let result = reader.advance(handle.pointer, &cache)
        let page = result == .page || result == .finished ? reader.takePage() : nil
        operation?.reader = reader
        switch result {
        case .pending:
            return PostgresEffects()
        case .page:
            return answer(.success(.page(page, isLast: false)))
        case .copyIn:
            guard cleaning == nil else {
                endCopy(handle.pointer)
                return progress()
            }
            operation?.isCopying = true
            return answer(.success(.ready))
        case .lost:
            return lose(reader.error ?? (reader.commits ? .lostDuringCommit : .lostConnection))
        case .finished:
            return finish(reader, page)
        }
    }

    private mutating func finish(_ reader: PostgresResultReader, _ page: PostgresPage?) -> PostgresEffects {
        guard cleaning == nil else {
            let settled = settle(reader)
            var effects = advanceCleaning(drainedWith: reader.error)
            if let settled { effects.wakeUp = settled }
            return effects
        }
        defer { operation = nil }
        if let error = reader.error {
            if operation?.waiter?.isBatch == true {
                return answer(.success(.stopped(reader.results, error, isStale: reader.isStale)))
            }
            return answer(reader.isStale ? .success(.stale(error)) : .failure(error))
        }
        if operation?.goal == .page { return answer(.success(.page(page, isLast: true))) }
        return answer(.success(.results(reader.results)))
    }

    /// Resumes the task. The operation stays until it is finished.
    private mutating func answer(_ outcome: Result<PostgresOperation.Output, StorageError>) -> PostgresEffects {
        let waiter = operation?.waiter
        operation?.waiter = nil
        if let limit = operation?.idleLimit { operation?.deadline = .after(limit) }
        return PostgresEffects(wakeUp: PostgresWakeUp(waiter: waiter, outcome: outcome))
    }

    // MARK: The end

    /// Closes the connection and tells whom it concerns.
    mutating func lose(_ error: StorageError) -> PostgresEffects {
        guard let handle else { return PostgresEffects() }
        var effects = answer(.failure(error))
        if isReleased { effects.change = .lost }
        loss = error
        operation = nil
        cleaning = nil
        if let timer { loop.cancel(timer.id) }
        timer = nil
        loop.unregister(socket, token)
        PQfinish(handle.pointer)
        self.handle = nil
        return effects
    }
}

/// What is to be done once a connection's lock is free.
struct PostgresEffects {
    /// What the pool wants to know of a connection that no task holds.
    enum Change: Sendable {
        /// It is clean, and can be leased again.
        case clean
        /// It is gone.
        case lost
    }

    var wakeUp: PostgresWakeUp?
    var change: Change?
}
#endif
