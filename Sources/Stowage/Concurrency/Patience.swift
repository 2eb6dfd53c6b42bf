#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Looks for work for a moment before a thread sleeps: a caller that asks for one record after the other comes back
/// within microseconds, and waking a thread takes longer than that.
///
/// It looks only as long as that pays: each time in vain doubles the number of times that it sleeps at once.
package struct Patience: ~Copyable {
    private static let isWorthwhile = sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1
    private let limit: Duration
    private var skips = 0
    private var nextSkips = 1

    /// - Parameter limit: How long it looks.
    package init(limit: Duration = .microseconds(100)) { self.limit = limit }

    /// Comes back when there is work, or when it has looked for long enough.
    package mutating func await(_ hasWork: () -> Bool) {
        guard Self.isWorthwhile else { return }
        if skips > 0 {
            skips -= 1
            return
        }
        let end = ContinuousClock.now + limit
        while !hasWork() {
            if ContinuousClock.now >= end {
                skips = nextSkips
                nextSkips = min(2 * nextSkips, 256)
                return
            }
            // Whoever else is ready to run goes first.
            sched_yield()
        }
        nextSkips = 1
    }
}
