internal import Synchronization

/// Whose turn it is in a transaction that several tasks may use: one call at a time, and while a nested transaction is
/// open, only calls from within it.
///
/// A scope is a nested transaction, 0 the outermost. The task-local value tells a call's scope in each transaction whose
/// body it runs in, so that child tasks of a body belong to it.
final class TransactionTurns: Sendable {
    @TaskLocal private static var scopes: [ObjectIdentifier: Int] = [:]

    private let deadline: Deadline
    private let state = Mutex(State())

    private struct State {
        var isTaken = false
        /// The open scopes, innermost last.
        var scopes = [0]
        var lastScope = 0
        /// After the end or a failure every call may come, to be told.
        var isOpen = false
        var waiters: [(id: UInt64, scope: Int?, grant: @Sendable () -> Bool)] = []
        var nextID: UInt64 = 0

        func admits(_ scope: Int?) -> Bool { isOpen || scope == nil || scope == scopes.last }
    }

    init(deadline: Deadline) { self.deadline = deadline }

    /// The innermost open scope.
    var current: Int { state.withLock { $0.scopes.last ?? 0 } }

    /// Runs a body whose calls belong to a scope.
    func within<T>(_ scope: Int, _ body: () async throws -> T) async throws -> T {
        let scopes = Self.scopes.merging([ObjectIdentifier(self): scope]) { $1 }
        return try await Self.$scopes.withValue(scopes, operation: body)
    }

    /// Takes the turn, after those who came before.
    ///
    /// - Throws: `timeout` or `cancelled`; then the caller does not have it.
    func take() async throws {
        let scope = Self.scopes[ObjectIdentifier(self)] ?? 0
        let place = BoundedWait<Void>()
        let id: UInt64? = join(scope) { place.decide(.success(())) }
        guard let id else { return }
        try await place.answer(
            until: deadline,
            waitingFor: { "another call of the same transaction" },
            onGivingUp: { [self] in state.withLock { $0.waiters.removeAll { $0.id == id } } }
        )
    }

    /// Takes the turn whatever the scope, the deadline or the task's state: for ending what was begun.
    func takeAnyway() async {
        await withCheckedContinuation { continuation in
            let id = join(nil) {
                continuation.resume()
                return true
            }
            if id == nil { continuation.resume() }
        }
    }

    /// Queues up; nil when the turn was free.
    private func join(_ scope: Int?, _ grant: @escaping @Sendable () -> Bool) -> UInt64? {
        state.withLock { state in
            if !state.isTaken, state.admits(scope) {
                state.isTaken = true
                return nil
            }
            state.nextID += 1
            state.waiters.append((state.nextID, scope, grant))
            return state.nextID
        }
    }

    /// Gives the turn back.
    func release() {
        state.withLock { $0.isTaken = false }
        serve()
    }

    /// Opens a nested scope. The caller has the turn.
    func push() {
        state.withLock { state in
            state.lastScope += 1
            state.scopes.append(state.lastScope)
        }
    }

    /// Closes a nested scope.
    func pop(_ scope: Int) {
        state.withLock { $0.scopes.removeAll { $0 == scope } }
        serve()
    }

    /// Lets everybody come, one at a time, to be told that the transaction is over.
    func open() {
        state.withLock { $0.isOpen = true }
        serve()
    }

    /// Gives a free turn to the first who may have it.
    private func serve() {
        while true {
            let next: (@Sendable () -> Bool)? = state.withLock { state in
                guard !state.isTaken, let index = state.waiters.firstIndex(where: { state.admits($0.scope) }) else {
                    return nil
                }
                state.isTaken = true
                return state.waiters.remove(at: index).grant
            }
            guard let next else { return }
            if next() { return }
            // That one gave up in this very moment.
            state.withLock { $0.isTaken = false }
        }
    }
}
