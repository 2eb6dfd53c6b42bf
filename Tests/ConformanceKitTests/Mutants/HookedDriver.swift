import Stowage
import Synchronization

/// A true driver with a defect. Everything goes through a transaction, so that a hook holds inside and outside one.
final class HookedDriver: PlanningDriver, SchemaDriver {
    let base: any StorageDriver
    let defect: Defect
    let site: Site

    init(_ base: any StorageDriver, _ defect: Defect, _ site: Site) {
        self.base = base
        self.defect = defect
        self.site = site
    }

    var location: StorageLocation { base.location }
    var capabilities: Capabilities { defect.capabilities?(base.capabilities, site) ?? base.capabilities }

    func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {
        try await translating {
            let collections = collections.map(changed)
            if let open = defect.open { return try await open(self, collections, access, context) }
            try await base.open(collections, access: access, context: context)
        }
    }

    func close() async throws {
        if let close = defect.close { return try await close(self) }
        try await base.close()
    }

    func health(context: OperationContext) async throws -> StorageHealth {
        let health = try await base.health(context: context)
        return defect.health?(health) ?? health
    }

    func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        HookedTransaction(try await translating { try await base.begin(mode, context: context) }, self, context)
    }

    func write(_ batch: WriteBatch, context: OperationContext) async throws -> [MutationOutcome] {
        if let oneShot = defect.oneShot { return try await oneShot(self, batch, context) }
        return try await plainWrite(batch, context)
    }

    /// A write in a transaction of its own, past the hook for those.
    func plainWrite(_ batch: WriteBatch, _ context: OperationContext) async throws -> [MutationOutcome] {
        let transaction = try await begin(.readWrite, context: context)
        do {
            let outcomes = try await transaction.write(batch)
            try await transaction.commit()
            return outcomes
        } catch {
            await transaction.rollBack()
            throw error
        }
    }

    func explain(
        _ query: DriverQuery,
        in collection: CollectionSchema,
        context: OperationContext
    ) async throws -> QueryPlan {
        guard let base = base as? any PlanningDriver else { throw StorageError(.unsupported, "no plans") }
        let plan = try await base.explain(query, in: changed(collection), context: context)
        return defect.plan?(plan) ?? plan
    }

    /// The true driver's migrations.
    func schemaDriver() throws -> any SchemaDriver {
        guard let driver = base as? any SchemaDriver else { throw StorageError(.unsupported, "no migrations") }
        return driver
    }

    func schemaTexts(of migrations: SchemaMigrations) throws -> [String] {
        try schemaDriver().schemaTexts(of: migrations)
    }

    func schemaStatus(
        of migrations: SchemaMigrations,
        access: StorageAccess,
        comparing: Bool,
        context: OperationContext
    ) async throws -> SchemaStatus {
        try await schemaDriver().schemaStatus(of: migrations, access: access, comparing: comparing, context: context)
    }

    func migrate(_ migrations: SchemaMigrations, context: OperationContext) async throws -> [AppliedMigration] {
        if let migrate = defect.migrate { return try await migrate(self, migrations, context) }
        return try await schemaDriver().migrate(migrations, context: context)
    }

    func changed(_ collection: CollectionSchema) -> CollectionSchema { defect.collection?(collection) ?? collection }

    /// Runs a call and changes its errors.
    func translating<T>(_ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let error as StorageError {
            throw defect.error?(error) ?? error
        }
    }
}

/// A transaction of a true driver with a defect.
final class HookedTransaction: DriverTransaction {
    let driver: HookedDriver
    let context: OperationContext
    private let state: Mutex<any DriverTransaction>
    var defect: Defect { driver.defect }
    /// The true transaction at hand.
    var inner: any DriverTransaction { state.withLock { $0 } }

    init(_ inner: any DriverTransaction, _ driver: HookedDriver, _ context: OperationContext) {
        state = Mutex(inner)
        self.driver = driver
        self.context = context
    }

    /// Ends the true transaction and goes on in a new one.
    func restart(keeping: Bool) async throws {
        if keeping { try await inner.commit() } else { await inner.rollBack() }
        let new = try await driver.base.begin(.readWrite, context: context)
        state.withLock { $0 = new }
    }

    func get(
        _ keys: [Key],
        in collection: CollectionSchema,
        includingUnknown: Bool,
        rows: @escaping RowHandler
    ) async throws {
        let asked = driver.changed(collection)
        try await driver.translating {
            try await inner.get(
                (defect.keys?(keys) ?? keys).map(changed),
                in: asked,
                includingUnknown: includingUnknown,
                rows: handler(rows, collection)
            )
        }
    }

    /// The stored row of a key.
    func row(_ key: Key, in collection: CollectionSchema) async throws -> Row? {
        let found = Mutex<Row?>(nil)
        try await inner.get([key], in: collection, includingUnknown: true) { reader in
            let row = try reader.row(of: collection)
            found.withLock { $0 = row }
        }
        return found.withLock { $0 }
    }

