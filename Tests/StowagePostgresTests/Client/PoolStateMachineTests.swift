#if Postgres
@testable import StowagePostgres
import Testing

/// The pool's decisions, without sockets and without waiting.
@Suite struct PoolStateMachineTests {
    private typealias Machine = PoolStateMachine
    private let start = ContinuousClock.now

    private func machine(size: Int) -> PoolStateMachine {
        PoolStateMachine(limits: .init(size: size, idleTime: .seconds(60), lifetime: .seconds(100)))
    }

    @Test func connectionsAreOpenedAsLongAsThereIsRoom() {
        var pool = machine(size: 2)
        #expect(pool.leaseIdle() == nil)
        #expect(pool.join(10, now: start) == [.connect(connection: 1)])
        #expect(pool.join(11, now: start) == [.connect(connection: 2)])
        #expect(pool.join(12, now: start) == [])
        #expect(pool.connected(2, now: start) == [.grant(connection: 2, waiter: 10)])
        #expect(pool.connected(1, now: start) == [.grant(connection: 1, waiter: 11)])
        #expect(pool.returned(2, now: start) == [.grant(connection: 2, waiter: 12)])
        #expect(pool.returned(2, now: start) == [])
        #expect(pool.returned(1, now: start) == [])
        #expect(pool.leaseIdle() == 1, "the one that came back last")
        #expect(pool.leaseIdle() == 2)
    }

    @Test func whoHasLeftTheLineIsSkipped() {
        var pool = machine(size: 1)
        _ = pool.join(10, now: start)
        _ = pool.join(11, now: start)
        let left = pool.leave(10)
        let leftTwice = pool.leave(10)
        #expect(left && !leftTwice)
        #expect(pool.connected(1, now: start) == [.grant(connection: 1, waiter: 11)])
        let leftTooLate = pool.leave(11)
        #expect(!leftTooLate)
        #expect(pool.waitingCount == 0)
    }

    @Test func aLostConnectionMakesRoom() {
        var pool = machine(size: 1)
        _ = pool.join(10, now: start)
        _ = pool.connected(1, now: start)
        _ = pool.join(11, now: start)
        #expect(pool.lost(1, now: start) == [.connect(connection: 2)])
        #expect(pool.connected(2, now: start) == [.grant(connection: 2, waiter: 11)])
        #expect(pool.lost(1, now: start) == [])
    }

    @Test func failureIsEveryonesWhenNothingStands() {
        var pool = machine(size: 2)
        _ = pool.join(10, now: start)
        _ = pool.join(11, now: start)
        _ = pool.join(12, now: start)
        #expect(pool.connectFailed(1, isTimeout: false, now: start) == [.fail(waiters: [10, 11, 12])])
        #expect(pool.connectFailed(2, isTimeout: false, now: start) == [])
    }

    @Test func failureIsNobodysWhileSomethingStands() {
        var pool = machine(size: 2)
        _ = pool.join(10, now: start)
        _ = pool.connected(1, now: start)
        #expect(pool.join(11, now: start) == [.connect(connection: 2)])
        #expect(pool.connectFailed(2, isTimeout: false, now: start) == [])
        #expect(pool.returned(1, now: start) == [.grant(connection: 1, waiter: 11)])
    }

    @Test func anAttemptThatTookTooLongIsRepeatedForThoseStillInLine() {
        var pool = machine(size: 1)
        _ = pool.join(10, now: start)
        #expect(pool.connectFailed(1, isTimeout: true, now: start) == [.connect(connection: 2)])
        _ = pool.leave(10)
        #expect(pool.connectFailed(2, isTimeout: true, now: start) == [])
    }

    @Test func theOldAndTheUnusedGo() {
        var pool = machine(size: 2)
        _ = pool.join(10, now: start)
        _ = pool.join(11, now: start)
        _ = pool.connected(1, now: start)
        _ = pool.connected(2, now: start)
        _ = pool.returned(1, now: start)
        #expect(pool.sweep(now: start + .seconds(59)).actions == [])
        #expect(pool.sweep(now: start + .seconds(59)).next == start + .seconds(60))
        #expect(pool.sweep(now: start + .seconds(60)).actions == [.close(connection: 1)])
        #expect(pool.returned(2, now: start + .seconds(100)) == [.close(connection: 2)])
        #expect(pool.standingCount == 0)
    }

    @Test func closingWaitsForWhatIsOut() {
        var pool = machine(size: 3)
        _ = pool.join(10, now: start)
        _ = pool.connected(1, now: start)
        _ = pool.join(11, now: start)
        _ = pool.connected(2, now: start)
        _ = pool.returned(2, now: start)
        _ = pool.leaseIdle()
        _ = pool.join(12, now: start)
        _ = pool.returned(2, now: start)
        #expect(pool.close() == [])
        #expect(pool.close() == [])
        #expect(pool.leaseIdle() == nil)
        #expect(pool.returned(1, now: start) == [.close(connection: 1)])
        #expect(pool.returned(2, now: start) == [.close(connection: 2)])
        #expect(pool.connected(3, now: start) == [.close(connection: 3), .closed])
    }

    @Test func deadlinesComeInOrder() {
        var heap = DeadlineHeap()
        var order = Array(0..<200)
        order.shuffle()
        for number in order { heap.insert(UInt64(number), at: start + .seconds(number)) }
        heap.compact { $0 % 2 == 0 }
        #expect(heap.popDue(at: start - .seconds(1)) == nil)
        var due: [UInt64] = []
        while let id = heap.popDue(at: start + .seconds(100)) { due.append(id) }
        #expect(due == stride(from: 0, through: 100, by: 2).map { UInt64($0) })
        #expect(heap.earliest == start + .seconds(102))
    }
}
#endif
