import Synchronization
import Testing

@testable import Stowage

struct DeadlineTimerTests {
    @Test func heapGivesTheEarliestFirstAndForgetsWhatIsRemoved() {
        var heap = DeadlineHeap()
        let start = ContinuousClock.now
        let order = Mutex<[Int]>([])
        var tickets: [Int: (slot: Int, generation: UInt64)] = [:]
        for number in [5, 1, 4, 2, 3, 0] {
            tickets[number] = heap.push(start + .milliseconds(number)) { order.withLock { $0.append(number) } }
        }
        heap.remove(slot: tickets[3]!.slot, generation: tickets[3]!.generation)
        heap.remove(slot: tickets[3]!.slot, generation: tickets[3]!.generation)
        #expect(heap.count == 5)
        var wakeUp: ContinuousClock.Instant?
        #expect(heap.popDue(at: start - .seconds(1), else: &wakeUp) == nil)
        #expect(wakeUp == start)
        while let action = heap.popDue(at: start + .seconds(1), else: &wakeUp) { action() }
        #expect(order.withLock { $0 } == [0, 1, 2, 4, 5])
    }

    @Test func aSlotThatIsUsedAgainIsNotRemovedByItsOldTicket() {
        var heap = DeadlineHeap()
        let old = heap.push(.now) {}
        heap.remove(slot: old.slot, generation: old.generation)
        let new = heap.push(.now) {}
        #expect(new.slot == old.slot)
        heap.remove(slot: old.slot, generation: old.generation)
        #expect(heap.count == 1)
    }

    @Test func actionsRunWhenTheirMomentHasCome() async {
        let timer = DeadlineTimer()
        let late = timer.schedule(at: .after(.seconds(3600))) { Issue.record("a cancelled action ran") }
        await withCheckedContinuation { continuation in
            _ = timer.schedule(at: .after(.milliseconds(1))) { continuation.resume() }
        }
        timer.cancel(late)
    }

    @Test func anEarlierMomentWakesTheThreadThatSleepsForALaterOne() async {
        let timer = DeadlineTimer()
        // The thread is left asleep for an hour by an action that no longer is.
        timer.cancel(timer.schedule(at: .after(.seconds(3600))) { Issue.record("a cancelled action ran") })
        for _ in 0..<100 {
            await withCheckedContinuation { continuation in
                _ = timer.schedule(at: .after(.microseconds(50))) { continuation.resume() }
            }
            timer.cancel(timer.schedule(at: .after(.seconds(1800))) { Issue.record("a cancelled action ran") })
        }
    }
}
