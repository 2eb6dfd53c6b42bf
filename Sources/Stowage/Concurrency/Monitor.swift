#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A value behind a mutex and a condition: what a thread of our own sleeps on.
///
/// Only threads that are not Swift's may ``wait(until:)`` here. `Mutex` has no condition, hence the pthread pair.
///
/// Unchecked: `value` is touched only between lock and unlock, and the pthread objects are made for sharing.
package final class Monitor<Value>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var value: Value

    package init(_ value: sending Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
        #if canImport(Darwin)
        pthread_cond_init(condition, nil)
        #else
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // The wall clock can be set back, and a deadline would then come late.
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
        #endif
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Runs a body with the value to itself. The body must be short and must not call out.
    package func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&value)
    }

    /// Wakes the thread that waits.
    package func signal() { pthread_cond_signal(condition) }

    /// Tries the body again after each signal until it answers.
    ///
    /// - Parameter body: Looks at the value; nil means to sleep until the next signal, or until the moment that the
    ///   body put into its second argument.
    package func wait<Result>(for body: (inout Value, inout ContinuousClock.Instant?) -> Result?) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            var wakeUp: ContinuousClock.Instant?
            if let result = body(&value, &wakeUp) { return result }
            if let wakeUp { sleep(until: wakeUp) } else { pthread_cond_wait(condition, mutex) }
        }
    }

    private func sleep(until instant: ContinuousClock.Instant) {
        let (seconds, attoseconds) = ContinuousClock.now.duration(to: instant).components
        if seconds < 0 || attoseconds < 0 { return }
        var time = timespec()
        #if canImport(Darwin)
        time.tv_sec = Int(min(seconds, 1_000_000))
        time.tv_nsec = Int(attoseconds / 1_000_000_000)
        pthread_cond_timedwait_relative_np(condition, mutex, &time)
        #else
        clock_gettime(CLOCK_MONOTONIC, &time)
        // An hour at most: the caller looks again, and no sum overflows.
        time.tv_sec += time_t(min(seconds, 3600))
        time.tv_nsec += Int(attoseconds / 1_000_000_000)
        if time.tv_nsec >= 1_000_000_000 {
            time.tv_nsec -= 1_000_000_000
            time.tv_sec += 1
        }
        pthread_cond_timedwait(condition, mutex, &time)
        #endif
    }
}
