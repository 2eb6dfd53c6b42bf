import ConformanceKit
import Stowage
import Synchronization

/// A known-bad adapter whose defect shows only after several operations: what generated programs are for.
struct ModelMutant: Sendable, CustomStringConvertible {
    let description: String
    /// The case that must find it.
    let killer: String
    /// Wraps a transaction of memory.
    let wrap: @Sendable (any DriverTransaction) -> WrappedTransaction

    static let all: [ModelMutant] = [
        ModelMutant(description: "a count is remembered within a transaction", killer: "txn.model.programs") {
            RememberingCounts($0)
        },
        ModelMutant(description: "updateAll counts changed records only", killer: "qry.model.programs") {
            CountingChanges($0)
        },
        ModelMutant(description: "a second nested rollback keeps the writes", killer: "txn.model.programs") {
            RollingBackOnce($0)
        },
        ModelMutant(description: "an upsert leaves fields that the new record lacks", killer: "rec.model.programs") {
            MergingUpserts($0)
        },
        ModelMutant(description: "an offset is forgotten when nils are first", killer: "qry.model.programs") {
            ForgettingOffsets($0)
        },
    ]
}

/// Memory behind a mutant's transactions, out of which the core derives everything.
struct ModelMutantDriver: StorageDriver {
    let base: MemoryDriver
    let mutant: ModelMutant

    var location: StorageLocation { base.location }
    var capabilities: Capabilities { base.capabilities }

    func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {
        try await base.open(collections, access: access, context: context)
    }
    func close() async throws {}
    func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        mutant.wrap(try await base.begin(mode, context: context))
    }
}

/// A harness over such drivers.
final class ModelMutantHarness: ConformanceHarness {
    let adapter: String
    let abilities: Set<HarnessAbility> = []
    private let mutant: ModelMutant
    private let drivers = Mutex<[HarnessLocation: MemoryDriver]>([:])

    init(_ mutant: ModelMutant) {
        self.mutant = mutant
        adapter = mutant.description
    }

    func open(at location: HarnessLocation, access: StorageAccess, options: StorageOptions) throws -> StorageDatabase {
        let base = drivers.withLock { drivers in
            let base = drivers[location] ?? MemoryDriver()
            drivers[location] = base
            return base
        }
        return StorageDatabase(driver: ModelMutantDriver(base: base, mutant: mutant), access: access, options: options)
    }

    func destroy(_ location: HarnessLocation) async throws { drivers.withLock { _ = $0.removeValue(forKey: location) } }
}

/// A transaction that does what another does. The core uses it by one call at a time, so the state of the subclasses
/// needs a lock only to be `Sendable`.
class WrappedTransaction: DriverTransaction, @unchecked Sendable {  // immutable here; subclasses lock their state
    let base: any DriverTransaction
    init(_ base: any DriverTransaction) { self.base = base }

    func get(
        _ keys: [Key],
        in collection: CollectionSchema,
        includingUnknown: Bool,
        rows: @escaping RowHandler
    ) async throws {
        try await base.get(keys, in: collection, includingUnknown: includingUnknown, rows: rows)
    }
    func cursor(_ query: DriverQuery, in collection: CollectionSchema) async throws -> any DriverCursor {
        try await base.cursor(query, in: collection)
    }
    func count(_ predicate: QueryPredicate, in collection: CollectionSchema) async throws -> Int {
        try await base.count(predicate, in: collection)
    }
    func write(_ batch: WriteBatch) async throws -> [MutationOutcome] { try await base.write(batch) }
    func savepoint() async throws { try await base.savepoint() }
    func releaseSavepoint() async throws { try await base.releaseSavepoint() }
    func rollBackToSavepoint() async throws { try await base.rollBackToSavepoint() }
    func commit() async throws { try await base.commit() }
    func rollBack() async { await base.rollBack() }
}

private final class RememberingCounts: WrappedTransaction, @unchecked Sendable {  // its state is behind a lock
    private let counts = Mutex<[QueryPredicate: Int]>([:])

    override func count(_ predicate: QueryPredicate, in collection: CollectionSchema) async throws -> Int {
        if let known = counts.withLock({ $0[predicate] }) { return known }
        let count = try await super.count(predicate, in: collection)
        counts.withLock { $0[predicate] = count }
        return count
    }
}

private final class CountingChanges: WrappedTransaction, @unchecked Sendable {  // no state of its own
    override func write(_ batch: WriteBatch) async throws -> [MutationOutcome] {
        guard case .updateAll(let predicate, let assignments)? = batch.mutations.first, !assignments.isEmpty else {
            return try await super.write(batch)
        }
        // As an engine that leaves equal rows alone would count.
        let changing: [QueryPredicate] = assignments.compactMap { assignment in
            let field = batch.collection.fields[assignment.field]
            if case .json = assignment.value { return nil }
            return assignment.value.isNull
                ? .isNotNil(field: field.name) : .compare(field: field.name, .notEqual, assignment.value)
        }
        let count =
            changing.count == assignments.count
            ? try await super.count(.and([predicate, .or(changing)]), in: batch.collection) : nil
        var outcomes = try await super.write(batch)
        if let count { outcomes[0] = MutationOutcome(affected: count) }
        return outcomes
    }
}

private final class RollingBackOnce: WrappedTransaction, @unchecked Sendable {  // its state is behind a lock
    private let rollbacks = Mutex(0)

    override func rollBackToSavepoint() async throws {
        let count = rollbacks.withLock { count in
            count += 1
            return count
        }
        if count == 2 { try await super.releaseSavepoint() } else { try await super.rollBackToSavepoint() }
    }
}

private final class MergingUpserts: WrappedTransaction, @unchecked Sendable {  // no state of its own
    override func write(_ batch: WriteBatch) async throws -> [MutationOutcome] {
        var changed = batch
        for (index, mutation) in batch.mutations.enumerated() {
            guard case .upsert(var row) = mutation, batch.collection.name == Specimen.collection else { continue }
            let old = Mutex<Row?>(nil)
            let collection = batch.collection
            try await get([collection.key(of: row.values)], in: collection, includingUnknown: true) { reader in
                let values = try collection.fields.enumerated().map { try reader.value($0.offset, as: $0.element.type) }
                old.withLock { $0 = Row(values: values, unknown: nil) }
            }
            if let old = old.withLock({ $0 }) {
                for position in row.values.indices where row.values[position].isNull {
                    row.values[position] = old.values[position]
                }
            }
            changed.mutations[index] = .upsert(row)
        }
        return try await super.write(changed)
    }
}

private final class ForgettingOffsets: WrappedTransaction, @unchecked Sendable {  // no state of its own
    override func cursor(_ query: DriverQuery, in collection: CollectionSchema) async throws -> any DriverCursor {
        var query = query
        if query.order.first?.placement == .first { query.offset = 0 }
        return try await super.cursor(query, in: collection)
    }
}
