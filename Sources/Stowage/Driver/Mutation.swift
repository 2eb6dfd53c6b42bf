/// One write, as data. Rows come checked: every value has its field's type and fits every backend (VAL-1 to VAL-7).
public enum Mutation: Sendable {
    /// Stores a new record; `alreadyExists` when its key is taken (REC-1).
    case insert(Row)
    /// Stores a new record unless its key is taken; ``MutationOutcome/inserted`` says which (REC-5).
    case insertIfAbsent(Row)
    /// Inserts or replaces (REC-5). What the schema does not know of a stored record stays (REC-9), in nested values
    /// too: ``FieldSchema/keepingUnknown`` says what a nested field keeps.
    case upsert(Row)
    /// Sets the named fields of one record, or does nothing when it is absent (REC-2, REC-3).
    case update(Key, [Assignment])
    /// Removes one record; ``MutationOutcome/affected`` is 0 when it was absent (REC-2).
    case delete(Key)
    /// Sets the named fields of all records that match before the write (QRY-9).
    case updateAll(QueryPredicate, [Assignment])
    /// Removes all records that match.
    case deleteAll(QueryPredicate)
    /// Makes these the only records; those whose key stays keep what the schema does not know (STA-1, REC-9).
    /// Unique values may change places.
    case replaceAll([Row])
}

/// A field's new value; null clears it.
public struct Assignment: Sendable, Hashable {
    /// The field's position in the schema.
    public var field: Int
    /// The new value.
    public var value: Value

    /// Makes an assignment.
    public init(field: Int, value: Value) {
        self.field = field
        self.value = value
    }
}

/// What one mutation did.
public struct MutationOutcome: Sendable {
    /// How many records were written or removed.
    public var affected: Int
    /// Whether the record is new, for inserts and upserts.
    public var inserted: Bool
    /// The record after an ``Mutation/update(_:_:)``, when the batch asked for it.
    public var row: Row?

    /// Makes an outcome.
    public init(affected: Int, inserted: Bool = false, row: Row? = nil) {
        self.affected = affected
        self.inserted = inserted
        self.row = row
    }
}

/// Mutations of one collection that take effect together or not at all (REC-6).
public struct WriteBatch: Sendable {
    /// The collection.
    public var collection: CollectionSchema
    /// The mutations, applied in this order.
    public var mutations: [Mutation]
    /// Whether updates return the record that they leave.
    public var returnsRows: Bool
    /// A caller's name for this write. A driver may use it to settle an unknown commit; none needs to.
    public var idempotencyKey: String?

    /// Makes a batch.
    public init(
        _ mutations: [Mutation],
        in collection: CollectionSchema,
        returnsRows: Bool = false,
        idempotencyKey: String? = nil
    ) {
        self.collection = collection
        self.mutations = mutations
        self.returnsRows = returnsRows
        self.idempotencyKey = idempotencyKey
    }
}
