#if Postgres
@testable import StowagePostgres
import Testing

/// What shared pipelines decide, without sockets and without waiting. A request is its own number here.
@Suite struct LookupStateMachineTests {
    private typealias Machine = LookupStateMachine<UInt64>

    private func machine(lanes: Int = 2, spill: Int = 3, batch: Int = 4) -> Machine {
        Machine(limits: .init(lanes: lanes, spill: spill, batch: batch))
    }

    private func submit(_ ids: ClosedRange<UInt64>, to machine: inout Machine) -> [Machine.Action] {
        ids.map { machine.submit($0, $0) }
    }

    @Test func aLoneRequestTravelsAtOnceAndGivesItsConnectionBack() {
        var lookups = machine()
        #expect(submit(1...1, to: &lookups) == [.acquire])
        #expect(lookups.acquired() == .send(1))
        #expect(lookups.statements(of: 1).flatMap(\.self) == [1])
        let ending = lookups.ended(1, .answered, answered: 1, mustYield: false)
        #expect(ending.answered.map(\.request) == [1])
        #expect(ending.answered.map(\.position.statement) == [0])
        #expect(ending.next == .giveBack(acquire: false))
        #expect(lookups.laneCount == 0)
        #expect(submit(2...2, to: &lookups) == [.acquire])
    }

    @Test func whatArrivesWhileABatchIsUnderWayIsTheNext() {
        var lookups = machine(lanes: 1)
        _ = submit(1...1, to: &lookups)
        _ = lookups.acquired()
        #expect(submit(2...7, to: &lookups) == Array(repeating: .nothing, count: 6))
        let first = lookups.ended(1, .answered, answered: 1, mustYield: false)
        #expect(first.next == .send(2))
        let sent = lookups.statements(of: 2).flatMap(\.self)
        #expect(sent == [2, 3, 4, 5], "in their order, and no more than a batch takes")
        let second = lookups.ended(2, .answered, answered: 4, mustYield: false)
        #expect(second.answered.map(\.position.statement) == [0, 1, 2, 3])
        #expect(second.next == .send(3))
        #expect(lookups.statements(of: 3).flatMap(\.self) == [6, 7])
    }

    @Test func aFurtherLaneIsOpenedForALongLine() {
        var lookups = machine()
        _ = submit(1...1, to: &lookups)
        #expect(submit(2...5, to: &lookups) == [.nothing, .nothing, .nothing, .nothing], "one is being opened")
        #expect(lookups.acquired() == .send(1))
        #expect(lookups.submit(6, 6) == .nothing)
        #expect(lookups.submit(7, 7) == .acquire, "the batch left one in line, and now there are three")
        #expect(submit(8...19, to: &lookups).allSatisfy { $0 == .nothing }, "there are no more lanes")
        #expect(lookups.acquired() == .send(2))
    }

    @Test func aFailureIsItsOwnAndWhatWasSkippedGoesAgainOnce() {
        var lookups = machine(lanes: 1)
        _ = submit(1...4, to: &lookups)
        _ = lookups.acquired()
        _ = submit(5...5, to: &lookups)
        let first = lookups.ended(1, .failed, answered: 1, mustYield: false)
        #expect(first.answered.map(\.request) == [1])
        #expect(first.failed == 2)
        #expect(first.alone.isEmpty)
        #expect(first.next == .send(2))
        #expect(lookups.statements(of: 2).flatMap(\.self) == [3, 4, 5], "ahead of those that came later")
        let second = lookups.ended(2, .failed, answered: 0, mustYield: false)
        #expect(second.failed == 3)
        #expect(second.alone == [4], "it was skipped twice")
        #expect(lookups.statements(of: 3).flatMap(\.self) == [5])
    }

    private final class Group {}

