import FoundationEssentials
import Stowage
import Synchronization

// DUR, LIF and SCH: what is lost, what does not end, what says too much or too little.
extension Mutant {
    static let durability: [Mutant] = [
        Mutant("writes reach the store when it is closed", killedBy: "dur.reopen.without-close") { _, site in
            LooseShelf(.keptAtClose, site.shelf)
        },
        Mutant("deletions are forgotten at the next opening", killedBy: "dur.reopen.sees-every-write") {
            $0.write = { transaction, batch in
                if case .delete(let key)? = batch.mutations.first,
                    let row = try await transaction.row(key, in: batch.collection)
                {
                    let again = WriteBatch([.insertIfAbsent(row)], in: batch.collection)
                    transaction.driver.site.batches.withLock { $0.append(again) }
                }
                return try await transaction.inner.write(batch)
            }
            $0.open = replaying
        },
        Mutant("updates are forgotten at the next opening", killedBy: "dur.reopen.sees-every-write") {
            $0.write = { transaction, batch in
                if case .update(let key, _)? = batch.mutations.first,
                    let row = try await transaction.row(key, in: batch.collection)
                {
                    let again = WriteBatch([.upsert(row)], in: batch.collection)
                    transaction.driver.site.batches.withLock { $0.append(again) }
                }
                return try await transaction.inner.write(batch)
            }
            $0.open = replaying
        },
        Mutant("the log is replayed with what was rolled back", killedBy: "dur.reopen.rolled-back-stays-away") {
            $0.write = { transaction, batch in
                let outcomes = try await transaction.inner.write(batch)
                let again = batch.mutations.compactMap { mutation -> Mutation? in
                    if case .insert(let row) = mutation { .insertIfAbsent(row) } else { nil }
                }
                transaction.driver.site.batches.withLock { $0.append(WriteBatch(again, in: batch.collection)) }
                return outcomes
            }
            $0.open = replaying
        },
    ]

    /// Opens, and writes again what was kept for this.
    private static let replaying:
        @Sendable (HookedDriver, [CollectionSchema], StorageAccess, OperationContext) async throws -> Void = {
            driver,
            collections,
            access,
            context in
            try await driver.base.open(collections, access: access, context: context)
            guard access == .readWrite else { return }
            let batches = driver.site.batches.withLock { batches in
                defer { batches = [] }
                return batches
            }
            for batch in batches where !batch.mutations.isEmpty {
                _ = try await driver.base.write(batch, context: context)
            }
        }

    /// Opens; a store that cannot be read is taken away, and a new one made.
    private static let startingAnew:
        @Sendable (HookedDriver, [CollectionSchema], StorageAccess, OperationContext) async throws -> Void = {
            driver,
            collections,
            access,
            context in
            do {
                try await driver.base.open(collections, access: access, context: context)
            } catch let error as StorageError where error.code == .corrupt && access == .readWrite {
                guard let path = driver.site.path else { throw error }
                try FileManager.default.removeItem(atPath: path)
                try await driver.base.open(collections, access: access, context: context)
            }
        }

    static let damages: [Mutant] = [
        Mutant("a damaged store is replaced by an empty one", killedBy: "dur.damage.truncated", on: .json) {
            $0.open = startingAnew
        },
        Mutant("a foreign file is replaced by an empty store", killedBy: "dur.damage.foreign-file", on: .sqlite) {
            $0.open = startingAnew
        },
        Mutant("the error of a damaged store does not name the file", killedBy: "dur.damage.foreign-file", on: .json) {
            $0.error = { $0.at(nil) }
        },
        Mutant(
            "a store of another schema is reported without its place",
            killedBy: "dur.foreign.schema-is-named",
            on: .json
        ) {
            $0.collection = { $0.withOptionalFields }
            $0.row = { row, collection in
                for (value, field) in zip(row.values, collection.fields) where value.isNull && !field.isOptional {
                    throw StorageError(.corrupt, "a record cannot be read")
                }
                return row
            }
            $0.error = { StorageError($0.code, "a record cannot be read") }
        },
        Mutant("duplicate ids are not named", killedBy: "dur.duplicate.ids", on: .json) {
            $0.error = { StorageError($0.code, "the file is damaged").at($0.place) }
        },
        Mutant("duplicate keys are not named", killedBy: "dur.duplicate.keys", on: .json) {
            $0.error = { StorageError($0.code, "the file is damaged").at($0.place) }
        },
    ]

