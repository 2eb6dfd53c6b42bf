import Stowage
import Synchronization

/// A connection that a case can sever while a commit waits for its answer.
final class Wire: Sendable {
    private let state = Mutex(State())

    private struct State {
        var holds = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    var fault: ConnectionFault {
        ConnectionFault(
            holdCommits: { [self] _ in state.withLock { $0.holds = true } },
            sever: { [self] in
                let waiting = state.withLock { state in
                    defer { state.waiting = [] }
                    return state.waiting
                }
                for continuation in waiting { continuation.resume() }
                return waiting.count
            }
        )
    }

    /// Waits until the connection is severed; false when commits are not held.
    func wait() async -> Bool {
        guard state.withLock({ $0.holds }) else { return false }
        await withCheckedContinuation { continuation in state.withLock { $0.waiting.append(continuation) } }
        return true
    }
}

/// Memory behind a wire. A true one says `commitUnknown` when the wire is severed during a commit; here nothing arrived.
final class WireDriver: StorageDriver {
    /// What a severed commit ends in.
    enum Ending: Sendable { case unknown, unavailable, triedAgain, silence }

    let base: any StorageDriver
    let wire: Wire
    let ending: Ending

    init(_ base: any StorageDriver, _ wire: Wire, _ ending: Ending) {
        self.base = base
        self.wire = wire
        self.ending = ending
    }

    var location: StorageLocation { base.location }
    var capabilities: Capabilities { base.capabilities }
    func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {
        try await base.open(collections, access: access, context: context)
    }
    func close() async throws { try await base.close() }
    func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        let inner = try await base.begin(mode, context: context)
        return mode == .readOnly ? inner : WireTransaction(inner, self)
    }
}

private final class WireTransaction: DriverTransaction {
    private let inner: any DriverTransaction
    private let driver: WireDriver

    init(_ inner: any DriverTransaction, _ driver: WireDriver) {
        self.inner = inner
        self.driver = driver
    }

    func get(
        _ keys: [Key],
        in collection: CollectionSchema,
        includingUnknown: Bool,
        rows: @escaping RowHandler
    )
        async throws
    {
        try await inner.get(keys, in: collection, includingUnknown: includingUnknown, rows: rows)
    }
    func cursor(_ query: DriverQuery, in collection: CollectionSchema) async throws -> any DriverCursor {
        try await inner.cursor(query, in: collection)
    }
    func write(_ batch: WriteBatch) async throws -> [MutationOutcome] { try await inner.write(batch) }
    func savepoint() async throws { try await inner.savepoint() }
    func releaseSavepoint() async throws { try await inner.releaseSavepoint() }
    func rollBackToSavepoint() async throws { try await inner.rollBackToSavepoint() }
    func rollBack() async { await inner.rollBack() }

    func commit() async throws {
        guard await driver.wire.wait() else { return try await inner.commit() }
        switch driver.ending {
        case .unknown: throw StorageError(.commitUnknown, "the connection was lost during the commit")
        case .unavailable: throw StorageError(.unavailable, "the connection was lost")
        case .triedAgain: try await inner.commit()
        case .silence: await inner.rollBack()
        }
    }
}
