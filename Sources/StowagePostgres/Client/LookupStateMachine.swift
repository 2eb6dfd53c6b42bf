#if Postgres
/// What shared pipelines decide, as a value: events in, actions out, no sockets and no clock of its own.
///
/// Lookups of many tasks travel together: those that arrive while a batch is under way wait in line and make up the
/// next one, so a batch grows with the load, and a lone lookup waits for nobody. A lane is a connection that carries
/// one batch at a time. Few, deep batches cost the server and us the least, so a second lane is opened only for a line
/// of ``Limits/spill``; all other connections are left to transactions and streams, and a lane's too is given back as
/// soon as the line is empty.
///
/// Requests of a batch that belong to one group make up one statement, which spares the server and us most of what a
/// statement costs. When it fails, its requests are run alone: whose failure it was, only a statement of its own tells.
/// They wait for each other's answers, as they would for one lock.
///
/// The statements of a batch share one Sync, and with it a failure: what the server skipped is sent again. When a
/// batch makes no progress, the statement at its head blocks those behind it; they are taken away and run alone, and
/// the lane goes on with another connection. So a lookup meets at most three fates: an answer of its own, an error of
/// its own, or ``Ending/alone``.
struct LookupStateMachine<Request: Sendable>: Sendable {
    struct Limits: Sendable {
        /// The most lanes.
        var lanes = 2
        /// How many have to be in line for a further lane. A server's process and we are at work at the same time on one
        /// lane already; a second splits the batches (64 tasks on two cores: 75,000 lookups/s with 16, 95,000 with 64).
        var spill = 64
        /// The most requests of a batch.
        var batch = 128
    }

    /// What is to be done next.
    enum Action: Equatable, Sendable {
        case nothing
        /// Find a connection; answered by `acquired` or `notAcquired`.
        case acquire
        /// Send the batch on the connection at hand; answered by `ended`.
        case send(UInt64)
        /// Give the connection at hand back to the pool, and find one again if there is more to do.
        case giveBack(acquire: Bool)
    }

    /// How far a batch came.
    enum Progress: Equatable, Sendable {
        /// Everything was answered.
        case answered
        /// A statement failed, and the server skipped those after it.
        case failed
        /// A prepared statement was out of date; it and those after it have not run.
        case stale
        /// The connection is gone, or the rest was given up.
        case lost
    }

    /// Where a request's answer is.
    struct Position: Equatable, Sendable {
        /// The statement's place in its batch.
        var statement: Int
        /// The request's place among those of the statement.
        var member = 0
        /// How many requests the statement has: with one, it is the request's own.
        var memberCount = 1
    }

    /// What becomes of the requests of a batch that has ended.
    struct Ending: Sendable {
        /// Requests and the positions of their answers.
        var answered: [(request: Request, position: Position)] = []
        /// The request whose statement failed.
        var failed: Request?
        /// Requests to be run on connections of their own.
        var alone: [Request] = []
        var next = Action.nothing
    }

    /// What is done about a batch that does not get on.
    struct Relief: Sendable {
        /// Requests to be run on connections of their own.
        var alone: [Request] = []
        /// Whether nobody waits for the statement that blocks, so that it should be cancelled.
        var isForsaken = false
        var next = Action.nothing
    }

    private enum Place: Sendable, Equatable { case inLine, sent(UInt64) }

    private struct Entry: Sendable {
        let request: Request
        let group: ObjectIdentifier?
        var place = Place.inLine
        /// Whether it was sent before and skipped.
        var isRepeated = false
    }

    private struct Batch: Sendable {
        /// The requests of each statement.
        let statements: [[UInt64]]
        /// How many of its requests somebody waits for.
        var liveCount: Int
        /// Whether it blocked its lane, which goes on without it.
        var isDetached = false
    }

    let limits: Limits
    private var entries: [UInt64: Entry] = [:]
    private var line = RequestLine()
    private var batches: [UInt64: Batch] = [:]
    private var lastBatch: UInt64 = 0
    /// Lanes that have a connection or are looking for one.
    private(set) var laneCount = 0
    private(set) var acquiringCount = 0

