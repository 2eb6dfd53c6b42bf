/// Takes the fields of one record and checks each value.
public struct RowWriter {
    private let destination: Destination
    private var values: [Value]

    private enum Destination {
        /// Values, each at its field's position.
        case row(CollectionSchema)
        /// A JSON document, which finds out what is wrong with the fields; then there are no values.
        case document(RowJSONWriter)
    }

    init(collection: CollectionSchema) {
        destination = .row(collection)
        values = Array(repeating: .null, count: collection.fields.count)
    }

    /// Writes the fields into a JSON document.
    init(writingTo document: RowJSONWriter) {
        destination = .document(document)
        values = []
    }

    var collection: CollectionSchema {
        switch destination {
        case .row(let collection): collection
        case .document(let document): document.collection
        }
    }

    /// Nil is left out of a document.
    private mutating func setNull(_ field: Int) {
        if case .row = destination { values[field] = .null }
    }

    private mutating func put(_ field: Int, _ value: Value) {
        if case .document(let document) = destination { document.set(field, value) } else { values[field] = value }
    }

    /// Sets a field.
    ///
    /// - Throws: ``StorageError`` with code `invalidValue` that names the field when no backend could keep the value.
    public mutating func set<V: FieldValue>(_ field: Int, _ value: V) throws {
        do {
            put(field, try value.storedValue())
        } catch let error as StorageError {
            throw error.inField(collection.fields[field].name)
        }
    }

    /// Sets an optional field.
    public mutating func set<V: FieldValue>(_ field: Int, _ value: V?) throws {
        if let value { try set(field, value) } else { put(field, .null) }
    }

    // The types that most fields have, without the way through `FieldValue`: a codec by hand calls these, and a generic
    // function of another module would look up its type's description for each value.

    /// Sets a field to text.
    ///
    /// - Throws: ``StorageError`` with code `invalidValue` that names the field for U+0000.
    public mutating func set(_ field: Int, _ value: String) throws {
        if case .document(let document) = destination { return document.set(field, value) }
        if TextOrder.containsNUL(value) { throw StorageError.nulInText.inField(collection.fields[field].name) }
        values[field] = .text(value)
    }
    /// Sets an optional field to text.
    ///
    /// - Throws: ``StorageError`` with code `invalidValue` that names the field for U+0000.
    public mutating func set(_ field: Int, _ value: String?) throws {
        if let value { try set(field, value) } else { setNull(field) }
    }
    /// Sets a field to a moment.
    public mutating func set(_ field: Int, _ value: Timestamp) {
        if case .document(let document) = destination { return document.set(field, value) }
        values[field] = .time(value)
    }
    /// Sets an optional field to a moment.
    public mutating func set(_ field: Int, _ value: Timestamp?) {
        if let value { set(field, value) } else { setNull(field) }
    }
    /// Sets a field to a truth value.
    public mutating func set(_ field: Int, _ value: Bool) {
        if case .document(let document) = destination { return document.set(field, value) }
        values[field] = .bool(value)
    }
    /// Sets an optional field to a truth value.
    public mutating func set(_ field: Int, _ value: Bool?) {
        if let value { set(field, value) } else { setNull(field) }
    }
    /// Sets a field to a whole number.
    public mutating func set(_ field: Int, _ value: Int64) { put(field, .int(value)) }
    /// Sets an optional field to a whole number.
    public mutating func set(_ field: Int, _ value: Int64?) { put(field, value.map { .int($0) } ?? .null) }
    /// Sets a field to a whole number.
    public mutating func set(_ field: Int, _ value: Int) { put(field, .int(Int64(value))) }
    /// Sets an optional field to a whole number.
    public mutating func set(_ field: Int, _ value: Int?) { put(field, value.map { .int(Int64($0)) } ?? .null) }

    /// Sets a nested field, stored as JSON.
    public mutating func setNested<V: Encodable>(_ field: Int, _ value: V?) throws {
        guard let value else { return put(field, .null) }
        do {
            put(field, .json(try JSONValueEncoder.encodeToText(value)))
        } catch let error as StorageError {
            throw error.inField(collection.fields[field].name)
        }
    }

    mutating func set(_ field: Int, stored value: Value) { put(field, value) }

    /// The values, after the checks that concern the whole record.
    consuming func finish() throws -> [Value] {
        let layout = collection.layout
        for position in layout.types.indices {
            guard let type = values[position].fieldType else {
                if layout.isOptional[position] { continue }
                throw StorageError(.invalidValue, "a required field has no value")
                    .inField(collection.fields[position].name)
            }
            if type != layout.types[position] {
                throw StorageError(
                    .configuration,
                    "the record's codec writes \(values[position]) where the schema says \(layout.types[position])"
                ).inField(collection.fields[position].name)
            }
        }
        for position in layout.indexable { try checkIndexable(position) }
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
