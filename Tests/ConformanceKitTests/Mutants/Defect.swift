import Stowage

/// What is wrong with a driver: hooks between the core and a true one. What is nil is right.
struct Defect: Sendable {
    typealias Outcomes = [MutationOutcome]

    // What goes in.
    /// Every value that is stored.
    var stored: (@Sendable (Value, FieldSchema, Site) -> Value)?
    /// Every value of a key that is looked for.
    var key: (@Sendable (Value, Site) -> Value)?
    /// The keys of one read.
    var keys: (@Sendable ([Key]) -> [Key])?
    var predicate: (@Sendable (QueryPredicate) -> QueryPredicate)?
    var query: (@Sendable (DriverQuery, CollectionSchema) -> DriverQuery)?
    var mutation: (@Sendable (Mutation, CollectionSchema) -> Mutation)?
    var collection: (@Sendable (CollectionSchema) -> CollectionSchema)?

    // What comes out.
    var row: (@Sendable (Row, CollectionSchema) throws -> Row)?
    /// The whole answer to a query, limits not yet applied.
    var answer: (@Sendable ([Row], DriverQuery, CollectionSchema) -> [Row])?
    /// The rows of one page after the first.
    var page: (@Sendable (_ last: Row?, _ page: [Row]) -> [Row])?
    var outcome: (@Sendable (Mutation, MutationOutcome) -> MutationOutcome)?
    var error: (@Sendable (StorageError) -> any Error)?
    var plan: (@Sendable (QueryPlan) -> QueryPlan)?
    /// Whether what the core throws while it takes a row is swallowed, the row with it.
    var swallowsRows = false

    // What happens.
    /// A write outside a transaction.
    var oneShot: (@Sendable (HookedDriver, WriteBatch, OperationContext) async throws -> Outcomes)?
    /// A write in a transaction, outside ones included.
    var write: (@Sendable (HookedTransaction, WriteBatch) async throws -> Outcomes)?
    var count: (@Sendable (HookedTransaction, QueryPredicate, CollectionSchema) async throws -> Int)?
    var open: (@Sendable (HookedDriver, [CollectionSchema], StorageAccess, OperationContext) async throws -> Void)?
    var migrate: (@Sendable (HookedDriver, SchemaMigrations, OperationContext) async throws -> [AppliedMigration])?
    var close: (@Sendable (HookedDriver) async throws -> Void)?
    var rollBack: (@Sendable (HookedTransaction) async -> Void)?
    var releaseSavepoint: (@Sendable (HookedTransaction) async throws -> Void)?
    var rollBackToSavepoint: (@Sendable (HookedTransaction) async throws -> Void)?
    var health: (@Sendable (StorageHealth) -> StorageHealth)?
    var capabilities: (@Sendable (Capabilities, Site) -> Capabilities)?
}

extension Mutation {
    /// The mutation with each value that it stores replaced.
    func rewritten(_ collection: CollectionSchema, _ change: (Value, FieldSchema) -> Value) -> Mutation {
        func changed(_ row: Row) -> Row {
            Row(values: zip(row.values, collection.fields).map(change), unknown: row.unknown)
        }
        return switch self {
        case .insert(let row): .insert(changed(row))
        case .insertIfAbsent(let row): .insertIfAbsent(changed(row))
        case .upsert(let row): .upsert(changed(row))
        case .replaceAll(let rows): .replaceAll(rows.map(changed))
        case .update(let key, let assignments): .update(key, assignments.map { $0.rewritten(collection, change) })
        case .updateAll(let predicate, let assignments):
            .updateAll(predicate, assignments.map { $0.rewritten(collection, change) })
        case .delete, .deleteAll: self
        }
    }

    /// The mutation with its key and its predicate replaced.
    func rewritten(key: (Key) -> Key, predicate: (QueryPredicate) -> QueryPredicate) -> Mutation {
        switch self {
        case .update(let old, let assignments): .update(key(old), assignments)
        case .delete(let old): .delete(key(old))
        case .updateAll(let old, let assignments): .updateAll(predicate(old), assignments)
        case .deleteAll(let old): .deleteAll(predicate(old))
        default: self
        }
    }

    /// The one row that it stores whole.
    var row: Row? {
        switch self {
        case .insert(let row), .insertIfAbsent(let row), .upsert(let row): row
        default: nil
        }
    }
}

extension Assignment {
    func rewritten(_ collection: CollectionSchema, _ change: (Value, FieldSchema) -> Value) -> Assignment {
        Assignment(field: field, value: change(value, collection.fields[field]))
    }
}

extension QueryPredicate {
    /// The condition with each leaf replaced.
    func rewritten(_ leaf: (QueryPredicate) -> QueryPredicate) -> QueryPredicate {
        switch self {
        case .and(let parts): .and(parts.map { $0.rewritten(leaf) })
        case .or(let parts): .or(parts.map { $0.rewritten(leaf) })
        case .not(let part): .not(part.rewritten(leaf))
        default: leaf(self)
        }
    }

    /// The fields that it reads.
    var fields: Set<String> {
        switch self {
        case .all, .none: []
        case .compare(let field, _, _), .member(let field, _, _), .isNil(let field), .isNotNil(let field),
            .text(let field, _, _, _):
            [field]
        case .and(let parts), .or(let parts): parts.reduce(into: []) { $0.formUnion($1.fields) }
        case .not(let part): part.fields
        }
    }
}

extension CollectionSchema {
    func changing(name: String? = nil, key: [Int]? = nil, indexes: [IndexSchema]? = nil) -> CollectionSchema {
        CollectionSchema(
            name: name ?? self.name,
            namespace: namespace,
            fields: fields,
            key: key ?? self.key,
            indexes: indexes ?? self.indexes
        )
    }

    /// The collection as a schema would have it that requires nothing.
    var withOptionalFields: CollectionSchema {
        CollectionSchema(
            name: name,
            namespace: namespace,
            fields: fields.enumerated().map { position, field in
                FieldSchema(name: field.name, type: field.type, isOptional: !key.contains(position))
            },
            key: key,
            indexes: indexes
        )
    }

    var withoutUniqueIndexes: CollectionSchema { changing(indexes: indexes.filter { !$0.isUnique }) }
}