    init(limits: Limits) { self.limits = limits }

    /// The requests in line.
    var waitingCount: Int { line.count }
    /// The requests that somebody waits for.
    var liveRequests: some Sequence<(id: UInt64, request: Request)> {
        entries.lazy.map { (id: $0.key, request: $0.value.request) }
    }
    /// The requests in line.
    var requestsInLine: some Sequence<Request> {
        entries.values.lazy.filter { $0.place == .inLine }.map(\.request)
    }
    var batchCount: Int { batches.count }
    /// Whether somebody still waits for a request, and it has been sent.
    func isSent(_ id: UInt64) -> Bool { entries[id].map { $0.place != .inLine } ?? false }
    /// The requests of a batch that is about to be sent: of each of its statements, those that it answers. To be asked at
    /// once, since who has gone is missing here and counts in ``Position/member``.
    func statements(of batch: UInt64) -> [[Request]] {
        batches[batch]?.statements.map { $0.compactMap { entries[$0]?.request } } ?? []
    }

    // MARK: Requests

    /// A task asks.
    ///
    /// - Parameter group: What it has in common with the requests that one statement can answer together with it.
    mutating func submit(_ id: UInt64, _ request: Request, group: ObjectIdentifier? = nil) -> Action {
        entries[id] = Entry(request: request, group: group)
        line.append(id)
        return openLane()
    }

    /// A task asks no more. Answers its request, unless it has its answer already.
    mutating func abandon(_ id: UInt64) -> Request? {
        guard let entry = entries.removeValue(forKey: id) else { return nil }
        switch entry.place {
        case .inLine: line.forget()
        case .sent(let batch): batches[batch]?.liveCount -= 1
        }
        return entry.request
    }

    // MARK: Lanes

    /// The connection that was looked for is at hand.
    mutating func acquired() -> Action {
        acquiringCount -= 1
        return next()
    }

    /// There is no connection. Answers who is to be told: everybody in line, unless another lane will serve them.
    mutating func notAcquired() -> [Request] {
        acquiringCount -= 1
        laneCount -= 1
        return laneCount > 0 ? [] : drain()
    }

    /// The attempt to find a connection ran out of time, which is that of some of those in line: the others go on.
    mutating func acquireTimedOut() -> Action {
        acquiringCount -= 1
        laneCount -= 1
        return openLane()
    }

    /// A batch has ended.
    ///
    /// - Parameters:
    ///   - count: How many of its statements were answered, before the one that failed if one did.
    ///   - mustYield: Whether others wait for a connection: a lane that is never empty does not keep one for itself.
    mutating func ended(_ number: UInt64, _ outcome: Progress, answered count: Int, mustYield: Bool) -> Ending {
        var ending = Ending()
        guard let batch = batches.removeValue(forKey: number) else { return ending }
        ending.answered.reserveCapacity(batch.liveCount)
        for (number, ids) in batch.statements.prefix(count).enumerated() {
            for (member, id) in ids.enumerated() {
                guard let entry = entries.removeValue(forKey: id) else { continue }
                let position = Position(statement: number, member: member, memberCount: ids.count)
                ending.answered.append((entry.request, position))
            }
        }
        var rest = batch.statements.dropFirst(count)
        if outcome == .failed, let ids = rest.popFirst() {
            let requests = ids.compactMap { entries.removeValue(forKey: $0)?.request }
            if ids.count > 1 { ending.alone = requests } else { ending.failed = requests.first }
        }
        var again: [UInt64] = []
        for id in rest.joined() {
            guard let entry = entries[id] else { continue }
            if outcome == .lost || entry.isRepeated || batch.isDetached {
                entries[id] = nil
                ending.alone.append(entry.request)
            } else {
                entries[id]?.isRepeated = true
                entries[id]?.place = .inLine
                again.append(id)
            }
        }
        line.putBack(again)
        ending.next = afterBatch(isDetached: batch.isDetached, mustLeave: mustYield || outcome == .lost)
        return ending
    }

