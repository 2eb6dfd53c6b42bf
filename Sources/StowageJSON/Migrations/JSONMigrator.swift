internal import Stowage

/// Applies migrations to the pieces of a file: pure, so that a failure leaves nothing half done.
struct JSONMigrator {
    let schema: JSONSchema
    let path: String
    /// Throws when the time is over; asked for every record.
    var checkTime: @Sendable () throws -> Void = {}

    /// What is to be done with a file.
    struct Plan {
        var adopted: [KnownMigration] = []
        var pending: [KnownMigration] = []
    }

    /// Decides what is to be done with a file that may well have all: its records are read only when it has no history.
    func plan(_ bytes: [UInt8]) throws -> Plan {
        let history = try JSONPieces.history(bytes, path: path, schema: schema)
        guard history.migrations.isEmpty else { return try plan(after: history) }
        return try plan(JSONPieces(bytes, path: path, schema: schema), of: bytes)
    }

    private func plan(after history: JSONHistory) throws -> Plan {
        do {
            return Plan(pending: try SchemaPlanner.pending(schema.known, after: history.migrations))
        } catch let error as StorageError {
            throw error.at(.init(path: path))
        }
    }

    /// Decides what is to be done with a file.
    ///
    /// - Throws: `schemaMismatch` as ``Stowage/SchemaPlanner``; `corrupt` as reading does when no version of the schema
    ///   would make a record readable.
    func plan(_ pieces: JSONPieces, of bytes: [UInt8]) throws -> Plan {
        let plan: Plan
        do {
            plan = try self.plan(pieces)
        } catch let error as StorageError {
            guard pieces.history.migrations.isEmpty, let newest = schema.versions.last else {
                throw error.at(.init(path: path))
            }
            do {
                _ = try StoreContent(bytes, path: path, collections: newest.map(\.schema))
            } catch let damage as StorageError {
                let lacksKeys = try pieces.differences(from: newest, []).contains { $0.kind == .missingField }
                throw lacksKeys ? error.at(damage.place) : damage
            }
            throw error.at(.init(path: path))
        }
        try requireUndamaged(plan, pieces, bytes)
        return plan
    }

    /// Throws for a file that fits an earlier version of the schema only because a field of a later one is damaged: the
    /// migration that adds the field would fail at it. That is no older file.
    private func requireUndamaged(_ plan: Plan, _ pieces: JSONPieces, _ bytes: [UInt8]) throws {
        guard pieces.history.migrations.isEmpty, !plan.adopted.isEmpty, !plan.pending.isEmpty else { return }
        _ = try StoreContent(bytes, path: path, collections: schema.collections(after: plan.adopted.count))
    }

    private func plan(_ pieces: JSONPieces) throws -> Plan {
        if !pieces.history.migrations.isEmpty { return try plan(after: pieces.history) }
        guard pieces.hasCollections else { return Plan(pending: schema.known) }
        let number = try SchemaPlanner.adoptable(schema.versions, comparing: pieces.differences)
        return Plan(adopted: Array(schema.known.prefix(number)), pending: Array(schema.known.dropFirst(number)))
    }

    /// Applies the next migration and notes it.
    func apply(_ next: KnownMigration, to pieces: inout JSONPieces) throws -> AppliedMigration {
        let start = ContinuousClock.now
        var result = pieces
        do {
            var shapes = schema.versions[next.number - 1]
            for operation in schema.migrations[next.number - 1].operations {
                let before = shapes
                shapes = try SchemaMigrations.shapes(before, after: operation)
                try apply(operation, before, shapes, to: &result)
            }
            // What the file would hold must be readable as the new schema, unique values and all.
            _ = try StoreContent(result.bytes, path: path, collections: shapes.map(\.schema))
        } catch let error as StorageError {
            // Offsets are those of bytes that nobody has seen.
            throw error.at(.init(path: path)).failing(next)
        }
        let duration = (ContinuousClock.now - start).components
        let applied = AppliedMigration(
            number: next.number,
            name: next.name,
            checksum: next.checksum,
            appliedAt: .now,
            milliseconds: duration.seconds * 1000 + duration.attoseconds / 1_000_000_000_000_000
        )
        result.history.migrations.append(applied)
        pieces = result
        return applied
    }

