public import Stowage
internal import Synchronization

/// What a case works with: databases at a location of its own, a seeded generator, and expectations.
public final class CaseContext: Sendable {
    /// The case that runs.
    public let conformanceCase: ConformanceCase
    /// The seed of the run; with the case's id it seeds ``generator()``.
    public let seed: UInt64

    /// Until when a case that can repeat itself goes on beyond its default size; nil for the default size.
    private let deepEnd: ContinuousClock.Instant?
    private let harness: any ConformanceHarness
    private let state = Mutex(State())

    private struct State {
        var locations: [Int: HarnessLocation] = [:]
        var databases: [StorageDatabase] = []
        var failures: [ExpectationFailure] = []
        var reasonToSkip: String?
    }

    init(_ conformanceCase: ConformanceCase, harness: any ConformanceHarness, seed: UInt64, deep: Duration? = nil) {
        deepEnd = deep.map { .now.advanced(by: $0) }
        self.conformanceCase = conformanceCase
        self.harness = harness
        self.seed = seed
    }

    /// A generator that gives the same numbers whenever this case runs with this seed.
    public func generator() -> SeededGenerator { SeededGenerator(seed: seed, conformanceCase.id) }

    /// Whether a deep run has time for another round, beyond the case's default size.
    public var mayGoDeeper: Bool { deepEnd.map { ContinuousClock.now < $0 } ?? false }

    /// The location of one of the case's stores; new and empty when first asked for.
    public func location(_ store: Int = 0) -> HarnessLocation {
        state.withLock { state in
            if let known = state.locations[store] { return known }
            let location = HarnessLocation.unique(for: conformanceCase.id)
            state.locations[store] = location
            return location
        }
    }

    /// A handle on one of the case's stores, not initialized yet. Every call gives another handle.
    public func database(
        store: Int = 0,
        access: StorageAccess = .readWrite,
        options: StorageOptions = .init()
    ) throws -> StorageDatabase {
        let database = try harness.open(at: location(store), access: access, options: options)
        state.withLock { $0.databases.append(database) }
        return database
    }

    /// Another handle on a store that a handle of the case is on already, or was.
    public func reopen(
        store: Int = 0,
        access: StorageAccess = .readWrite,
        options: StorageOptions = .init()
    ) throws -> StorageDatabase {
        try database(store: store, access: access, options: options)
    }

    /// A storage over a new handle on one of the case's stores, initialized.
    public func storage<Record: StorageRecord>(
        _ type: Record.Type,
        store: Int = 0,
        options: StorageOptions = .init()
    ) async throws -> RecordStorage<Record, RecordsOnly<Record>> {
        let storage = try database(store: store, options: options).storage(type)
        try await storage.initialize()
        return storage
    }

    /// A storage with a state over a new handle on one of the case's stores, initialized.
    public func storage<Record: StorageRecord, State: StorageState>(
        _ type: Record.Type,
        state: State.Type,
        store: Int = 0,
        options: StorageOptions = .init()
    ) async throws -> RecordStorage<Record, State> where State.Record == Record {
        let storage = try database(store: store, options: options).storage(type, state: state)
        try await storage.initialize()
        return storage
    }

    /// Ends the case as not applicable, unless something failed before.
    public func skip(_ reason: String) throws -> Never { throw NotApplicable(reason: reason) }

    /// The path of the file that holds one of the case's stores.
    func storedFile(_ store: Int = 0) throws -> String {
        guard let path = harness.storedFile(at: location(store)) else { try skip("the harness names no file") }
        return path
    }

    /// Whether the store is on a server, which works on for a moment when its client is dead.
    var isOnServer: Bool { harness.abilities.contains(.losesConnections) }

    /// How one of the case's stores, which was opened, loses its connections.
    func connections(_ store: Int = 0) throws -> ConnectionFault {
        guard let fault = harness.connections(at: location(store)) else { try skip("no connection can be severed") }
        return fault
    }

    /// Starts another process on one of the case's stores.
    func worker(_ job: ConformanceWorker.Job, _ name: String, store: Int = 0) throws -> WorkerProcess {
        guard let command = harness.workerCommand(job, at: location(store), name: name) else {
            try skip("the harness names no command")
        }
        return try WorkerProcess(command)
    }

    /// Why the case does not apply, once it said so.
    var reasonToSkip: String? { state.withLock { $0.reasonToSkip } }
    func noteSkip(_ reason: String) { state.withLock { $0.reasonToSkip = reason } }

    /// The failures so far.
    public var failures: [ExpectationFailure] { state.withLock { $0.failures } }

    func record(_ failure: ExpectationFailure) { state.withLock { $0.failures.append(failure) } }

    /// Closes every handle and destroys every location, also when the run is cancelled; what cannot be destroyed is a
    /// failure.
    func cleanUp() async { await Task.detached { await self.removeAll() }.value }

    private func removeAll() async {
        let (databases, locations) = state.withLock { ($0.databases, Array($0.locations.values)) }
        for database in databases { try? await database.close() }
        for location in locations {
            do {
                try await harness.destroy(location)
            } catch {
                fail("the harness destroys its location", "it threw \(error)")
            }
        }
    }
}

/// Ends a case that finds out that it does not apply.
struct NotApplicable: Error {
    let reason: String
}