    /// A batch has made no progress for a while.
    ///
    /// - Parameter count: How many of its statements were answered; the next one is its head, which blocks the others.
    mutating func stalled(_ number: UInt64, answered count: Int) -> Relief {
        var relief = Relief()
        guard var batch = batches[number] else { return relief }
        for (number, ids) in batch.statements.enumerated() where number != count {
            for id in ids {
                guard let entry = entries.removeValue(forKey: id) else { continue }
                batch.liveCount -= 1
                relief.alone.append(entry.request)
            }
        }
        if !batch.isDetached {
            batch.isDetached = true
            laneCount -= 1
        }
        batches[number] = batch
        relief.isForsaken = batch.liveCount == 0
        relief.next = openLane()
        return relief
    }

    // MARK: The line

    private mutating func openLane() -> Action {
        let isNeeded = laneCount == 0 ? line.count > 0 : line.count >= limits.spill
        // One that is being opened will serve those in line first.
        guard isNeeded, laneCount < limits.lanes, acquiringCount == 0 else { return .nothing }
        laneCount += 1
        acquiringCount += 1
        return .acquire
    }

    private mutating func afterBatch(isDetached: Bool, mustLeave: Bool) -> Action {
        if isDetached { return .giveBack(acquire: false) }
        guard mustLeave else { return next() }
        laneCount -= 1
        return .giveBack(acquire: openLane() == .acquire)
    }

    /// Takes a batch from the line for the connection at hand.
    private mutating func next() -> Action {
        let ids = line.take(limits.batch) { entries[$0]?.place == .inLine }
        guard !ids.isEmpty else {
            laneCount -= 1
            return .giveBack(acquire: false)
        }
        lastBatch += 1
        var statements: [[UInt64]] = []
        var places: [ObjectIdentifier: Int] = [:]
        for id in ids {
            entries[id]?.place = .sent(lastBatch)
            guard let group = entries[id]?.group else {
                statements.append([id])
                continue
            }
            if let place = places[group] {
                statements[place].append(id)
            } else {
                places[group] = statements.count
                statements.append([id])
            }
        }
        batches[lastBatch] = Batch(statements: statements, liveCount: ids.count)
        return .send(lastBatch)
    }

    private mutating func drain() -> [Request] {
        let ids = line.take(.max) { entries[$0]?.place == .inLine }
        return ids.compactMap { entries.removeValue(forKey: $0)?.request }
    }
}

/// Identifiers in their order. Those that have left are skipped when their turn comes.
private struct RequestLine: Sendable {
    private var ids: [UInt64] = []
    private var start = 0
    /// How many are in line and have not left.
    private(set) var count = 0

    mutating func append(_ id: UInt64) {
        ids.append(id)
        count += 1
    }

    /// One of them has left.
    mutating func forget() {
        count -= 1
        if count == 0 { clear() }
    }

    /// Puts some in front of the others.
    mutating func putBack(_ first: [UInt64]) {
        guard !first.isEmpty else { return }
        ids.replaceSubrange(0..<start, with: first)
        start = 0
        count += first.count
    }

    /// Takes the first that have not left.
    mutating func take(_ limit: Int, where isPresent: (UInt64) -> Bool) -> [UInt64] {
        var taken: [UInt64] = []
        taken.reserveCapacity(min(limit, count))
        while taken.count < limit, count > 0, start < ids.count {
            let id = ids[start]
            start += 1
            if isPresent(id) {
                taken.append(id)
                count -= 1
            }
        }
        if count == 0 {
            clear()
        } else if start > 1024 {
            ids.removeFirst(start)
            start = 0
        }
        return taken
    }

    private mutating func clear() {
        ids.removeAll(keepingCapacity: true)
        start = 0
    }
}
#endif
