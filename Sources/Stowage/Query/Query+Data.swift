extension Query {
    /// A query made of data instead of key paths, as a generator of queries has it.
    ///
    /// - Throws: ``StorageError`` with code `invalidArgument` for a sort key that names no field. The condition is
    ///   checked when the query runs.
    package init(
        _ predicate: QueryPredicate,
        order: [SortKey] = [],
        limit: Int? = nil,
        offset: Int = 0
    ) throws {
        var query = Query().where { _ in Condition(predicate) }
        let schema = try Record.schema
        for key in order {
            guard let position = schema.collection.position(of: key.field) else {
                throw StorageError(
                    .invalidArgument,
                    "a query sorts by a field that \(schema.collection.name) does not have"
                )
                .inField(key.field)
            }
            query = query.sort(schema.fields[position].keyPath, key.direction, nils: key.nils)
        }
        if let limit { query = query.limit(limit) }
        self = query.offset(offset)
    }
}
