#if SQLite
internal import Stowage
internal import Synchronization

/// The connections for reading: a few, opened when they are needed, each with one user at a time.
final class SQLiteReaders: Sendable {
    private let gate: AsyncGate
    private let idle: Mutex<[SQLiteConnection]>
    private let path: String
    private let role: SQLiteConnection.Role
    private let count: Int

    /// - Parameter first: One that is open already, and configured.
    init(path: String, role: SQLiteConnection.Role, count: Int, first: SQLiteConnection? = nil) {
        self.path = path
        self.role = role
        self.count = count
        idle = Mutex(first.map { [$0] } ?? [])
        gate = AsyncGate(count)
    }

    /// An open reader that nobody uses, at once; nil when there is none.
    func takeIdle() -> SQLiteConnection? {
        guard gate.tryAcquire() else { return nil }
        if let connection = idle.withLock({ $0.popLast() }) { return connection }
        gate.release()
        return nil
    }

    /// A reader, after those who came before.
    func take(until deadline: Deadline) async throws -> SQLiteConnection {
        try await gate.acquire(until: deadline, waitingFor: "a free reader of \(self.path)")
        if let connection = idle.withLock({ $0.popLast() }) { return connection }
        do { return try await open(until: deadline) } catch {
            gate.release()
            throw error
        }
    }

    /// Opening reads a few pages and waits for nothing; a lock that is busy is tried again.
    private func open(until deadline: Deadline) async throws -> SQLiteConnection {
        let connection = try SQLiteConnection(path: path, role: role)
        try await SQLiteBusy.retrying(connection, until: deadline) { try connection.configure(role) }
        return connection
    }

    func giveBack(_ connection: SQLiteConnection) {
        connection.deadline = nil
        connection.interrupt = nil
        idle.withLock { $0.append(connection) }
        gate.release()
    }

    /// Waits for the readers in use, and closes all.
    func close() async {
        for _ in 0..<count {
            await withCheckedContinuation { continuation in gate.whenAcquired { continuation.resume() } }
        }
        // Not left to the last reference: a transaction that has ended may still hold a connection, and so the file.
        idle.withLock { connections in
            for connection in connections { connection.close() }
            connections = []
        }
        for _ in 0..<count { gate.release() }
    }
}

/// Locks of other programs: SQLite says "busy", and we ask again a little later.
enum SQLiteBusy {
    /// The pause before another try, in microseconds: longer after each, and uneven, so that two do not keep in step.
    static func pause(after attempts: Int) -> UInt32 { UInt32.random(in: 200...(1000 << min(UInt32(attempts), 4))) }

    /// Tries until it is not busy. Waits without a thread.
    static func retrying<Result>(
        _ connection: SQLiteConnection,
        until deadline: Deadline,
        _ body: () throws -> Result
    ) async throws -> Result {
        var attempts = 0
        while true {
            do { return try body() } catch let failure as SQLiteFailure where failure.isBusy {
                try deadline.check(waitingFor: waitedFor(connection.path))
                try? await Task.sleep(for: .microseconds(pause(after: attempts)))
                attempts += 1
            } catch { throw connection.storageError(error) }
        }
    }

    /// What a busy database makes a caller wait for.
    static func waitedFor(_ path: String) -> String { "the write lock of \(path), held by another program" }
}
#endif
