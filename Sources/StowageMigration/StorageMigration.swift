public import Stowage

/// Moves the records of one store into another, whatever the two adapters are, and proves that all arrived.
///
/// ```swift
/// let source = try factory.database(at: "json:~/sessions.json", access: .readOnly)
/// let target = try factory.database(at: "sqlite:~/sessions.db")
/// let move = try StorageMigration(SessionRecord.self, state: SessionState.self, from: source, to: target)
/// let plan = try await move.plan()                  // reads only
/// let report = try await move.run { print($0.phase, $0.done) }
/// assert(report.verified == plan.records)
/// let verdict = try await move.verify()             // every field of every record, on both sides
/// try await move.rollBack()                         // or: try await move.retire()
/// try await move.close()
/// ```
///
/// The source is opened for reading only and never changed; one snapshot of it serves the plan, the copy and the
/// verification. Where the target can stage (``StagingTransaction``), records are written aside in batches, each with its
/// checkpoint in the same transaction, compared with the source, and only then put into place: readers see nothing or
/// everything, and a move that was killed goes on with ``MoveOptions/resumes``. Elsewhere everything is one transaction.
/// Records are taken one page at a time, unknown members and all (REC-9); nothing is stripped or rounded.
public struct StorageMigration<Record: StorageRecord, State: StorageState>: Sendable where State.Record == Record {
    /// Where the records come from.
    public let source: StorageDatabase
    /// Where they go.
    public let target: StorageDatabase
    /// How the move is done.
    public let options: MoveOptions

    /// Opens the target for reading only, anew each time.
    let examining: @Sendable () throws -> StorageDatabase
    let examinesTargetItself: Bool
    let schema: RecordSchema<Record>

    var collection: CollectionSchema { schema.collection }

    /// Describes a move. Nothing is opened yet.
    ///
    /// - Parameters:
    ///   - record: The type of the records.
    ///   - state: The type of the store.
    ///   - source: Where the records come from, for reading only.
    ///   - target: Where they go.
    ///   - examining: The target once more, for reading only: the plan and the verification look through it, so that they
    ///     create nothing. By default they use the target itself.
    ///   - options: How the move is done.
    /// - Throws: `invalidArgument` for a source that is open for writing, a batch size under one, or one place as both;
    ///   `configuration` for a bad schema.
    public init(
        _ record: Record.Type = Record.self,
        state: State.Type = State.self,
        from source: StorageDatabase,
        to target: StorageDatabase,
        examining: (@Sendable () throws -> StorageDatabase)? = nil,
        options: MoveOptions = .init()
    ) throws {
        if source.access != .readOnly, source.driver.capabilities.contains(.readOnlyAccess) {
            throw StorageError(.invalidArgument, "the source of a move is not opened for reading only")
        }
        guard options.batchSize > 0 else {
            throw StorageError(.invalidArgument, "a batch of a move takes at least one record")
        }
        if options.retires, options.merge == .skip {
            throw StorageError(
                .invalidArgument,
                "a source is not retired when records of it are skipped: they would be in no store",
                advice: "Merge with replace, or retire the source later"
            )
        }
        try StorePlace.requireDifferent(source, target)
        self.source = source
        self.target = target
        self.examining = examining ?? { target }
        examinesTargetItself = examining == nil
        self.options = options
        schema = try Record.schema
    }

    /// Gives both stores back.
    public func close() async throws {
        try await source.close()
        try await target.close()
    }

    /// Opens a store with the record type's collection and the state's.
    func open(_ database: StorageDatabase) async throws {
        _ = try database.storage(Record.self, state: State.self)
        try await database.initialize()
        try await database.requireAllVisible(collection)
    }

    /// Begins the one snapshot of the source.
    ///
    /// - Throws: `notFound` when it is absent, `invalidArgument` when it is the target as well, ``MoveRefused`` when it
    ///   does not open because of its records.
    func beginSource() async throws -> Reading {
        try await StorePlace.requireDifferentStores(source, target, of: collection)
        do {
            try await open(source)
        } catch {
            throw await located(error)
        }
        return try await Reading.begin(source)
    }

    /// The error of a damaged source, with every damage in it and where each stands; other errors as they are.
    func located(_ error: any Error) async -> any Error {
        guard let known = error as? StorageError,
            known.code == .corrupt || known.code == .invalidValue || known.underlying is SchemaMisfit
        else { return error }
        // A file that is no store at all cannot be gone through: the first error says so.
        let damages = ((try? await rawDamages()) ?? []) + ((try? await rawStateDamages()) ?? [])
        if damages.isEmpty, !(source.driver is any RawScanDriver), let reading = try? await Reading.begin(source) {
            let found = try? await scan(reading, nil)
            await reading.end()
            if let found, !found.refusals.isEmpty { return refusal(found.refusals) }
        }
        if damages.isEmpty { return error }
        // A file that is torn, and whose records before that are whole, is told in one line.
        if damages.count == 1, damages[0].recordID == nil, damages[0].field == nil,
            damages[0].place?.byteOffset == known.place?.byteOffset
        {
            return error
        }
        return refusal(damages.map(MoveRefused.Refusal.init))
    }

    /// Runs a body with the target opened for reading only.
    func withExamined<Result: Sendable>(_ body: (StorageDatabase) async throws -> Result) async throws -> Result {
        if examinesTargetItself {
            try await open(target)
            return try await body(target)
        }
        let database = try examining()
        do {
            try await open(database)
            let result = try await body(database)
            try await database.close()
            return result
        } catch {
            try? await database.close()
            throw error
        }
    }
}