    func cursor(_ query: DriverQuery, in collection: CollectionSchema) async throws -> any DriverCursor {
        var changed = defect.query?(query, collection) ?? query
        changed.predicate = defect.predicate?(changed.predicate) ?? changed.predicate
        let asked = driver.changed(collection)
        guard let answer = defect.answer else {
            let cursor = try await driver.translating { [changed] in try await inner.cursor(changed, in: asked) }
            return HookedCursor(cursor, self, collection)
        }
        var whole = changed
        whole.limit = nil
        whole.offset = 0
        let found = Mutex<[Row]>([])
        try await inner.query(whole, in: asked, until: context.deadline) { reader in
            let row = try reader.row(of: collection)
            found.withLock { $0.append(row) }
        }
        let rows = answer(found.withLock { $0 }, changed, collection)
        return RowsCursor(rows.dropFirst(changed.offset).prefix(changed.limit ?? .max))
    }

    func count(_ predicate: QueryPredicate, in collection: CollectionSchema) async throws -> Int {
        let asked = driver.changed(collection)
        if let count = defect.count { return try await count(self, predicate, asked) }
        return try await driver.translating {
            try await inner.count(defect.predicate?(predicate) ?? predicate, in: asked)
        }
    }

    func write(_ batch: WriteBatch) async throws -> [MutationOutcome] {
        var changed = batch
        changed.collection = driver.changed(batch.collection)
        let site = driver.site
        changed.mutations = batch.mutations.map { mutation in
            var mutation = mutation.rewritten(
                key: self.changed,
                predicate: { self.defect.predicate?($0) ?? $0 }
            )
            if let stored = defect.stored {
                mutation = mutation.rewritten(batch.collection) { stored($0, $1, site) }
            }
            return defect.mutation?(mutation, batch.collection) ?? mutation
        }
        let outcomes = try await driver.translating { [changed] in
            if let write = defect.write { return try await write(self, changed) }
            return try await inner.write(changed)
        }
        guard let outcome = defect.outcome else { return outcomes }
        return zip(batch.mutations, outcomes).map(outcome)
    }

    func savepoint() async throws { try await inner.savepoint() }
    func releaseSavepoint() async throws {
        if let release = defect.releaseSavepoint { return try await release(self) }
        try await inner.releaseSavepoint()
    }
    func rollBackToSavepoint() async throws {
        if let rollBack = defect.rollBackToSavepoint { return try await rollBack(self) }
        try await inner.rollBackToSavepoint()
    }
    func commit() async throws { try await driver.translating { try await inner.commit() } }
    func rollBack() async {
        if let rollBack = defect.rollBack { return await rollBack(self) }
        await inner.rollBack()
    }

    private func changed(_ key: Key) -> Key {
        guard let change = defect.key else { return key }
        return Key(key.values.map { change($0, driver.site) })
    }

    /// What the true driver hands its rows to.
    func handler(_ rows: @escaping RowHandler, _ collection: CollectionSchema) -> RowHandler {
        let defect = defect
        if defect.row == nil, !defect.swallowsRows { return rows }
        return { reader in
            do {
                let row = try reader.row(of: collection)
                try rows(try defect.row?(row, collection) ?? row)
            } catch {
                if !defect.swallowsRows { throw error }
            }
        }
    }
}

/// A cursor whose pages may differ from the true ones.
private final class HookedCursor: DriverCursor {
    private let base: any DriverCursor
    private let transaction: HookedTransaction
    private let collection: CollectionSchema
    private let last = Mutex<(isFirst: Bool, row: Row?)>((true, nil))

    init(_ base: any DriverCursor, _ transaction: HookedTransaction, _ collection: CollectionSchema) {
        self.base = base
        self.transaction = transaction
        self.collection = collection
    }

    func next(_ count: Int, until deadline: Deadline, rows: @escaping RowHandler) async throws -> Bool {
        let driver = transaction.driver
        let rows = transaction.handler(rows, collection)
        guard let change = driver.defect.page else {
            return try await driver.translating { try await base.next(count, until: deadline, rows: rows) }
        }
        let collection = collection
        let found = Mutex<[Row]>([])
        let mayHaveMore = try await base.next(count, until: deadline) { reader in
            let row = try reader.row(of: collection)
            found.withLock { $0.append(row) }
        }
        let page = found.withLock { $0 }
        let before = last.withLock { last in
            defer { last = (false, page.last) }
            return last
        }
        for row in before.isFirst ? page : change(before.row, page) { try rows(row) }
        return mayHaveMore
    }

    func close() async { await base.close() }
}

/// A cursor over rows at hand.
private final class RowsCursor: DriverCursor {
    private let rows: Mutex<ArraySlice<Row>>

    init(_ rows: ArraySlice<Row>) { self.rows = Mutex(rows) }

    func next(_ count: Int, until deadline: Deadline, rows handler: @escaping RowHandler) async throws -> Bool {
        let page = rows.withLock { rows in
            defer { rows = rows.dropFirst(count) }
            return rows.prefix(count)
        }
        for row in page { try handler(row) }
        return rows.withLock { !$0.isEmpty }
    }

    func close() async {}
}
