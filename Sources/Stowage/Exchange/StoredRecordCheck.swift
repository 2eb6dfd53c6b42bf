/// Checks stored rows as records of a Swift type: what a move or a backup must be sure of before it takes them along.
package struct StoredRecordCheck<Record: StorageRecord>: Sendable {
    private let schema: RecordSchema<Record>
    private let isIndexed: [Bool]

    package init(_ schema: RecordSchema<Record>) {
        self.schema = schema
        let indexed = schema.indexedPositions
        isIndexed = schema.collection.fields.indices.map(indexed.contains)
    }

    /// Throws when the row is no record: a required value is missing, a raw value unknown, a nested value of another
    /// shape, a text not storable everywhere (VAL-2, VAL-6). The error names the record and the field.
    package func check(_ row: Row) throws {
        let collection = schema.collection
        for (position, value) in row.values.enumerated() {
            do {
                try Self.check(value, isIndexed[position])
                if value.isNull, !collection.fields[position].isOptional { throw StorageError.missingValue }
            } catch let error as StorageError {
                throw error.inField(collection.fields[position].name).inCollection(collection.name)
                    .forRecord(collection.key(of: row.values).description)
            }
        }
        do { try checkUnknown(row) } catch let error as StorageError {
            throw error.inCollection(collection.name).forRecord(collection.key(of: row.values).description)
        }
        _ = try schema.record(of: row)
    }

    /// Everything for which ``check(_:)`` refuses a row: one error for each field.
    package func faults(_ row: Row) -> [StorageError] {
        let first: StorageError
        do {
            try check(row)
            return []
        } catch {
            first = error as? StorageError ?? StorageError(.corrupt, "a stored record cannot be read")
        }
        let collection = schema.collection
        var found: [StorageError] = []
        for (position, value) in row.values.enumerated() {
            do {
                try Self.check(value, isIndexed[position])
                if value.isNull, !collection.fields[position].isOptional { throw StorageError.missingValue }
                try schema.fields[position].check(value)
            } catch {
                let known = error as? StorageError ?? StorageError(.corrupt, "a stored value cannot be read")
                found.append(known.inField(collection.fields[position].name))
            }
        }
        do { try checkUnknown(row) } catch {
            if let known = error as? StorageError { found.append(known) }
        }
        // A codec of the type's own may refuse what its fields take.
        if !found.contains(where: { $0.field == first.field }) { found.append(first) }
        let id = collection.key(of: row.values).description
        return found.map { $0.inCollection(collection.name).forRecord(id) }
    }

    private func checkUnknown(_ row: Row) throws {
        guard let unknown = row.unknown else { return }
        try Self.checkJSON(unknown)
        guard case .object(let object)? = try? JSON(parsing: unknown) else {
            throw StorageError(.corrupt, "the unknown members of a record are not a JSON object")
        }
        // It would take the field's place in every form that writes both side by side.
        if let member = object.members.first(where: { schema.collection.position(of: $0.key) != nil }) {
            throw StorageError(.corrupt, "a member beside the fields has the name of a field").inField(member.key)
        }
    }

    private static func check(_ value: Value, _ isIndexed: Bool) throws {
        try StoredValueCheck.check(value, isIndexed: isIndexed)
    }

    private static func checkJSON(_ text: String) throws { try StoredValueCheck.checkJSON(text) }

    /// Throws when what is stored under a name of the state is not storable everywhere, or is not of its field's type.
    package static func checkState<State: StorageState>(_ type: State.Type, name: String, json: String) throws {
        do {
            if name.utf8.contains(0) { throw StorageError.nulInText }
            try Value.text(name).checkIndexable()
            try checkJSON(json)
            // A key that the type does not know is decoded by nobody.
            _ = try JSON(parsing: json)
            var state = State()
            try state.set(name, json: json)
        } catch let error as StorageError {
            throw error.inField(name).inCollection(CollectionSchema.state.name)
        } catch {
            throw StorageError(.corrupt, "a stored field of the state cannot be read").inField(name)
                .inCollection(CollectionSchema.state.name)
        }
    }
}

extension StorageState {
    /// Whether a stored pair says no more than its absence: null in a field of the state (VAL-7).
    package static func isNothing(_ name: String, json: String) -> Bool {
        json == "null" && fields.contains { TextOrder.equal($0.name, name) }
    }
}
