/// Takes the fields of one record and checks each value.
public struct RowWriter {
    let collection: CollectionSchema
    private var values: [Value]

    init(collection: CollectionSchema) {
        self.collection = collection
        values = Array(repeating: .null, count: collection.fields.count)
    }

    /// Sets a field.
    ///
    /// - Throws: ``StorageError`` with code `invalidValue` that names the field when no backend could keep the value.
    public mutating func set<V: FieldValue>(_ field: Int, _ value: V) throws {
        do {
            values[field] = try value.storedValue()
        } catch let error as StorageError {
            throw error.inField(collection.fields[field].name)
        }
    }

    /// Sets an optional field.
    public mutating func set<V: FieldValue>(_ field: Int, _ value: V?) throws {
        if let value { try set(field, value) } else { values[field] = .null }
    }

    /// Sets a nested field, stored as JSON.
    public mutating func setNested<V: Encodable>(_ field: Int, _ value: V?) throws {
        guard let value else { return values[field] = .null }
        do {
            values[field] = .json(try JSONValueEncoder.encodeToText(value))
        } catch let error as StorageError {
            throw error.inField(collection.fields[field].name)
        }
    }

    mutating func set(_ field: Int, stored value: Value) { values[field] = value }

    /// The values, after the checks that concern the whole record.
    consuming func finish() throws -> [Value] {
        for (position, field) in collection.fields.enumerated() {
            let value = values[position]
            if value.isNull {
                if !field.isOptional {
                    throw StorageError(.invalidValue, "a required field has no value").inField(field.name)
                }
            } else if value.fieldType != field.type {
                throw StorageError(
                    .configuration,
                    "the record's codec writes \(value) where the schema says \(field.type)"
                ).inField(field.name)
            }
        }
        for position in collection.key { try checkIndexable(position) }
        for index in collection.indexes { for position in index.fields { try checkIndexable(position) } }
        return values
    }

    private func checkIndexable(_ position: Int) throws {
        do {
            try values[position].checkIndexable()
        } catch let error as StorageError {
            throw error.inField(collection.fields[position].name)
        }
    }
}
