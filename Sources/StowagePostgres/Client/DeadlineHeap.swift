#if Postgres
/// The moments at which something is due, the earliest first: a binary heap.
///
/// Entries are not removed one by one. Most deadlines never pass, so their owner forgets the identifier, and the heap
/// drops it when its moment comes or when ``compact(keeping:)`` finds that most entries are forgotten.
struct DeadlineHeap {
    struct Entry {
        let instant: ContinuousClock.Instant
        let id: UInt64
    }

    private var entries: [Entry] = []

    var count: Int { entries.count }
    var earliest: ContinuousClock.Instant? { entries.first?.instant }

    mutating func insert(_ id: UInt64, at instant: ContinuousClock.Instant) {
        entries.append(Entry(instant: instant, id: id))
        siftUp(from: entries.count - 1)
    }

    /// Takes the earliest entry when its moment has come.
    mutating func popDue(at now: ContinuousClock.Instant) -> UInt64? {
        guard let first = entries.first, first.instant <= now else { return nil }
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        siftDown(from: 0)
        return first.id
    }

    /// Drops forgotten entries, so that deadlines far ahead do not pile up.
    mutating func compact(keeping isLive: (UInt64) -> Bool) {
        entries.removeAll { !isLive($0.id) }
        for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) { siftDown(from: index) }
    }

    private mutating func siftUp(from start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].instant < entries[parent].instant else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func siftDown(from start: Int) {
        var parent = start
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].instant < entries[smallest].instant { smallest = child }
            }
            guard smallest != parent else { return }
            entries.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
#endif
