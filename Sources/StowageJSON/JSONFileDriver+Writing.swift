public import Stowage
internal import Synchronization

/// The writes that wait for the next replacement of the file.
struct WriteQueue: Sendable {
    var waiting: [QueuedWrite] = []
    var isDraining = false
}

/// One write on its way into the file.
struct QueuedWrite: Sendable {
    let batch: WriteBatch
    let context: OperationContext
    let job = PendingJob<[MutationOutcome]>(onInterrupt: nil)
}

// Concurrent writers share one replacement of the file, or one frame of its journal: whoever comes while one is under way
// waits for the next, which takes all that have gathered. Each is applied by itself, so one that fails does not fail the
// others; each is acknowledged after the bytes that hold it are durable.
extension JSONFileDriver {
    /// Applies a batch and replaces the file, or appends to its journal.
    public func write(_ batch: WriteBatch, context: OperationContext) async throws -> [MutationOutcome] {
        try checkWritable()
        let queued = QueuedWrite(batch: batch, context: context)
        return try await queued.job.result(
            until: context.deadline,
            waitingFor: { [path] in "the write lock of \(path), held by another writer" },
            enqueue: {
                let isFirst = queue.withLock { queue in
                    queue.waiting.append(queued)
                    defer { queue.isDraining = true }
                    return !queue.isDraining
                }
                // A task of its own: the writes of others must not end with the task of the first.
                if isFirst { Task { await drain() } }
            }
        )
    }

    func checkWritable() throws {
        try state.withLock { state in
            if let broken = state.broken { throw broken }
            if state.access == .readOnly {
                throw StorageError(.readOnly, "the store was opened for reading only").at(.init(path: path))
            }
        }
    }

    private func drain() async {
        while true {
            let latest: Deadline? = queue.withLock { queue in
                let latest = queue.waiting.map(\.context.deadline).max()
                if latest == nil { queue.isDraining = false }
                return latest
            }
            guard let latest else { return }
            do {
                try await writers.acquire(until: latest, waitingFor: "another transaction to end")
            } catch {
                refuseWaiting(error, until: latest)
                continue
            }
            await writeTogether(until: latest)
            writers.release()
        }
    }

    /// Takes all that wait, under the lock between processes, and stores them together.
    private func writeTogether(until deadline: Deadline) async {
        let content: StoreContent
        do {
            content = try await lockAndRead(until: deadline)
        } catch {
            return refuseWaiting(error, until: deadline)
        }
        let taken = queue.withLock { queue in
            defer { queue.waiting = [] }
            return queue.waiting
        }.filter { $0.job.begin() }
        let working = ImageTransaction(content.image, logsKeys: mode != .replace, keep: { _ in }, leave: {})
        var done: [(write: QueuedWrite, result: Result<[MutationOutcome], any Error>)] = []
        for write in taken {
            do {
                done.append((write, .success(try await working.write(write.batch))))
            } catch {
                done.append((write, .failure(error)))
            }
        }
        do {
            if working.hasChanges {
                let isRelaxed = done.allSatisfy { $0.write.context.durability == .relaxed }
                try await store(working, over: content, durability: isRelaxed ? .relaxed : .full)
            }
            unlock()
            for (write, result) in done { write.job.finish(result) }
        } catch {
            // Also for those that had failed: what they met, such as a taken id, is not in the file.
            unlock()
            for (write, _) in done { write.job.finish(.failure(error)) }
        }
    }

    /// Fails the writes that wait: all of them, or after a timeout those whose time is over.
    private func refuseWaiting(_ error: any Error, until deadline: Deadline) {
        let isTimeout = (error as? StorageError)?.code == .timeout
        let waiting = queue.withLock { queue in
            let over = queue.waiting.filter { !isTimeout || $0.context.deadline <= deadline }
            queue.waiting.removeAll { !isTimeout || $0.context.deadline <= deadline }
            return over
        }
        for write in waiting where write.job.begin() { write.job.finish(.failure(error)) }
    }

    /// Takes the lock between processes and returns the content of the file as it is under it.
    private func lockAndRead(until deadline: Deadline) async throws -> StoreContent {
        guard let lock = state.withLock({ $0.lock }) else { throw StorageError(.closed, "the file is closed") }
        let interrupt = Interrupt()
        try await writing.run(
            deadline: deadline,
            waitingFor: "the write lock",
            onInterrupt: { interrupt.set() }
        ) { try lock.acquire(until: deadline, interrupt) }
        do {
            return try await current(deadline)
        } catch {
            lock.release()
            throw error
        }
    }

