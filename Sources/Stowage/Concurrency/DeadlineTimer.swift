internal import Synchronization

/// Ends waits on time: one thread for the whole process, started by the first wait.
///
/// Registering is a push onto a heap, and wakes the thread only when the new moment comes before the one for which it
/// sleeps; since deadlines mostly lie equally far ahead, that is rare. Cancelling removes the entry at once, so that a
/// busy program with deadlines of 30 seconds does not collect 30 seconds' worth of dead entries; the thread sleeps on.
package final class DeadlineTimer: Sendable {
    /// The process's timer.
    package static let shared = DeadlineTimer()

    /// Names a registered action, so that it can be cancelled.
    package struct Ticket: Sendable {
        fileprivate let slot: Int
        fileprivate let generation: UInt64
    }

    private let monitor = Monitor(Schedule())
    private let isStarted = Atomic(false)

    private struct Schedule {
        var heap = DeadlineHeap()
        /// Until when the thread sleeps unless it is woken; nil when it sleeps for good, or has not been started.
        var wakesAt: ContinuousClock.Instant?
    }

    package init() {}

    /// Runs an action soon after a moment, on the timer's thread.
    ///
    /// - Parameter action: Must return at once: it resumes a continuation or sets a flag, all others wait behind it.
    package func schedule(at deadline: Deadline, _ action: @escaping @Sendable () -> Void) -> Ticket {
        let (ticket, isTooEarly) = monitor.withLock { schedule in
            let (slot, generation) = schedule.heap.push(deadline.instant, action)
            let isTooEarly = schedule.wakesAt.map { deadline.instant < $0 } ?? true
            // Two that come at once wake it once.
            if isTooEarly { schedule.wakesAt = deadline.instant }
            return (Ticket(slot: slot, generation: generation), isTooEarly)
        }
        if isTooEarly {
            startIfNeeded()
            monitor.signal()
        }
        return ticket
    }

    /// Forgets an action that has not run yet. One that is just running is not waited for.
    package func cancel(_ ticket: Ticket) {
        monitor.withLock { $0.heap.remove(slot: ticket.slot, generation: ticket.generation) }
    }

    private func startIfNeeded() {
        guard isStarted.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else { return }
        OwnThread.start(named: "stowage-timer") { [monitor] in
            while true {
                let action = monitor.wait { schedule, wakeUp in
                    let due = schedule.heap.popDue(at: ContinuousClock.now, else: &wakeUp)
                    schedule.wakesAt = wakeUp
                    return due
                }
                action()
            }
        }
    }
}

/// A binary heap of moments whose entries know their place, so that any can be removed in logarithmic time.
struct DeadlineHeap {
    private struct Slot {
        var instant: ContinuousClock.Instant
        var action: (@Sendable () -> Void)?
        var place: Int
        var generation: UInt64
    }

    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    /// Slots, the earliest first.
    private var heap: [Int] = []

    init() {}

    var firstSlot: Int? { heap.first }
    var count: Int { heap.count }

    mutating func push(
        _ instant: ContinuousClock.Instant,
        _ action: @escaping @Sendable () -> Void
    ) -> (slot: Int, generation: UInt64) {
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
            slots[slot].instant = instant
            slots[slot].action = action
            slots[slot].place = heap.count
        } else {
            slot = slots.count
            slots.append(Slot(instant: instant, action: action, place: heap.count, generation: 0))
        }
        heap.append(slot)
        rise(from: heap.count - 1)
        return (slot, slots[slot].generation)
    }

    mutating func remove(slot: Int, generation: UInt64) {
        guard slots[slot].generation == generation, slots[slot].action != nil else { return }
        _ = take(at: slots[slot].place)
    }

    /// The action whose moment has come; else nil, and the moment to wait for.
    mutating func popDue(
        at now: ContinuousClock.Instant,
        else wakeUp: inout ContinuousClock.Instant?
    ) -> (@Sendable () -> Void)? {
        guard let first = heap.first else { return nil }
        guard slots[first].instant <= now else {
            wakeUp = slots[first].instant
            return nil
        }
        return take(at: 0)
    }

    private mutating func take(at place: Int) -> (@Sendable () -> Void)? {
        let slot = heap[place]
        let last = heap.removeLast()
        if place < heap.count {
            heap[place] = last
            slots[last].place = place
            rise(from: place)
            sink(from: slots[last].place)
        }
        let action = slots[slot].action
        slots[slot].action = nil
        slots[slot].generation &+= 1
        freeSlots.append(slot)
        return action
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        slots[heap[left]].instant < slots[heap[right]].instant
    }

    private mutating func exchange(_ left: Int, _ right: Int) {
        heap.swapAt(left, right)
        slots[heap[left]].place = left
        slots[heap[right]].place = right
    }

    private mutating func rise(from start: Int) {
        var place = start
        while place > 0, precedes(place, (place - 1) / 2) {
            exchange(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    private mutating func sink(from start: Int) {
        var place = start
        while true {
            var child = 2 * place + 1
            guard child < heap.count else { return }
            if child + 1 < heap.count, precedes(child + 1, child) { child += 1 }
            guard precedes(child, place) else { return }
            exchange(child, place)
            place = child
        }
    }
}
