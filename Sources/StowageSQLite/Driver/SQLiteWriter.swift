#if SQLite
internal import Stowage
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The one connection that writes, and who may use it: a transaction at a time, or a group of single writes.
final class SQLiteWriter: Sendable {
    let connection: SQLiteConnection
    let thread: WorkerThread
    /// Whoever is inside uses the connection, alone and first come first served.
    let gate = AsyncGate(1)
    private let queue = Mutex(Queue())
    private let checkpointPages: Int
    private let checkpoint = Mutex(Checkpoint())
    /// The error after which nobody knows what the disk holds (DUR-3).
    private let failure = Mutex<StorageError?>(nil)

    private struct Queue {
        var writes: [SQLiteWrite] = []
        /// Whether the group that takes these writes is on its way.
        var isServed = false
        /// Whether the write lock is held by another program: what waiting writes then wait for.
        var isLockedOut = false
        /// How many of the next groups run each write in a savepoint.
        var carefulGroups = 0
    }

    /// After a write that failed others are likely to: so many groups run with savepoints then.
    private static let carefulGroups = 32

    private struct Checkpoint {
        var connection: SQLiteConnection?
        /// The WAL's length at which the next one is due.
        var duePages = 0
    }

    init(_ connection: SQLiteConnection, thread: WorkerThread, checkpointPages: Int) {
        self.connection = connection
        self.thread = thread
        self.checkpointPages = checkpointPages
    }

    static func pause(after attempts: Int) { usleep(SQLiteBusy.pause(after: attempts)) }

    // MARK: Failures

    /// Throws when an earlier commit failed in a way that leaves the disk's content unknown.
    func checkUsable() throws {
        if let error = failure.withLock({ $0 }) {
            if error.code == .closed { throw error }
            throw StorageError(
                .storageFull,
                "an earlier write to the disk failed, so this handle refuses work",
                advice: "Check the disk, then reopen the store",
                isRetryable: false
            ).causedBy(error).at(error.place)
        }
    }

    /// Remembers a commit that failed.
    func noteCommitFailure(_ error: any Error) {
        guard let sqlite = error as? SQLiteFailure, sqlite.isInputOutput else { return }
        let error = sqlite.storageError(path: connection.path)
        failure.withLock { $0 = error }
    }

    // MARK: Single writes

    /// Queues a write for the next group, and waits until the disk has it.
    func write(_ batch: WriteBatch, in table: SQLiteTable, context: OperationContext) async throws -> [MutationOutcome]
    {
        try context.deadline.check(waitingFor: waitedFor())
        let write = SQLiteWrite(batch, table, context)
        return try await write.job.result(until: context.deadline, waitingFor: { [self] in waitedFor() }) {
            let isServed = queue.withLock { queue in
                queue.writes.append(write)
                defer { queue.isServed = true }
                return queue.isServed
            }
            if !isServed { serve() }
        }
    }

    /// What a queued write waits for.
    private func waitedFor() -> String {
        queue.withLock { $0.isLockedOut }
            ? SQLiteBusy.waitedFor(connection.path)
            : "the writer of \(connection.path), held by other writes of this program"
    }

    private func serve() {
        gate.whenAcquired { [self] in thread.enqueue { [self] in commitGroup() } }
    }

    /// On the thread: commits what has queued, in one transaction, and lets a waiting transaction in before the next.
    private func commitGroup() {
        runGroup()
        checkpointIfDue()
        let hasMore = queue.withLock { queue in
            // What was given up needs no further turn, least of all after closing.
            queue.writes.removeAll { !$0.job.isQueued && !$0.job.isRunning }
            queue.isServed = !queue.writes.isEmpty
            return queue.isServed
        }
        gate.release()
        if hasMore { serve() }
    }

    private func runGroup() {
        do {
            try checkUsable()
            // One fsync for all, so the strictest decides.
            let level: Durability = queue.withLock { queue in
                queue.writes.allSatisfy { $0.context.durability == .relaxed } ? .relaxed : .full
            }
            try connection.synchronous(level)
            guard try beginWhileAnyoneWaits() else { return }
            let group = takeGroup(level)
            guard !group.isEmpty else { return connection.rollBack() }
            run(group)
        } catch {
            let error = connection.storageError(error)
            connection.rollBack()
            for write in takeGroup(.full) { write.job.finish(.failure(error)) }
        }
    }

    /// Takes the write lock, as long as some write still waits for it: deadlines end their waits by themselves.
    private func beginWhileAnyoneWaits() throws -> Bool {
        defer { queue.withLock { $0.isLockedOut = false } }
        var attempts = 0
        while true {
            do {
                try connection.execute("BEGIN IMMEDIATE")
                return true
            } catch let failure as SQLiteFailure where failure.isBusy {
                let hasWaiters = queue.withLock { queue in
                    queue.isLockedOut = true
                    queue.writes.removeAll { !$0.stillWaits(path: connection.path) }
                    return !queue.writes.isEmpty
                }
                if !hasWaiters { return false }
                Self.pause(after: attempts)
                attempts += 1
            }
        }
    }