    static let lifecycle: [Mutant] = [
        Mutant("opening again empties the store", killedBy: "lif.initialize.idempotent") {
            $0.open = { driver, collections, access, context in
                try await driver.base.open(collections, access: access, context: context)
                for collection in collections where access == .readWrite {
                    let empty = WriteBatch([.deleteAll(.all)], in: collection)
                    _ = try await driver.base.write(empty, context: context)
                }
            }
        },
        Mutant("a store is opened once", killedBy: "lif.initialize.many-at-once") {
            $0.open = { driver, collections, access, context in
                let isOpen = driver.site.flag.withLock { isOpen in
                    defer { isOpen = true }
                    return isOpen
                }
                if isOpen { throw StorageError(.alreadyExists, "the store exists") }
                try await driver.base.open(collections, access: access, context: context)
            }
        },
        Mutant("closing fails", killedBy: "lif.close.idempotent") {
            $0.close = { driver in
                try await driver.base.close()
                throw StorageError(.closed, "there is nothing to close")
            }
        },
        Mutant("opening for reading makes a store", killedBy: "lif.read-only.absent-store") {
            $0.open = { driver, collections, _, context in
                try await driver.base.open(collections, access: .readWrite, context: context)
            }
        },
        Mutant("a handle for reading shows the store as it was opened", killedBy: "lif.read-only.refuses-writes") {
            LooseShelf(.readsTheOldest, $1.shelf)
        },
        Mutant("waiting for another writer ignores the deadline", killedBy: "lif.deadline.second-writer") {
            LooseShelf(.waitsForever, $1.shelf)
        }.slow,
        Mutant("waiting for another writer ignores cancellation", killedBy: "lif.cancel.waiting-writer") {
            LooseShelf(.waitsForever, $1.shelf)
        }.slow,
        Mutant("what a cancelled transaction wrote stays", killedBy: "lif.cancel.body") {
            $0.rollBack = { transaction in
                guard Task.isCancelled else { return await transaction.inner.rollBack() }
                do { try await transaction.inner.commit() } catch { await transaction.inner.rollBack() }
            }
        },
        Mutant("a cancelled batch stays in half", killedBy: "lif.cancel.storm") {
            $0.oneShot = { driver, batch, context in
                var outcomes: [MutationOutcome] = []
                for mutation in batch.mutations {
                    var one = batch
                    one.mutations = [mutation]
                    outcomes += try await driver.plainWrite(one, context)
                    if batch.mutations.count > 1 { try await Task.sleep(for: .microseconds(500)) }
                }
                return outcomes
            }
        },
        Mutant("health names no version", killedBy: "lif.health.answers") {
            $0.health = { _ in StorageHealth(backendVersion: "") }
        },
        Mutant("a write that comes too late is done", killedBy: "lif.deadline.passed-already") {
            $0.oneShot = { driver, batch, context in
                var context = context
                context.deadline = .distant
                return try await driver.plainWrite(batch, context)
            }
        },
    ]

    static let errors: [Mutant] = [
        Mutant("an error quotes the record's values", killedBy: "lif.error.no-values") {
            $0.write = { transaction, batch in
                do {
                    return try await transaction.inner.write(batch)
                } catch let error as StorageError {
                    let texts = batch.mutations.compactMap(\.row).flatMap(\.texts).joined(separator: ", ")
                    throw StorageError(error.code, error.message + ": " + texts).forRecord(error.recordID)
                        .inField(error.field).atIndex(error.batchIndex).from(error.backend)
                }
            }
        },
        Mutant("an error carries the server's detail", killedBy: "lif.error.no-values") {
            $0.write = { transaction, batch in
                do {
                    return try await transaction.inner.write(batch)
                } catch let error as StorageError where error.code == .constraint {
                    let texts = batch.mutations.compactMap(\.row).flatMap(\.texts).joined(separator: ", ")
                    throw error.from(StorageError.BackendCode("23505", constraint: "Key (email)=(\(texts)) exists"))
                }
            }
        },
        Mutant("an error of reading quotes what was read", killedBy: "lif.error.corrupt-has-no-values") { base, _ in
            QuotingDriver(base)
        },
        Mutant("errors name no record", killedBy: "lif.error.carries") { $0.error = { $0.forRecord(nil) } },
        Mutant("every error is worth another try", killedBy: "lif.error.carries") { $0.error = { $0.retryable(true) } },
        Mutant("errors are the engine's own", killedBy: "lif.error.carries") {
            struct EngineError: Error { let code = 19 }
            $0.error = { _ in EngineError() }
        },
        Mutant("capabilities come with the first write", killedBy: "lif.capabilities.constant") {
            $0.capabilities = { capabilities, site in
                site.flag.withLock { $0 }
                    ? Capabilities(capabilities.features.union([.durability])) : capabilities
            }
            $0.write = { transaction, batch in
                transaction.driver.site.flag.withLock { $0 = true }
                return try await transaction.inner.write(batch)
            }
        },
        Mutant("nested transactions are declared without transactions", killedBy: "lif.capabilities.constant") {
            $0.capabilities = { capabilities, _ in Capabilities(capabilities.features.subtracting([.transactions])) }
        },
        Mutant("transactions are declared, and refused", killedBy: "lif.capabilities.transactions") { base, _ in
            RefusingDriver(base)
        },
    ]

