#if Postgres
/// What a connection pool decides, as a value: events in, actions out, no sockets and no clock of its own.
///
/// A lease takes the connection that came back last (it is warm, and the others can grow old and go). When none is idle,
/// the caller waits in line, and a connection is opened for it as long as the pool is not full. Connections are opened
/// for the line, not for a certain waiter: whoever is first takes what comes first.
struct PoolStateMachine: Sendable {
    typealias Instant = ContinuousClock.Instant

    struct Limits: Sendable {
        var size = 8
        /// How long an unused connection is kept.
        var idleTime: Duration = .seconds(60)
        /// How long any connection is kept, so that a server's memory and a moved address come to light.
        var lifetime: Duration = .seconds(3600)
    }

    enum Action: Equatable, Sendable {
        /// Give the connection to the waiter.
        case grant(connection: UInt64, waiter: UInt64)
        /// Open a connection under this number; answered by `connected` or `connectFailed`.
        case connect(connection: UInt64)
        case close(connection: UInt64)
        /// Fail these waiters with the error at hand.
        case fail(waiters: [UInt64])
        /// Everything has come back and is closed.
        case closed
    }

    private enum Phase: Sendable { case connecting, idle(since: Instant), leased }

    private struct Member: Sendable {
        var phase: Phase
        var since: Instant
    }

    let limits: Limits
    private var members: [UInt64: Member] = [:]
    /// The idle ones, the one that came back last at the end.
    private var idle: [UInt64] = []
    /// Those in line, the first in front; those that have left are skipped.
    private var line: [UInt64] = []
    private var waiting: Set<UInt64> = []
    private var lastID: UInt64 = 0
    private var hasReportedClosed = false
    private(set) var isClosing = false
    private(set) var connectingCount = 0
    private(set) var leasedCount = 0

    init(limits: Limits) { self.limits = limits }

    var idleCount: Int { idle.count }
    var waitingCount: Int { waiting.count }
    /// Connections that stand.
    var standingCount: Int { members.count - connectingCount }

    // MARK: Leases

    /// Takes an idle connection, if there is one and nobody is in line before.
    mutating func leaseIdle() -> UInt64? {
        guard !isClosing, waiting.isEmpty, let id = idle.popLast() else { return nil }
        members[id]?.phase = .leased
        leasedCount += 1
        return id
    }

    /// Joins the line. The pool must not be closing.
    mutating func join(_ waiter: UInt64, now: Instant) -> [Action] {
        line.append(waiter)
        waiting.insert(waiter)
        return serve(now)
    }

    /// Leaves the line. Answers `false` when the waiter has been served already.
    mutating func leave(_ waiter: UInt64) -> Bool {
        guard waiting.remove(waiter) != nil else { return false }
        if line.count > 2 * waiting.count + 16 {
            let waiting = waiting
            line.removeAll { !waiting.contains($0) }
        }
        return true
    }

    /// Whether a leased connection should come back soon: others wait, it is old, or the pool is closing.
    func mustComeBack(_ id: UInt64, now: Instant) -> Bool {
        guard let member = members[id] else { return true }
        return isClosing || !waiting.isEmpty || now - member.since >= limits.lifetime
    }

    /// A leased connection has come back clean.
    mutating func returned(_ id: UInt64, now: Instant) -> [Action] {
        guard let member = members[id], case .leased = member.phase else { return [] }
        leasedCount -= 1
        if isClosing || now - member.since >= limits.lifetime {
            members[id] = nil
            return [.close(connection: id)] + serve(now) + closedIfDone()
        }
        members[id]?.phase = .idle(since: now)
        idle.append(id)
        return waiting.isEmpty ? [] : serve(now)
    }

    /// A connection is gone, wherever it was.
    mutating func lost(_ id: UInt64, now: Instant) -> [Action] {
        guard let member = members.removeValue(forKey: id) else { return [] }
        switch member.phase {
        case .connecting: connectingCount -= 1
        case .idle: idle.removeAll { $0 == id }
        case .leased: leasedCount -= 1
        }
        return serve(now) + closedIfDone()
    }

    // MARK: Opening

    mutating func connected(_ id: UInt64, now: Instant) -> [Action] {
        guard let member = members[id], case .connecting = member.phase else { return [.close(connection: id)] }
        connectingCount -= 1
        guard !isClosing else {
            members[id] = nil
            return [.close(connection: id)] + closedIfDone()
        }
        members[id] = Member(phase: .idle(since: now), since: now)
        idle.append(id)
        return serve(now)
    }

    /// A connection could not be opened.
    ///
    /// - Parameter isTimeout: The attempt ran out of time. Those in line have limits of their own, so another is made.
    ///   Any other failure is everyone's, unless there are connections that stand and will come back.
    mutating func connectFailed(_ id: UInt64, isTimeout: Bool, now: Instant) -> [Action] {
        guard members.removeValue(forKey: id) != nil else { return [] }
        connectingCount -= 1
        if isTimeout { return serve(now) + closedIfDone() }
        guard standingCount == 0, !waiting.isEmpty else { return closedIfDone() }
        return [failAll()] + closedIfDone()
    }

    // MARK: Age and end

    /// Closes what has been idle or alive for too long, and says when to look again.
    mutating func sweep(now: Instant) -> (actions: [Action], next: Instant?) {
        var actions: [Action] = []
        var next: Instant?
        idle.removeAll { id in
            guard let member = members[id], case .idle(let since) = member.phase else { return true }
            let end = min(since + limits.idleTime, member.since + limits.lifetime)
            guard end <= now else {
                next = min(next ?? end, end)
                return false
            }
            members[id] = nil
            actions.append(.close(connection: id))
            return true
        }
        return (actions, next)
    }

    /// Refuses what comes from now on, and closes what is idle. `closed` follows when all leases have ended.
    mutating func close() -> [Action] {
        guard !isClosing else { return [] }
        isClosing = true
        let actions: [Action] = idle.map { .close(connection: $0) }
        for id in idle { members[id] = nil }
        idle = []
        return actions + (waiting.isEmpty ? [] : [failAll()]) + closedIfDone()
    }

    // MARK: The line

    private mutating func serve(_ now: Instant) -> [Action] {
        var actions: [Action] = []
        while !waiting.isEmpty, let id = idle.popLast() {
            guard let waiter = nextInLine() else {
                idle.append(id)
                break
            }
            members[id]?.phase = .leased
            leasedCount += 1
            actions.append(.grant(connection: id, waiter: waiter))
        }
        while !isClosing, connectingCount < waiting.count, members.count < limits.size {
            lastID += 1
            members[lastID] = Member(phase: .connecting, since: now)
            connectingCount += 1
            actions.append(.connect(connection: lastID))
        }
        return actions
    }

    private mutating func nextInLine() -> UInt64? {
        var skipped = 0
        defer { line.removeFirst(skipped) }
        for waiter in line {
            skipped += 1
            if waiting.remove(waiter) != nil { return waiter }
        }
        return nil
    }

    private mutating func failAll() -> Action {
        let all = line.filter(waiting.contains)
        line = []
        waiting = []
        return .fail(waiters: all)
    }

    private mutating func closedIfDone() -> [Action] {
        guard isClosing, !hasReportedClosed, members.isEmpty else { return [] }
        hasReportedClosed = true
        return [.closed]
    }
}
#endif
