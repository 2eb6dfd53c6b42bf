import Synchronization
import Testing

@testable import Stowage

struct AsyncGateTests {
    private let far = Deadline.after(.seconds(600))

    private final class Counts: Sendable {
        private let counts = Mutex((now: 0, most: 0))
        func enter() { counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) } }
        func leave() { counts.withLock { $0.now -= 1 } }
        var most: Int { counts.withLock { $0.most } }
    }

    @Test func onlySoManyAreInside() async throws {
        let gate = AsyncGate(2)
        let inside = Counts()
        try await withThrowingTaskGroup { group in
            for _ in 0..<50 {
                group.addTask { [far, gate, inside] in
                    try await gate.acquire(until: far, waitingFor: "the gate")
                    inside.enter()
                    await Task.yield()
                    inside.leave()
                    gate.release()
                }
            }
            try await group.waitForAll()
        }
        #expect(inside.most <= 2)
        #expect(gate.tryAcquire())
        #expect(gate.tryAcquire())
        #expect(!gate.tryAcquire())
    }

    @Test func theDeadlineEndsTheWaitAndSaysForWhat() async throws {
        let gate = AsyncGate(1)
        #expect(gate.tryAcquire())
        let error = await #expect(throws: StorageError.self) {
            try await gate.acquire(until: .after(.milliseconds(5)), waitingFor: "the blue gate")
        }
        #expect(error?.code == .timeout)
        #expect(error?.message.contains("the blue gate") == true)
        // Who gave up does not take the place later.
        gate.release()
        #expect(gate.tryAcquire())
    }

    @Test func aCancellationEndsTheWait() async throws {
        let gate = AsyncGate(1)
        #expect(gate.tryAcquire())
        let waiter = Task { try await gate.acquire(until: far, waitingFor: "the gate") }
        await Task.yield()
        waiter.cancel()
        let error = await #expect(throws: StorageError.self) { try await waiter.value }
        #expect(error?.code == .cancelled)
        gate.release()
        #expect(gate.tryAcquire())
    }

    @Test func thoseWhoWaitComeInInOrder() async throws {
        let gate = AsyncGate(1)
        #expect(gate.tryAcquire())
        let order = Mutex<[Int]>([])
        for number in 0..<10 { gate.whenAcquired { order.withLock { $0.append(number) } } }
        for _ in 0..<10 { gate.release() }
        #expect(order.withLock { $0 } == Array(0..<10))
    }

    @Test func aPlaceIsLeftByWhoDropsItLast() async throws {
        let gate = AsyncGate(2)
        var places = try await gate.allPlaces(until: .distant, waitingFor: "the gate")
        #expect(places.count == 2)
        #expect(!gate.tryAcquire())
        places.removeLast()
        #expect(gate.tryAcquire())
        let error = await #expect(throws: StorageError.self) {
            _ = try await gate.place(until: .after(.milliseconds(5)), waitingFor: "the gate")
        }
        #expect(error?.code == .timeout)
        places = []
        #expect(gate.tryAcquire())
    }
}