    private func unlock() { state.withLock { $0.lock }?.release() }

    /// Stores what a transaction has written; from then on the new content is the current one.
    private func store(
        _ working: ImageTransaction<JSONEntry>,
        over content: StoreContent,
        durability: Durability
    ) async throws {
        var new = content
        new.image = working.current
        guard case .journal(let limit) = mode, content.isAsWritten else {
            return try await replace(with: new, durability: durability)
        }
        guard let changes = try new.changes(from: content.image, touched: working.touched.list) else { return }
        let isAppended = try await keepingWatch { [self, new] in
            let loaded = try versionUnderLock()
            let journal = try JournaledFile.append(changes, to: loaded, path, limit: limit, durability: durability)
            guard let journal else { return false }
            keep(Loaded(content: new, identity: loaded.identity, handle: loaded.handle, journal: journal))
            return true
        }
        if !isAppended { try await replace(with: new, durability: durability) }
    }

    /// What the file and its journal hold, for a writer that goes on behind it. Blocks its thread.
    ///
    /// The known version may be an older one again: a reader that read it before the last commit keeps it whenever its task
    /// goes on. To append behind that would cut off what was acknowledged since.
    private func versionUnderLock() throws -> Loaded {
        let (loaded, collections, schema) = state.withLock { ($0.loaded, $0.collections, $0.schema) }
        guard let loaded else { throw StorageError(.closed, "the file is closed") }
        if try JournaledFile.isCurrent(loaded, path) { return loaded }
        return try JournaledFile.load(path, collections, schema, over: loaded)
    }

    /// Replaces the file; from then on the new content is the current one.
    private func replace(with content: StoreContent, durability: Durability) async throws {
        try await keepingWatch { [self, content] in
            let (identity, handle) = try JournaledFile.replace(path, with: content.pieces, durability: durability)
            var content = content
            content.isAsWritten = true
            keep(Loaded(content: content, identity: identity, handle: handle, journal: nil))
        }
    }

    /// Writes on the writers' thread. After a failed fsync nobody knows what the disk holds, and the store says so from
    /// then on.
    private func keepingWatch<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result
    {
        do {
            return try await writing.run(deadline: .distant, waitingFor: "the file to be written", body)
        } catch let failure as FileSystem.SyncFailure {
            let error = failure.error.advising("Find out what the disk holds, then open the storage again")
            state.withLock { $0.broken = error }
            throw error
        }
    }

    /// Folds the journal into the file, unless it holds no changes or another program writes.
    func foldJournal() async throws {
        let (isNeeded, lock) = state.withLock { state in
            (
                (state.loaded?.journal?.changeCount ?? 0) > 0 && state.access == .readWrite && state.broken == nil,
                state.lock
            )
        }
        guard isNeeded, let lock else { return }
        let deadline = Deadline.after(.seconds(10))
        try await writers.acquire(until: deadline, waitingFor: "another transaction to end")
        defer { writers.release() }
        let isLocked = try await writing.run(deadline: deadline, waitingFor: "the write lock") { try lock.tryAcquire() }
        guard isLocked else { return }
        defer { lock.release() }
        let content = try await current(deadline)
        if state.withLock({ ($0.loaded?.journal?.changeCount ?? 0) > 0 }) {
            try await replace(with: content, durability: .full)
        }
    }

    /// Begins a transaction: readers hold the content as it is now, a writer holds the locks until it ends.
    public func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        guard mode == .readWrite else {
            return ImageTransaction(try await current(context.deadline).image, keep: { _ in }, leave: {})
        }
        try checkWritable()
        try await writers.acquire(until: context.deadline, waitingFor: "another transaction to end")
        do {
            let content = try await lockAndRead(until: context.deadline)
            return ImageTransaction(
                content.image,
                logsKeys: self.mode != .replace,
                keep: { [self] transaction in
                    try await store(transaction, over: content, durability: context.durability)
                },
                leave: { [self] in
                    unlock()
                    writers.release()
                }
            )
        } catch {
            writers.release()
            throw error
        }
    }
}
