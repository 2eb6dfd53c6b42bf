#if Postgres
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif
internal import CLibPQ
internal import Stowage
internal import Synchronization

/// One thread that waits for the sockets of a pool and for deadlines, so that no task's thread has to.
///
/// Sockets are level-triggered and stay registered for reading from one statement to the next: a lookup costs no
/// `epoll_ctl`, and an idle connection whose server goes away is noticed at once. A client that does not want its data
/// yet (a stream whose consumer is busy) takes its interest back when it is told.
///
/// The thread runs the clients' handlers, timers and submissions, one at a time; none may block.
final class PostgresEventLoop: Sendable {
    /// What owns a socket.
    protocol Client: AnyObject, Sendable {
        /// The socket can be read or written, or the other side has closed it.
        func socketIsReady()
    }

    typealias Job = @Sendable () -> Void

    private struct State {
        var clients: [UInt64: any Client] = [:]
        var timers: [UInt64: Job] = [:]
        var heap = DeadlineHeap()
        var submissions: [Job] = []
        /// Whether the thread sleeps, and must be woken to see a change.
        var isAsleep = false
        /// When it wakes by itself.
        var wakesAt: ContinuousClock.Instant?
        var isStopping = false
    }

    private let epoll: Int32
    private let wakeUp: Int32
    private let state = Mutex(State())
    private let lastID = Atomic<UInt64>(0)

    /// The token of the wake-up descriptor; clients' tokens start at one.
    private static let wakeUpToken: UInt64 = 0

    init() throws {
        epoll = epoll_create1(stowage_epoll_cloexec)
        wakeUp = eventfd(0, stowage_eventfd_flags)
        guard epoll >= 0, wakeUp >= 0, Self.control(epoll, EPOLL_CTL_ADD, wakeUp, Self.wakeUpToken, stowage_epollin)
        else { throw StorageError(.unavailable, "the operating system refused an event queue").from(.init("\(errno)")) }
        // The thread keeps the loop alive until `stop`.
        try OwnThread.tryStart(named: "stowage-pq-loop") { self.run() }
    }

    deinit {
        close(wakeUp)
        close(epoll)
    }

    /// A number that nothing else of this loop has: for tokens, timers and operations.
    func newID() -> UInt64 { lastID.add(1, ordering: .relaxed).newValue }

    /// Starts watching a socket for input.
    func register(_ socket: Int32, _ client: any Client) throws -> UInt64 {
        let token = newID()
        state.withLock { $0.clients[token] = client }
        guard Self.control(epoll, EPOLL_CTL_ADD, socket, token, stowage_epollin) else {
            let code = errno
            state.withLock { _ = $0.clients.removeValue(forKey: token) }
            throw StorageError(.unavailable, "the operating system refused to watch a socket").from(.init("\(code)"))
        }
        return token
    }

    /// Changes what a socket is watched for.
    func watch(_ socket: Int32, _ token: UInt64, reading: Bool, writing: Bool) {
        let events = (reading ? stowage_epollin : 0) | (writing ? stowage_epollout : 0)
        _ = Self.control(epoll, EPOLL_CTL_MOD, socket, token, events)
    }

    /// Stops watching a socket; to be called before the socket is closed.
    func unregister(_ socket: Int32, _ token: UInt64) {
        _ = Self.control(epoll, EPOLL_CTL_DEL, socket, token, 0)
        // Released outside the lock: it may be the last reference.
        let client = state.withLock { $0.clients.removeValue(forKey: token) }
        withExtendedLifetime(client) {}
    }

    /// Runs a job on the thread as soon as possible. After `stop` it is dropped.
    func submit(_ job: @escaping Job) {
        let mustWake = state.withLock { state in
            state.submissions.append(job)
            return Self.takeSleep(&state)
        }
        if mustWake { wake() }
    }

    /// Runs a job on the thread when a moment has come.
    @discardableResult
    func schedule(at instant: ContinuousClock.Instant, _ job: @escaping Job) -> UInt64 {
        let id = newID()
        let mustWake = state.withLock { state in
            state.timers[id] = job
            state.heap.insert(id, at: instant)
            if state.heap.count > 2 * state.timers.count + 64 {
                let timers = state.timers
                state.heap.compact { timers[$0] != nil }
            }
            let isEarlier = state.wakesAt.map { instant < $0 } ?? true
            return isEarlier && Self.takeSleep(&state)
        }
        if mustWake { wake() }
        return id
    }

    /// Forgets a timer.
    func cancel(_ timer: UInt64) {
        let job = state.withLock { $0.timers.removeValue(forKey: timer) }
        withExtendedLifetime(job) {}
    }

    /// Ends the thread after what it is doing.
    func stop() {
        state.withLock { $0.isStopping = true }
        wake()
    }

    private static func takeSleep(_ state: inout State) -> Bool {
        defer { state.isAsleep = false }
        return state.isAsleep
    }

    private func wake() {
        var one: UInt64 = 1
        _ = write(wakeUp, &one, 8)
    }

    private static func control(_ epoll: Int32, _ call: Int32, _ fd: Int32, _ token: UInt64, _ events: UInt32) -> Bool {
        var event = epoll_event(events: events, data: epoll_data_t(u64: token))
        return epoll_ctl(epoll, call, fd, &event) == 0
    }

    // MARK: The thread

    private func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        var due: [Job] = []
        // A round trip to a server on the same machine.
        var patience = Patience(limit: .microseconds(200))
        while let timeout = prepareToSleep() {
            var count = 0
            // An answer mostly comes sooner than a thread that sleeps is woken.
            if timeout != 0 {
                patience.await {
                    count = Int(epoll_wait(epoll, &events, Int32(events.count), 0))
                    return count != 0
                }
            }
            if count == 0 { count = Int(epoll_wait(epoll, &events, Int32(events.count), timeout)) }
            for client in wokenClients(events.prefix(max(count, 0))) { client.socketIsReady() }
            takeDue(&due)
            for job in due { job() }
            due.removeAll(keepingCapacity: true)
        }
    }

    /// Says for how many milliseconds the thread may sleep, `nil` when it is to end.
    private func prepareToSleep() -> Int32? {
        state.withLock { state in
            guard !state.isStopping else {
                state.clients.removeAll()
                return nil
            }
            guard state.submissions.isEmpty else { return 0 }
            state.isAsleep = true
            state.wakesAt = state.heap.earliest
            return state.wakesAt.map { Int32(clamping: Deadline(at: $0).remainingMilliseconds) } ?? -1
        }
    }

    private func wokenClients(_ events: ArraySlice<epoll_event>) -> [any Client] {
        var mustDrain = false
        let clients = state.withLock { state in
            state.isAsleep = false
            return events.compactMap { event -> (any Client)? in
                if event.data.u64 == Self.wakeUpToken { mustDrain = true }
                return state.clients[event.data.u64]
            }
        }
        if mustDrain {
            var count: UInt64 = 0
            _ = read(wakeUp, &count, 8)
        }
        return clients
    }

    private func takeDue(_ due: inout [Job]) {
        state.withLock { state in
            if let earliest = state.heap.earliest {
                let now = ContinuousClock.now
                if earliest <= now {
                    while let id = state.heap.popDue(at: now) {
                        if let job = state.timers.removeValue(forKey: id) { due.append(job) }
                    }
                }
            }
            due += state.submissions
            state.submissions.removeAll(keepingCapacity: true)
        }
    }
}
#endif