    private func takeGroup(_ level: Durability) -> [SQLiteWrite] {
        let taken = queue.withLock { queue in
            // What came after the level was decided may ask for more: it waits for the next group.
            let count =
                level == .full ? queue.writes.count : queue.writes.prefix { $0.context.durability == .relaxed }.count
            defer { queue.writes.removeFirst(count) }
            return Array(queue.writes.prefix(count))
        }
        return taken.filter { $0.begin() }
    }

    /// Runs the writes and commits. One that fails takes no other with it.
    ///
    /// Savepoints see to that, and cost a tenth of the rate: SQLite copies every page that it changes after one. So
    /// a group runs without them at first; when a write fails, all is undone, and the group runs again with them.
    private func run(_ group: [SQLiteWrite]) {
        let isCareful = queue.withLock { queue in
            defer { queue.carefulGroups = max(queue.carefulGroups - 1, 0) }
            return queue.carefulGroups > 0
        }
        let inSavepoints = isCareful && group.count > 1
        var results: [(SQLiteWrite, Result<[MutationOutcome], any Error>)] = []
        for (index, write) in group.enumerated() {
            let result = Result { try apply(write, inSavepoint: inSavepoints) }
            if connection.isIdle, group.count > 1, !inSavepoints {
                // None has been answered: what the one that failed met may have been of another of them.
                return queue.withLock { queue in
                    queue.carefulGroups = Self.carefulGroups
                    queue.writes.insert(contentsOf: group, at: 0)
                }
            }
            if connection.isIdle, !results.isEmpty || index + 1 < group.count {
                // SQLite gave up the whole transaction (an interrupted write, a full disk). This write is to blame;
                // the others, none of which was acknowledged, run again.
                write.job.finish(result)
                let others = results.map(\.0) + group[(index + 1)...]
                queue.withLock { $0.writes.insert(contentsOf: others, at: 0) }
                return
            }
            results.append((write, result))
        }
        do {
            if !connection.isIdle { try connection.execute("COMMIT") }
        } catch {
            noteCommitFailure(error)
            let error = connection.storageError(error)
            connection.rollBack()
            for (write, _) in results { write.job.finish(.failure(error)) }
            return
        }
        for (write, result) in results { write.job.finish(result) }
    }

    /// Applies a write; when it fails outside a savepoint, the whole transaction is undone.
    private func apply(_ write: SQLiteWrite, inSavepoint: Bool) throws -> [MutationOutcome] {
        try write.checkInTime(path: connection.path)
        connection.deadline = write.context.deadline
        connection.interrupt = write.interrupt
        defer {
            connection.deadline = nil
            connection.interrupt = nil
        }
        if inSavepoint { try connection.with("SAVEPOINT stowage_write") { try $0.run() } }
        do {
            let outcomes = try SQLiteMutator(connection, write.table, for: write.batch.collection).apply(write.batch)
            if inSavepoint { try connection.with("RELEASE stowage_write") { try $0.run() } }
            return outcomes
        } catch {
            let error = connection.storageError(error)
            connection.deadline = nil
            connection.interrupt = nil
            if !inSavepoint {
                connection.rollBack()
            } else if !connection.isIdle {
                try connection.execute("ROLLBACK TO stowage_write; RELEASE stowage_write")
            }
            throw error
        }
    }

    // MARK: Checkpoints

    /// On the thread, inside the gate: copies the WAL into the file when it has grown.
    ///
    /// Versions before 3.51.3 can damage a file when a checkpoint meets a writer that starts the WAL anew. Holding the
    /// write lock keeps writers of all processes out; the holder itself cannot checkpoint, hence a second connection.
    func checkpointIfDue() {
        if failure.withLock({ $0 != nil }) { return }
        let pages = connection.walPages
        checkpoint.withLock { checkpoint in
            // A WAL that was started anew is short again.
            if pages < checkpoint.duePages - 2 * checkpointPages { checkpoint.duePages = 0 }
            guard pages >= max(checkpoint.duePages, checkpointPages) else { return }
            // A long reader can keep pages back; it is not asked after every commit.
            checkpoint.duePages = pages + checkpointPages
            do {
                let other = try checkpoint.connection ?? SQLiteConnection(path: connection.path, role: .writer)
                if checkpoint.connection == nil { try other.configure(.writer) }
                checkpoint.connection = other
                try connection.execute("BEGIN IMMEDIATE")
                defer { connection.rollBack() }
                try other.checkpoint()
            } catch {
                // The WAL stays as it is, and is read from; the next commit tries again. But not after a failed fsync:
                // the kernel may have dropped what relaxed commits left to this one (DUR-3).
                checkpoint.connection = nil
                noteCommitFailure(error)
            }
        }
    }

    /// Waits for the writer's last user, and closes the file: the last connection of all programs writes the log back,
    /// which is work for the thread.
    func close() async {
        await withCheckedContinuation { continuation in gate.whenAcquired { continuation.resume() } }
        await withCheckedContinuation { continuation in
            thread.enqueue { [self] in
                failure.withLock { $0 = SqliteDriver.closed }
                checkpoint.withLock { $0.connection = nil }
                connection.close()
                continuation.resume()
            }
        }
        gate.release()
    }
}
#endif
