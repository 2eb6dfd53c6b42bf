internal import Synchronization

/// Lets a number of tasks in at a time, first come first served; the others wait without a thread.
///
/// ```swift
/// try await gate.acquire(until: context.deadline, waitingFor: "a free reader of \(path)")
/// defer { gate.release() }
/// ```
public final class AsyncGate: Sendable {
    private struct State {
        var free: Int
        /// Waiters by the order in which they came; those that gave up are gone.
        var waiters: [UInt64: @Sendable () -> Bool] = [:]
        var nextTicket: UInt64 = 0
        var servedTicket: UInt64 = 0
    }

    /// How many it lets in at once.
    public let places: Int
    private let state: Mutex<State>

    /// A gate that lets so many in at once: 1 makes a mutex.
    public init(_ places: Int) {
        self.places = places
        state = Mutex(State(free: places))
    }

    /// Enters if there is room and nobody waits.
    public func tryAcquire() -> Bool {
        state.withLock { state in
            guard state.free > 0 else { return false }
            state.free -= 1
            return true
        }
    }

    /// Enters, after those who came before.
    ///
    /// - Throws: `timeout` naming what was waited for, or `cancelled`; then the caller is not inside.
    public func acquire(
        until deadline: Deadline,
        waitingFor wait: @escaping @autoclosure @Sendable () -> String
    ) async throws {
        try deadline.check(waitingFor: wait())
        if tryAcquire() { return }
        let place = BoundedWait<Void>()
        guard let ticket = enqueue({ place.decide(.success(())) }) else { return }
        try await place.answer(until: deadline, waitingFor: wait) { [self] in
            state.withLock { _ = $0.waiters.removeValue(forKey: ticket) }
        }
    }

    /// Enters, and leaves when nobody holds the place any more.
    ///
    /// - Throws: As ``acquire(until:waitingFor:)``.
    public func place(
        until deadline: Deadline,
        waitingFor wait: @escaping @autoclosure @Sendable () -> String
    ) async throws -> Place {
        try await acquire(until: deadline, waitingFor: wait())
        return Place(gate: self)
    }

    /// Enters as often as there is room, so that nobody else is inside; two that do so at once must be kept apart.
    ///
    /// - Throws: As ``acquire(until:waitingFor:)``; what was entered by then is left.
    public func allPlaces(
        until deadline: Deadline,
        waitingFor wait: @escaping @autoclosure @Sendable () -> String
    ) async throws -> [Place] {
        var all: [Place] = []
        while all.count < places { all.append(try await place(until: deadline, waitingFor: wait())) }
        return all
    }

    /// Being inside, as a value: whoever drops it last leaves.
    public final class Place: Sendable {
        private let gate: AsyncGate
        fileprivate init(gate: AsyncGate) { self.gate = gate }
        deinit { gate.release() }
    }

    /// Calls back once there is room, at once or from the releasing side; the caller is then inside.
    public func whenAcquired(_ body: @escaping @Sendable () -> Void) {
        let ticket = enqueue {
            body()
            return true
        }
        if ticket == nil { body() }
    }

    /// Leaves, and lets the next one in.
    public func release() {
        while true {
            let next: (@Sendable () -> Bool)? = state.withLock { state in
                while state.servedTicket < state.nextTicket {
                    let ticket = state.servedTicket
                    state.servedTicket += 1
                    if let waiter = state.waiters.removeValue(forKey: ticket) { return waiter }
                }
                state.free += 1
                return nil
            }
            // A waiter that gave up in this very moment does not enter: the place goes to the next.
            guard let next, !next() else { return }
        }
    }

    /// Joins the queue; nil when there was room after all.
    private func enqueue(_ waiter: @escaping @Sendable () -> Bool) -> UInt64? {
        state.withLock { state in
            if state.free > 0 {
                state.free -= 1
                return nil
            }
            let ticket = state.nextTicket
            state.nextTicket += 1
            state.waiters[ticket] = waiter
            return ticket
        }
    }
}
