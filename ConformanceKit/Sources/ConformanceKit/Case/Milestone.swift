internal import Synchronization

/// A point in time that one task reaches and others wait for: how cases put the steps of several tasks in an order.
public final class Milestone: Sendable {
    private let name: String
    private let isUp = Mutex(false)

    /// A milestone that is not reached yet.
    ///
    /// - Parameter name: What is true once it is reached, as in "the first writer is inside".
    public init(_ name: String) { self.name = name }

    /// Whether it was reached.
    public var isRaised: Bool { isUp.withLock { $0 } }

    /// Says that it is reached, for good.
    public func raise() { isUp.withLock { $0 = true } }

    /// Waits until it is reached.
    ///
    /// - Throws: ``NotRaised`` after a bound that is far beyond any honest wait; `CancellationError`.
    public func wait(atMost bound: Duration = .seconds(25)) async throws {
        let end = ContinuousClock.now.advanced(by: bound)
        while !isRaised {
            if ContinuousClock.now >= end { throw NotRaised(name: name) }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// A wait that was in vain.
    public struct NotRaised: Error, CustomStringConvertible {
        let name: String
        /// What did not happen.
        public var description: String { "it never came to this: \(name)" }
    }
}

/// Runs work in a task that stands outside the transaction in whose body it is called.
func aside<T: Sendable>(_ work: @escaping @Sendable () async throws -> T) -> Task<T, any Error> {
    Task.detached { try await work() }
}

/// Runs `count` tasks at once, each outside any transaction, and waits for all; the first error is thrown.
func together(_ count: Int, _ work: @escaping @Sendable (Int) async throws -> Void) async throws {
    let tasks = (0..<count).map { index in aside { try await work(index) } }
    try await withTaskCancellationHandler {
        var first: (any Error)?
        for task in tasks {
            do { try await task.value } catch { first = first ?? error }
        }
        if let first { throw first }
    } onCancel: {
        for task in tasks { task.cancel() }
    }
}

/// What a case throws where it needs an error of its own.
struct Stop: Error, Equatable {}
