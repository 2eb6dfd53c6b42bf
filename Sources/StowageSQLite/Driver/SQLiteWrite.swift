#if SQLite
internal import Stowage

/// One write on its way through the writer's queue.
final class SQLiteWrite: Sendable {
    let batch: WriteBatch
    let table: SQLiteTable
    let context: OperationContext
    let interrupt: SQLiteInterrupt
    let job: PendingJob<[MutationOutcome]>

    init(_ batch: WriteBatch, _ table: SQLiteTable, _ context: OperationContext) {
        self.batch = batch
        self.table = table
        self.context = context
        let interrupt = SQLiteInterrupt()
        self.interrupt = interrupt
        job = PendingJob { interrupt.cancel() }
    }

    /// Whether it still wants to run. One that ran in a transaction which SQLite gave up, and whose time is over by
    /// now, is answered here; the others answer themselves.
    func stillWaits(path: String) -> Bool {
        if job.isQueued { return true }
        guard job.isRunning else { return false }
        do { try checkInTime(path: path) } catch {
            job.finish(.failure(error))
            return false
        }
        return true
    }

    /// Begins it, or goes on with one that has to run again; false when it was given up.
    func begin() -> Bool { job.isRunning || job.begin() }

    /// Throws when its deadline passed or it was cancelled while others of its group ran.
    func checkInTime(path: String) throws {
        if context.deadline.hasPassed { throw context.deadline.timeout(waitingFor: "the writer of \(path)") }
        if interrupt.isCancelled { throw StorageError.cancelledTask }
    }
}
#endif
