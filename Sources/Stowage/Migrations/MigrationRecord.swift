/// A record as data, as a ``RecordTransform`` sees it: named values, and what the schema does not know.
public struct MigrationRecord: Sendable {
    /// What the schema does not know, in the order found (REC-9).
    public var unknown: JSONObject

    private let collection: CollectionSchema
    private var values: [Value]
    private var strange: String?

    package init(_ row: Row, of collection: CollectionSchema) throws {
        self.collection = collection
        values = row.values
        unknown = try row.unknown.flatMap { try JSON(parsing: $0).object } ?? JSONObject()
    }

    /// The record's id.
    public var id: String { collection.key(of: values).description }

    /// The value of a field; null when it holds nothing, and for a name that is no field.
    ///
    /// To set what is no field, or a value of another type, fails the migration once the transform returns.
    public subscript(_ field: String) -> Value {
        get { collection.position(of: field).map { values[$0] } ?? .null }
        set {
            if let position = collection.position(of: field) { values[position] = newValue } else { strange = field }
        }
    }

    /// The record as a row.
    ///
    /// - Throws: `invalidValue` that names the record and the field when it cannot be stored.
    package func row(changedFrom old: Row) throws -> Row {
        func refusal(_ message: String, _ field: String) -> StorageError {
            StorageError(.invalidValue, message, advice: "Correct the transform").inField(field)
        }
        if let strange { throw refusal("a transform sets what is no field of \(collection.name)", strange) }
        for (field, value) in zip(collection.fields, values) {
            switch value {
            case .null where !field.isOptional: throw refusal("a transform clears a required field", field.name)
            case .null: break
            case _ where value.fieldType != field.type:
                throw refusal("a transform gives a field a \(value) where \(field.type) is kept", field.name)
            case .text(let text) where text.utf8.contains(0): throw StorageError.nulInText.inField(field.name)
            case .double(let number) where !number.isFinite: throw JSONWriter.notFinite.inField(field.name)
            case .json(let text):
                guard (try? JSON(parsing: text)) != nil else {
                    throw refusal("a transform gives a nested field a text that is no JSON", field.name)
                }
            default: break
            }
        }
        for position in collection.key where values[position] != old.values[position] {
            throw refusal("a transform changes the identifier", collection.fields[position].name)
        }
        for member in unknown.members where collection.position(of: member.key) != nil {
            throw refusal("a transform keeps a field among the unknown members", member.key)
        }
        let text = unknown.members.isEmpty ? nil : String(decoding: JSON.object(unknown).compact, as: UTF8.self)
        return Row(values: values, unknown: text)
    }
}
