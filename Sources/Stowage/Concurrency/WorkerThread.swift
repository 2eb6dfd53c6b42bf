internal import Synchronization

/// A thread of its own for work that blocks: a lock of another program, an fsync, a C library that waits.
///
/// Swift's tasks share one thread a core, and none of these may block. A driver hands such work to a worker:
///
/// ```swift
/// let worker = WorkerThread(name: "shelf")
/// let size = try await worker.run(deadline: context.deadline, waitingFor: "the shelf's lock") {
///     try shelf.lockAndMeasure()
/// }
/// ```
///
/// or runs a whole actor on it:
///
/// ```swift
/// actor ShelfDriver {
///     private nonisolated let worker = WorkerThread(name: "shelf")
///     nonisolated var unownedExecutor: UnownedSerialExecutor { worker.asUnownedSerialExecutor() }
/// }
/// ```
///
/// Jobs run one at a time in the order in which they came. The thread starts with the first job, and ends, after all
/// jobs it was given, when nobody holds the worker any more. A hop there and back costs 10 to 100 µs.
public final class WorkerThread: SerialExecutor, Sendable {
    private let name: String
    private let queue = Monitor(Queue())
    private let isStarted = Atomic(false)

    private struct Queue {
        var jobs: [@Sendable () -> Void] = []
        var isClosed = false
        /// Whether the thread sleeps, and has to be woken.
        var isAsleep = false
    }

    /// Makes a worker; its thread starts with the first job.
    ///
    /// - Parameter name: What debuggers show, cut at 15 bytes.
    public init(name: String) { self.name = name }

    deinit {
        queue.withLock { $0.isClosed = true }
        queue.signal()
    }

    /// Runs an actor's job here. Swift calls this.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        enqueue { [unowned self] in job.runSynchronously(on: asUnownedSerialExecutor()) }
    }

    /// Runs a job here some time later, after those that came before. Nobody waits for it.
    public func enqueue(_ job: @escaping @Sendable () -> Void) {
        if isStarted.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged { start() }
        let isAsleep = queue.withLock { queue in
            queue.jobs.append(job)
            defer { queue.isAsleep = false }
            return queue.isAsleep
        }
        // Awake, it looks by itself before it sleeps.
        if isAsleep { queue.signal() }
    }

    /// Runs a body here and returns what it returns.
    ///
    /// The deadline and a cancellation end the wait for the thread. A body that has begun is waited for, since its
    /// effects are not known before its end; give it `onInterrupt` to make it end early. Where it cannot end early, as in
    /// a C library that waits for a lock of another process, and where nothing has happened before it returned, it can be
    /// left behind: the caller goes on, and this thread drops what the body returns, so that a `deinit` gives it back.
    ///
    /// - Parameters:
    ///   - deadline: When to give up.
    ///   - wait: What the caller waits for, as in "the write lock of sessions.db".
    ///   - isLeftBehind: Whether a body that has begun is left behind by the deadline and by a cancellation.
    ///   - onInterrupt: Called from any thread when the deadline passes or the task is cancelled while the body runs.
    ///   - body: The work, which may block.
    /// - Throws: What the body throws; `timeout` or `cancelled` when it was not begun or was left behind.
    public func run<T: Sendable>(
        deadline: Deadline,
        waitingFor wait: @escaping @autoclosure @Sendable () -> String,
        isLeftBehind: Bool = false,
        onInterrupt: (@Sendable () -> Void)? = nil,
        _ body: @escaping @Sendable () throws -> T
    ) async throws -> T {
        try deadline.check(waitingFor: wait())
        let job = PendingJob<T>(onInterrupt: onInterrupt, isLeftBehind: isLeftBehind)
        return try await job.result(until: deadline, waitingFor: wait) {
            enqueue { if job.begin() { job.finish(Result { try body() }) } }
        }
    }

    private func start() {
        OwnThread.start(named: name) { [queue] in
            var patience = Patience()
            while true {
                patience.await { queue.withLock { !$0.jobs.isEmpty || $0.isClosed } }
                let jobs: [@Sendable () -> Void] = queue.wait { queue, _ in
                    if queue.jobs.isEmpty {
                        queue.isAsleep = true
                        return queue.isClosed ? [] : nil
                    }
                    queue.isAsleep = false
                    defer { queue.jobs = [] }
                    return queue.jobs
                }
                if jobs.isEmpty { return }
                for job in jobs { job() }
            }
        }
    }
}
