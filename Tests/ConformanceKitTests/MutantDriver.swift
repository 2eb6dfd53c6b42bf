import ConformanceKit
import Stowage

/// Memory as a mutant sees it, outside transactions.
struct MutantDriver: StorageDriver {
    let base: MemoryDriver
    let mutant: Mutant

    var location: StorageLocation { base.location }
    var capabilities: Capabilities { base.capabilities }

    func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {
        try await base.open(collections, access: access, context: context)
    }
    func close() async throws { try await base.close() }
    func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        try await base.begin(mode, context: context)
    }

    func query(
        _ query: DriverQuery,
        in collection: CollectionSchema,
        context: OperationContext,
        rows: @escaping RowHandler
    ) async throws {
        var changed = mutant.query(query, collection)
        changed.predicate = mutant.predicate(changed.predicate)
        try await base.query(changed, in: collection, context: context, rows: rows)
    }

    func count(
        _ predicate: QueryPredicate,
        in collection: CollectionSchema,
        context: OperationContext
    ) async throws -> Int {
        try await base.count(mutant.predicate(predicate), in: collection, context: context)
    }

    func write(_ batch: WriteBatch, context: OperationContext) async throws -> [MutationOutcome] {
        var changed = batch
        changed.mutations = batch.mutations.map(mutant.mutation)
        var outcomes: [MutationOutcome] = []
        if mutant.splitsBatches {
            for (index, mutation) in changed.mutations.enumerated() {
                var one = changed
                one.mutations = [mutation]
                do {
                    outcomes += try await base.write(one, context: context)
                } catch let error as StorageError {
                    throw error.atIndex(index)
                }
            }
        } else {
            outcomes = try await base.write(changed, context: context)
        }
        return zip(batch.mutations, outcomes).map { mutant.outcome($0, $1) }
    }
}

/// A harness over mutants, one driver a location.
struct MutantHarness: ConformanceHarness {
    let mutant: Mutant
    private let memory = MemoryHarness()

    init(_ mutant: Mutant) { self.mutant = mutant }

    var adapter: String { mutant.description }
    var abilities: Set<HarnessAbility> { memory.abilities }

    func open(at location: HarnessLocation, access: StorageAccess, options: StorageOptions) throws -> StorageDatabase {
        let database = try memory.open(at: location, access: access, options: options)
        guard let base = database.driver as? MemoryDriver else { return database }
        return StorageDatabase(driver: mutant.driver(base), access: access, options: options)
    }

    func destroy(_ location: HarnessLocation) async throws { try await memory.destroy(location) }
}
