extension Query {
    /// The query as drivers get it.
    ///
    /// - Throws: ``StorageError`` with code `invalidArgument` for a negative limit or offset (QRY-4) and a page token of
    ///   another query, and whatever ``problem`` holds.
    func checked(_ schema: RecordSchema<Record>, includingUnknown: Bool = false) throws -> DriverQuery {
        if let problem { throw problem.error.inCollection(schema.collection.name) }
        if let limit, limit < 0 { throw StorageError(.invalidArgument, "a limit is negative") }
        if offset < 0 { throw StorageError(.invalidArgument, "an offset is negative") }
        let order = totalOrder(schema.collection)
        var predicate = self.predicate
        if let token { predicate = predicate.and(try token.predicate(order, schema.collection)) }
        // A decoded query names its fields in text, so it is checked here and not only where it is written.
        try predicate.check(schema.collection)
        // The offset leaves out records of the first page; a later page begins where that one ended.
        return DriverQuery(
            predicate,
            order: order,
            limit: limit,
            offset: token == nil ? offset : 0,
            includesUnknown: includingUnknown
        )
    }

    /// The predicate alone, for writes to all that match.
    func checkedPredicate(_ schema: RecordSchema<Record>, for what: String) throws -> QueryPredicate {
        if limit != nil || offset != 0 || token != nil {
            throw StorageError(.invalidArgument, "\(what) takes a condition, without limit, offset or page")
        }
        return try checked(schema).predicate
    }

    /// The sort keys, each field once, ended by the id in the direction of the last one (QRY-3).
    func totalOrder(_ collection: CollectionSchema) -> [SortKey] {
        // Most queries name no order, and are asked often.
        if order.isEmpty { return collection.key.map { SortKey(collection.fields[$0].name, .ascending) } }
        var seen: Set<ByteText> = []
        var result = order.filter { seen.insert(ByteText($0.field)).inserted }
        let direction = result.last?.direction ?? .ascending
        for position in collection.key where seen.insert(ByteText(collection.fields[position].name)).inserted {
            result.append(SortKey(collection.fields[position].name, direction))
        }
        return result
    }
}

extension QueryPredicate {
    /// Checks every field and value against the schema, so that a driver never meets one that does not fit.
    package func check(_ collection: CollectionSchema) throws {
        switch self {
        case .all, .none: break
        case .and(let parts), .or(let parts): for part in parts { try part.check(collection) }
        case .not(let part): try part.check(collection)
        case .isNil(let name), .isNotNil(let name): _ = try Self.field(name, collection)
        case .text(let name, _, let needle, _):
            if try Self.field(name, collection).type != .text { throw Self.mismatch(name, collection) }
            if needle.utf8.contains(0) { throw StorageError.nulInText.inField(name) }
        case .compare(let name, _, let value): try Self.check(value, Self.field(name, collection), collection)
        case .member(let name, _, let values):
            let field = try Self.field(name, collection)
            for value in values { try Self.check(value, field, collection) }
        }
    }

    private static func field(_ name: String, _ collection: CollectionSchema) throws -> FieldSchema {
        guard let position = collection.position(of: name) else {
            throw StorageError(.invalidArgument, "a query names a field that \(collection.name) does not have")
                .inField(name)
        }
        return collection.fields[position]
    }

    private static func check(_ value: Value, _ field: FieldSchema, _ collection: CollectionSchema) throws {
        guard value.fieldType == field.type, field.type != .json else { throw mismatch(field.name, collection) }
        if case .text(let text) = value, text.utf8.contains(0) { throw StorageError.nulInText.inField(field.name) }
        if case .double(let number) = value, !number.isFinite {
            throw StorageError(.invalidValue, "a number is not finite").inField(field.name)
        }
    }

    private static func mismatch(_ name: String, _ collection: CollectionSchema) -> StorageError {
        StorageError(.invalidArgument, "a query compares a field of \(collection.name) with another type").inField(name)
    }
}
