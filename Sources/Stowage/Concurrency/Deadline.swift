/// The moment by which a call must have ended (LIF-2).
///
/// A deadline is handed down, never restarted: the wait for a connection, the locks, the work and the retries share it.
public struct Deadline: Sendable, Hashable, Comparable {
    /// The moment on the continuous clock.
    public let instant: ContinuousClock.Instant

    /// The deadline at a moment.
    public init(at instant: ContinuousClock.Instant) { self.instant = instant }

    /// The deadline that lies a duration ahead.
    public static func after(_ duration: Duration) -> Deadline {
        Deadline(at: ContinuousClock.now.advanced(by: min(duration, .seconds(1_000_000_000))))
    }

    /// So far ahead that it never passes: for what other deadlines bound already.
    public static var distant: Deadline { .after(.seconds(1_000_000_000)) }

    /// What is left; negative when it has passed.
    public var remaining: Duration { ContinuousClock.now.duration(to: instant) }

    /// What is left in milliseconds, rounded up, at least zero and at most `Int32.max`.
    public var remainingMilliseconds: Int {
        let (seconds, attoseconds) = remaining.components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < 2_000_000 else { return Int(Int32.max) }
        return Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    /// Whether the moment has passed.
    public var hasPassed: Bool { ContinuousClock.now >= instant }

    /// The error for a wait that this deadline ended.
    ///
    /// - Parameter wait: What was waited for, as in "a free connection".
    public func timeout(waitingFor wait: String) -> StorageError {
        StorageError(
            .timeout,
            "the deadline passed while waiting for \(wait)",
            advice: "Try again, or allow the call more time"
        )
    }

    /// Throws `timeout` when the moment has passed, and `cancelled` when the task was cancelled.
    public func check(waitingFor wait: @autoclosure () -> String) throws {
        if Task.isCancelled { throw StorageError.cancelledTask }
        if hasPassed { throw timeout(waitingFor: wait()) }
    }

    /// The earlier one comes first.
    public static func < (left: Deadline, right: Deadline) -> Bool { left.instant < right.instant }
}

extension StorageError {
    /// The error of a call whose task was cancelled.
    public static var cancelledTask: StorageError { StorageError(.cancelled, "the task was cancelled") }
}