    static let limits: [Mutant] = [
        Mutant("a declared limit of records is not kept", killedBy: "lif.limits.record") {
            $0.capabilities = { capabilities, _ in Capabilities(capabilities.features, maximumRecordBytes: 10_000) }
        },
        limited("the largest record that is declared is refused", killedBy: "lif.limits.record") { row, _ in
            row.byteCount >= 10_000
        },
        limited("a limit of records is kept on creating alone", killedBy: "lif.limits.record") { row, mutation in
            if case .insert = mutation { row.byteCount > 10_000 } else { false }
        },
        Mutant("a declared limit of ids is not kept", killedBy: "val.text.longest-id") {
            $0.capabilities = { capabilities, _ in Capabilities(capabilities.features, maximumIDBytes: 500) }
        },
    ]

    private static func limited(
        _ description: String,
        killedBy killer: String,
        _ refuses: @escaping @Sendable (Row, Mutation) -> Bool
    ) -> Mutant {
        Mutant(description, killedBy: killer) {
            $0.capabilities = { capabilities, _ in Capabilities(capabilities.features, maximumRecordBytes: 10_000) }
            $0.write = { transaction, batch in
                for mutation in batch.mutations {
                    guard let row = mutation.row, refuses(row, mutation) else { continue }
                    throw StorageError(.invalidValue, "the record is too large")
                        .forRecord("\(batch.collection.key(of: row.values))")
                }
                return try await transaction.inner.write(batch)
            }
        }
    }

    static let schemas: [Mutant] = [
        Mutant("values of a field that the store did not have are dropped", killedBy: "sch.added-field.kept", on: .json)
        {
            $0.mutation = { mutation, collection in
                mutation.rewritten(collection) { value, field in field.name == "color" ? .null : value }
            }
        },
        Mutant("a missing column is not named", killedBy: "sch.missing-field.named", on: .sqlite) {
            $0.error = { $0.code == .schemaMismatch ? StorageError(.schemaMismatch, "the schema differs") : $0 }
        },
        Mutant("a missing column reads as nothing", killedBy: "sch.added-field.kept", on: .json) {
            $0.row = { row, collection in
                let values = zip(row.values, collection.fields).map { $1.name == "color" ? Value.null : $0 }
                return Row(values: values, unknown: row.unknown)
            }
        },
        Mutant("collections whose names hold the same letters are one", killedBy: "sch.collections.similar-names") {
            $0.collection = { collection in
                if collection.isState { return collection }
                return collection.changing(name: collection.name.filter { $0.isLetter || $0.isNumber })
            }
        },
        Mutant("names of collections are cut", killedBy: "sch.collections.similar-names") {
            $0.collection = { $0.isState ? $0 : $0.changing(name: String($0.name.prefix(12))) }
        },
    ]
}

extension Row {
    /// The texts among the values.
    var texts: [String] {
        values.compactMap { value in
            switch value {
            case .text(let text), .json(let text): text
            default: nil
            }
        }
    }
}

/// A driver that tells what it was reading when the core could not take it (LIF-4).
private final class QuotingDriver: StorageDriver {
    private let base: any StorageDriver
    init(_ base: any StorageDriver) { self.base = base }
    var location: StorageLocation { base.location }
    var capabilities: Capabilities { base.capabilities }
    func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {
        try await base.open(collections, access: access, context: context)
    }
    func close() async throws { try await base.close() }
    func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        try await base.begin(mode, context: context)
    }

    func get(
        _ keys: [Key],
        in collection: CollectionSchema,
        includingUnknown: Bool,
        context: OperationContext,
        rows: @escaping RowHandler
    ) async throws {
        try await base.get(keys, in: collection, includingUnknown: includingUnknown, context: context) { reader in
            do {
                try rows(reader)
            } catch let error as StorageError {
                throw error.advising("The row was " + (try reader.row(of: collection).texts.joined(separator: ", ")))
            }
        }
    }
}

/// A driver that does single writes and reads, and declares more.
private final class RefusingDriver: StorageDriver {
    private let base: any StorageDriver
    init(_ base: any StorageDriver) { self.base = base }
    var location: StorageLocation { base.location }
    var capabilities: Capabilities { base.capabilities }
    func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {
        try await base.open(collections, access: access, context: context)
    }
    func close() async throws { try await base.close() }
    // The derived one would begin a transaction, and keep the kit from running anything.
    func health(context: OperationContext) async throws -> StorageHealth { try await base.health(context: context) }
    func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        throw StorageError(.unsupported, "this adapter does no transactions")
    }
    func get(
        _ keys: [Key],
        in collection: CollectionSchema,
        includingUnknown: Bool,
        context: OperationContext,
        rows: @escaping RowHandler
    ) async throws {
        try await base.get(keys, in: collection, includingUnknown: includingUnknown, context: context, rows: rows)
    }
    func query(
        _ query: DriverQuery,
        in collection: CollectionSchema,
        context: OperationContext,
        rows: @escaping RowHandler
    ) async throws {
        try await base.query(query, in: collection, context: context, rows: rows)
    }
    func count(
        _ predicate: QueryPredicate,
        in collection: CollectionSchema,
        context: OperationContext
    ) async throws
        -> Int
    {
        try await base.count(predicate, in: collection, context: context)
    }
    func write(_ batch: WriteBatch, context: OperationContext) async throws -> [MutationOutcome] {
        try await base.write(batch, context: context)
    }
}