    private func apply(
        _ operation: SchemaOperation,
        _ before: [CollectionShape],
        _ after: [CollectionShape],
        to pieces: inout JSONPieces
    ) throws {
        func find(_ name: String, _ shapes: [CollectionShape]) -> CollectionSchema? {
            shapes.first { $0.isNamed(name) }?.schema
        }
        switch operation {
        case .createCollection(let name, _, _):
            let isThere = pieces.pieces.contains { piece in
                if case .collection(let other, _) = piece { TextOrder.equal(other, name) } else { false }
            }
            if !isThere { pieces.pieces.append(.collection(name: name, records: [])) }
        case .dropCollection(let name):
            pieces.pieces.removeAll { piece in
                if case .collection(let other, _) = piece { TextOrder.equal(other, name) } else { false }
            }
        case .addField(let field, let name, let value):
            guard let collection = find(name, after) else { return }
            try change(name, collection.partial([field.name]), &pieces) { record, row in
                // Whatever stands there already has been read as the field.
                guard let value, row.values.last?.isNull == true else { return record }
                return try RecordText.changing(record, setting: [(field.name, value)])
            }
            if field.isUnique { try checkUnique([field.name], collection, pieces) }
        case .renameField(let field, let name, let new):
            guard let collection = find(name, before) else { return }
            try change(name, collection.partial([]), &pieces) { record, row in
                let members = try JSON(parsing: record).object
                if members?[new] != nil { throw RecordRewrite.clash(new) }
                if members?[field] == nil { return record }
                return try RecordText.changing(record, renaming: (field, new))
            }
        case .dropField(let field, let name):
            guard let collection = find(name, before) else { return }
            try change(name, collection.partial([]), &pieces) { record, _ in
                try JSON(parsing: record).object?[field] == nil
                    ? record : RecordText.changing(record, removing: field)
            }
        case .addIndex(let fields, let name, let isUnique):
            if isUnique, let collection = find(name, after) { try checkUnique(fields, collection, pieces) }
        case .dropIndex: break
        case .changeType(let field, let name, let type):
            guard let collection = find(name, before), let position = collection.position(of: field),
                let conversion = ValueConversion(from: collection.fields[position].type, to: type)
            else { return }
            try change(name, collection.partial([field]), &pieces) { record, row in
                guard let value = row.values.last, !value.isNull else { return record }
                do {
                    return try RecordText.changing(record, setting: [(field, try conversion.convert(value))])
                } catch let error as StorageError { throw error.inField(field) }
            }
        case .makeOptional: break
        case .makeRequired(let field, let name, let value):
            guard let collection = find(name, after) else { return }
            try change(name, collection.partial([field]), &pieces) { record, row in
                guard row.values.last?.isNull == true else { return record }
                guard let value else { throw RecordRewrite.lacksValue(field) }
                return try RecordText.changing(record, setting: [(field, value)])
            }
        case .sql(_, _, let transform):
            if let transform { try apply(transform, find(transform.collection, after), &pieces) }
        case .transform(let transform): try apply(transform, find(transform.collection, after), &pieces)
        }
    }

    private func apply(
        _ transform: RecordTransform,
        _ collection: CollectionSchema?,
        _ pieces: inout JSONPieces
    ) throws {
        guard let collection else { return }
        let rewrite = RecordRewrite.transform(transform, in: collection)
        try change(transform.collection, collection, &pieces) { record, row in
            guard let changed = try rewrite.changed(row) else { return record }
            return try RecordText.edit(record, to: changed, of: collection)
        }
    }

    /// Goes through the records of a collection, each read as a schema; errors name the record.
    private func change(
        _ name: String,
        _ collection: CollectionSchema,
        _ pieces: inout JSONPieces,
        _ body: (_ record: [UInt8], _ row: Row) throws -> [UInt8]
    ) throws {
        try pieces.change(name) { records in
            try records.map { record in
                try checkTime()
                let row = try Self.row(record, of: collection)
                do {
                    return try body(record, row)
                } catch let error as StorageError {
                    throw error.forRecord(collection.key(of: row.values).description).inCollection(name)
                }
            }
        }
    }

    private static func row(_ record: [UInt8], of collection: CollectionSchema) throws -> Row {
        try record.withUnsafeBufferPointer { buffer in
            var scanner = JSONScanner(buffer)
            return try RowJSON.row(&scanner, of: collection)
        }
    }

    private func checkUnique(_ fields: [String], _ collection: CollectionSchema, _ pieces: JSONPieces) throws {
        let partial = collection.partial(fields)
        var seen: Set<[Value]> = []
        for record in pieces.records(of: collection.name) {
            let row = try Self.row(record, of: partial)
            let values = fields.compactMap { partial.position(of: $0) }.map { row.values[$0] }
            if values.contains(where: \.isNull) || seen.insert(values).inserted { continue }
            throw StorageError(.constraint, "another record holds this unique value")
                .forRecord(partial.key(of: row.values).description)
                .inCollection(collection.name).inField(fields.joined(separator: ", "))
        }
    }
}

extension CollectionSchema {
    /// The key and some fields, which may be absent and come last: records are read before they have all they will have.
    fileprivate func partial(_ names: [String]) -> CollectionSchema {
        let others = names.filter { name in !key.contains { TextOrder.equal(fields[$0].name, name) } }
        let wanted = others.compactMap { position(of: $0) }.map { fields[$0] }
        return CollectionSchema(
            name: name,
            fields: key.map { fields[$0] }
                + wanted.map { FieldSchema(name: $0.name, type: $0.type, isOptional: true) },
            key: Array(key.indices),
            indexes: []
        )
    }
}