    @Test func thoseOfAGroupMakeUpOneStatement() {
        var lookups = machine(lanes: 1, batch: 8)
        let groups = [Group(), Group()].map(ObjectIdentifier.init)
        let all: [(id: UInt64, group: ObjectIdentifier?)] = [
            (1, groups[0]), (2, nil), (3, groups[1]), (4, groups[0]), (5, nil), (6, groups[0]),
        ]
        for (id, group) in all { _ = lookups.submit(id, id, group: group) }
        #expect(lookups.acquired() == .send(1))
        #expect(lookups.statements(of: 1) == [[1, 4, 6], [2], [3], [5]], "in the order of their first")
        #expect(lookups.abandon(4) == 4)
        let ending = lookups.ended(1, .answered, answered: 4, mustYield: false)
        #expect(ending.answered.map(\.request) == [1, 6, 2, 3, 5])
        #expect(
            ending.answered.map(\.position) == [
                .init(statement: 0, member: 0, memberCount: 3), .init(statement: 0, member: 2, memberCount: 3),
                .init(statement: 1), .init(statement: 2), .init(statement: 3),
            ]
        )
    }

    @Test func whenTheStatementOfAGroupFailsItsRequestsGoAlone() {
        var lookups = machine(lanes: 1, batch: 8)
        let group = Group()
        for id in 1...3 as ClosedRange<UInt64> { _ = lookups.submit(id, id, group: ObjectIdentifier(group)) }
        _ = lookups.submit(4, 4)
        _ = lookups.acquired()
        #expect(lookups.abandon(2) == 2)
        let ending = lookups.ended(1, .failed, answered: 0, mustYield: false)
        #expect(ending.alone == [1, 3])
        #expect(ending.failed == nil)
        #expect(ending.next == .send(2))
        #expect(lookups.statements(of: 2) == [[4]], "what was skipped goes again")
    }

    @Test func aBlockedStatementOfAGroupKeepsItsRequests() {
        var lookups = machine(lanes: 1, batch: 8)
        let group = Group()
        _ = lookups.submit(1, 1)
        for id in 2...3 as ClosedRange<UInt64> { _ = lookups.submit(id, id, group: ObjectIdentifier(group)) }
        _ = lookups.acquired()
        let relief = lookups.stalled(1, answered: 1)
        #expect(relief.alone == [1])
        #expect(!relief.isForsaken)
        _ = lookups.abandon(2)
        #expect(!lookups.stalled(1, answered: 1).isForsaken)
        _ = lookups.abandon(3)
        #expect(lookups.stalled(1, answered: 1).isForsaken)
    }

    @Test func aStatementOutOfDateGoesAgainWithThoseAfterIt() {
        var lookups = machine(lanes: 1)
        _ = submit(1...3, to: &lookups)
        _ = lookups.acquired()
        let first = lookups.ended(1, .stale, answered: 1, mustYield: false)
        #expect(first.failed == nil)
        #expect(first.answered.map(\.request) == [1])
        #expect(lookups.statements(of: 2).flatMap(\.self) == [2, 3])
        let second = lookups.ended(2, .stale, answered: 0, mustYield: false)
        #expect(second.alone == [2, 3])
        #expect(second.next == .giveBack(acquire: false))
    }

    @Test func ofALostConnectionEverybodyGoesAlone() {
        var lookups = machine(lanes: 1)
        _ = submit(1...3, to: &lookups)
        _ = lookups.acquired()
        _ = submit(4...4, to: &lookups)
        let ending = lookups.ended(1, .lost, answered: 0, mustYield: false)
        #expect(ending.alone == [1, 2, 3])
        #expect(ending.next == .giveBack(acquire: true), "those in line need another connection")
        #expect(lookups.acquired() == .send(2))
        #expect(lookups.statements(of: 2).flatMap(\.self) == [4])
    }

    @Test func whoHasGoneIsToldNothing() {
        var lookups = machine(lanes: 1)
        _ = submit(1...3, to: &lookups)
        #expect(lookups.abandon(2) == 2)
        #expect(lookups.abandon(2) == nil)
        #expect(lookups.acquired() == .send(1))
        #expect(lookups.statements(of: 1).flatMap(\.self) == [1, 3])
        #expect(lookups.isSent(3))
        #expect(lookups.abandon(1) == 1)
        let ending = lookups.ended(1, .answered, answered: 2, mustYield: false)
        #expect(ending.answered.map(\.request) == [3])
        #expect(ending.answered.map(\.position.statement) == [1], "the answer at its own place")
        #expect(lookups.abandon(3) == nil)
    }

    @Test func aConnectionForWhichNobodyWaitsAnyMoreGoesBack() {
        var lookups = machine()
        _ = submit(1...2, to: &lookups)
        _ = lookups.abandon(1)
        _ = lookups.abandon(2)
        #expect(lookups.acquired() == .giveBack(acquire: false))
        #expect(submit(3...3, to: &lookups) == [.acquire])
    }

    @Test func othersWhoWaitForAConnectionGetIt() {
        var lookups = machine(lanes: 1)
        _ = submit(1...1, to: &lookups)
        _ = lookups.acquired()
        _ = submit(2...2, to: &lookups)
        let ending = lookups.ended(1, .answered, answered: 1, mustYield: true)
        #expect(ending.next == .giveBack(acquire: true))
        #expect(lookups.acquired() == .send(2))
        #expect(lookups.ended(2, .answered, answered: 1, mustYield: true).next == .giveBack(acquire: false))
    }

    @Test func aBlockedBatchKeepsItsHeadAlone() {
        var lookups = machine(lanes: 1)
        _ = submit(1...4, to: &lookups)
        _ = lookups.acquired()
        _ = submit(5...5, to: &lookups)
        let relief = lookups.stalled(1, answered: 1)
        #expect(relief.alone == [1, 3, 4])
        #expect(!relief.isForsaken, "somebody waits for the head")
        #expect(relief.next == .acquire, "the lane goes on with another connection")
        #expect(lookups.acquired() == .send(2))
        #expect(lookups.statements(of: 2).flatMap(\.self) == [5])
        let again = lookups.stalled(1, answered: 1)
        #expect(again.alone.isEmpty)
        #expect(again.next == .nothing)
        _ = lookups.abandon(2)
        #expect(lookups.stalled(1, answered: 1).isForsaken)
        let ending = lookups.ended(1, .lost, answered: 0, mustYield: false)
        #expect(ending.alone.isEmpty)
        #expect(ending.next == .giveBack(acquire: false))
        #expect(lookups.laneCount == 1)
        #expect(lookups.batchCount == 1)
    }

    @Test func withoutAConnectionEverybodyInLineIsTold() {
        var lookups = machine()
        _ = submit(1...3, to: &lookups)
        _ = lookups.abandon(2)
        #expect(lookups.notAcquired() == [1, 3])
        #expect(lookups.waitingCount == 0)
        _ = submit(4...4, to: &lookups)
        _ = lookups.acquired()
        _ = submit(5...7, to: &lookups)
        #expect(lookups.notAcquired().isEmpty, "the other lane will serve them")
        #expect(lookups.ended(1, .answered, answered: 1, mustYield: false).next == .send(2))
        #expect(lookups.statements(of: 2).flatMap(\.self) == [5, 6, 7])
    }

    @Test func anAttemptThatRanOutOfTimeIsMadeAgainForTheOthers() {
        var lookups = machine()
        _ = submit(1...2, to: &lookups)
        _ = lookups.abandon(1)
        #expect(lookups.acquireTimedOut() == .acquire)
        _ = lookups.abandon(2)
        #expect(lookups.acquireTimedOut() == .nothing)
        #expect(lookups.laneCount == 0)
    }

    /// Whatever happens, in whatever order, each request meets exactly one fate.
    @Test func everyRequestMeetsOneFate() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var lookups = machine(lanes: .random(in: 1...3), spill: .random(in: 1...4), batch: .random(in: 1...5))
            var fates: [UInt64: Int] = [:]
            let groups = [Group(), Group()]
            let ids = groups.map(ObjectIdentifier.init)
            var running: [(batch: UInt64, count: Int)] = []
            var wanted = 0
            var last: UInt64 = 0
            func meet(_ requests: [UInt64]) { for request in requests { fates[request, default: 0] += 1 } }
            func carryOut(_ action: Machine.Action) {
                switch action {
                case .acquire, .giveBack(acquire: true): wanted += 1
                case .send(let batch): running.append((batch, lookups.statements(of: batch).count))
                case .nothing, .giveBack(acquire: false): break
                }
            }
            func step(_ kind: Int) {
                switch kind {
                case 0...3:
                    guard last < 60 else { return }
                    last += 1
                    carryOut(lookups.submit(last, last, group: ([nil] + ids).randomElement(using: &random)!))
                case 4:
                    guard last > 0 else { return }
                    if let request = lookups.abandon(.random(in: 1...last, using: &random)) { meet([request]) }
                case 5, 6:
                    guard wanted > 0 else { return }
                    wanted -= 1
                    carryOut(lookups.acquired())
                case 7:
                    guard wanted > 0 else { return }
                    wanted -= 1
                    if Bool.random(using: &random) {
                        meet(lookups.notAcquired())
                    } else {
                        carryOut(lookups.acquireTimedOut())
                    }
                case 8:
                    guard let (batch, count) = running.randomElement(using: &random) else { return }
                    let relief = lookups.stalled(batch, answered: .random(in: 0...count, using: &random))
                    meet(relief.alone)
                    carryOut(relief.next)
                default:
                    guard let index = running.indices.randomElement(using: &random) else { return }
                    let (batch, count) = running.remove(at: index)
                    let progress: Machine.Progress = [.answered, .failed, .stale, .lost].randomElement(using: &random)!
                    let answered = progress == .answered ? count : progress == .lost ? 0 : Int.random(in: 0..<count)
                    let ending = lookups.ended(batch, progress, answered: answered, mustYield: .random())
                    meet(ending.answered.map(\.request) + ending.alone + (ending.failed.map { [$0] } ?? []))
                    carryOut(ending.next)
                }
            }
            for _ in 0..<400 { step(.random(in: 0...11, using: &random)) }
            // Until all is quiet: connections come, and batches end.
            while wanted > 0 || !running.isEmpty { step(wanted > 0 ? 5 : 9) }
            #expect(lookups.batchCount == 0 && lookups.laneCount == 0 && lookups.waitingCount == 0)
            #expect(fates.count == Int(last) && fates.values.allSatisfy { $0 == 1 })
        }
    }
}
#endif
