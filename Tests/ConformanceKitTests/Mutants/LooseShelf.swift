import Stowage
import Synchronization

/// An adapter over dictionaries whose transactions are kept apart too little, or too much.
///
/// `nothing` is the fault of the true one: writers take turns, readers have snapshots.
final class LooseShelf: StorageDriver {
    enum Fault: Sendable {
        case nothing
        /// Writers do not take turns, and the last commit of a record wins.
        case noTurns
        /// Writers do not take turns; two that write one record conflict, two that write what the other read do not.
        case snapshotIsolation
        /// Writers do not take turns; what was read by key is checked at the commit, what was searched is not.
        case keysCheckedOnly
        /// Writes go to the store at once, and are undone by a rollback.
        case writesInPlace
        /// Every read sees the newest rows, inside read-only transactions and cursors too.
        case readsTheNewest
        /// Readers take turns with writers.
        case readersBlock
        /// Waiting for a turn has no end but the turn.
        case waitsForever
        /// A conflict is reported as not worth another try.
        case conflictsAreFinal
        /// What was written reaches the store when the handle is closed.
        case keptAtClose
        /// A read-only handle shows the store as it was when it was opened.
        case readsTheOldest

        /// Whether writers run side by side.
        var lacksTurns: Bool {
            switch self {
            case .noTurns, .snapshotIsolation, .keysCheckedOnly, .conflictsAreFinal: true
            default: false
            }
        }
    }

    typealias Rows = [String: [Key: Row]]

    /// One store.
    final class Shared: Sendable {
        let rows = Mutex<Rows>([:])
        let writers = AsyncGate(1)
        let isMade = Mutex(false)
    }

    let location = StorageLocation(backend: "shelf", description: "a shelf")
    let capabilities = Capabilities([.transactions, .nestedTransactions, .readOnlyAccess])
    let fault: Fault
    private let shared: Shared
    /// What the handle knows that the store does not.
    private let own = Mutex<Rows?>(nil)

    init(_ fault: Fault, _ shared: Shared) {
        self.fault = fault
        self.shared = shared
    }

    func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {
        let isMade = shared.isMade.withLock { isMade in
            defer { if access == .readWrite { isMade = true } }
            return isMade
        }
        if access == .readOnly, !isMade { throw StorageError(.notFound, "there is no shelf") }
        guard fault == .keptAtClose || fault == .readsTheOldest && access == .readOnly else { return }
        let now = shared.rows.withLock { $0 }
        own.withLock { $0 = $0 ?? now }
    }

    func close() async throws {
        guard fault == .keptAtClose, let mine = own.withLock({ $0 }) else { return }
        shared.rows.withLock { $0 = mine }
    }

    var rows: Rows { own.withLock { $0 } ?? shared.rows.withLock { $0 } }

    func change(_ body: (inout Rows) throws -> Void) rethrows {
        let isOwn = try own.withLock { own in
            if own == nil { return false }
            try body(&own!)
            return true
        }
        if !isOwn { try shared.rows.withLock { try body(&$0) } }
    }

    func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        let takesTurns: Bool =
            switch fault {
            case .noTurns, .snapshotIsolation, .keysCheckedOnly, .conflictsAreFinal: false
            case .readersBlock: true
            default: mode == .readWrite
            }
        if takesTurns {
            if fault == .waitsForever {
                // A task of its own, so that not even a cancellation ends the wait.
                let writers = shared.writers
                try await Task.detached { try await writers.acquire(until: .distant, waitingFor: "a turn") }.value
            } else {
                try await shared.writers.acquire(until: context.deadline, waitingFor: "another writer")
            }
        }
        let shared = shared
        return LooseTransaction(self, mode) { if takesTurns { shared.writers.release() } }
    }
}

private final class LooseTransaction: KeyValueTransaction {
    let undo = UndoJournal()
    private let driver: LooseShelf
    private let mode: TransactionMode
    private let leave: Mutex<(@Sendable () -> Void)?>
    private let state: Mutex<State>

    private struct State {
        var old: LooseShelf.Rows
        var new: LooseShelf.Rows
        var written: [String: Set<Key>] = [:]
        var read: [String: Set<Key>] = [:]
    }

    init(_ driver: LooseShelf, _ mode: TransactionMode, _ leave: @escaping @Sendable () -> Void) {
        self.driver = driver
        self.mode = mode
        self.leave = Mutex(leave)
        let rows = driver.rows
        state = Mutex(State(old: rows, new: rows))
    }

    private var isLive: Bool {
        driver.fault == .writesInPlace || driver.fault == .readsTheNewest && mode == .readOnly
    }

    private var rows: LooseShelf.Rows { isLive ? driver.rows : state.withLock { $0.new } }

    func row(_ key: Key, in collection: CollectionSchema) async throws -> Row? {
        // A moment in which others get on, here as in a scan.
        if driver.fault.lacksTurns { try? await Task.sleep(for: .milliseconds(1)) }
        state.withLock { _ = $0.read[collection.name, default: []].insert(key) }
        return rows[collection.name]?[key]
    }

    func put(_ row: Row, in collection: CollectionSchema) async throws {
        set(row, collection.key(of: row.values), collection)
    }

    func remove(_ key: Key, in collection: CollectionSchema) async throws { set(nil, key, collection) }

    private func set(_ row: Row?, _ key: Key, _ collection: CollectionSchema) {
        let name = collection.name
        state.withLock { state in
            state.new[name, default: [:]][key] = row
            state.written[name, default: []].insert(key)
        }
        if driver.fault == .writesInPlace { driver.change { $0[name, default: [:]][key] = row } }
    }

    func scan(_ collection: CollectionSchema, rows handler: RowHandler) async throws {
        // A moment in which others get on: what depends on them shows every time.
        if isLive { try? await Task.sleep(for: .milliseconds(1)) }
        for row in (rows[collection.name] ?? [:]).values { try handler(row) }
    }

    func commit() async throws {
        // Writers as slow as those of a disk, so that readers come between them.
        if driver.fault == .readsTheNewest { try? await Task.sleep(for: .milliseconds(1)) }
        let state = state.withLock { $0 }
        let checked: [String: Set<Key>] =
            switch driver.fault {
            case .snapshotIsolation: state.written
            case .keysCheckedOnly, .conflictsAreFinal: state.written.merging(state.read) { $0.union($1) }
            default: [:]
            }
        try driver.change { rows in
            for (name, keys) in checked {
                for key in keys where !Self.same(rows[name]?[key], state.old[name]?[key]) {
                    throw StorageError(
                        .conflict,
                        "another transaction came first",
                        isRetryable: driver.fault != .conflictsAreFinal
                    )
                }
            }
            for (name, keys) in state.written {
                for key in keys { rows[name, default: [:]][key] = state.new[name]?[key] }
            }
        }
        end()
    }

    func rollBack() async {
        if driver.fault == .writesInPlace {
            let state = state.withLock { $0 }
            driver.change { rows in
                for (name, keys) in state.written {
                    for key in keys { rows[name, default: [:]][key] = state.old[name]?[key] }
                }
            }
        }
        end()
    }

    private func end() {
        let leave = leave.withLock { leave in
            defer { leave = nil }
            return leave
        }
        leave?()
    }

    private static func same(_ left: Row?, _ right: Row?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return left.isIdentical(to: right)
    }
}
