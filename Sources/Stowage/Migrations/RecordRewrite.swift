/// The part of a migration that goes through the records of a collection, since no statement of an engine could do it
/// alike on every engine.
///
/// SQL engines run it over their tables, between the statements of the migration.
package struct RecordRewrite: Sendable {
    /// The columns that are read and written.
    package let collection: CollectionSchema
    /// Whether only records with unknown members can change.
    package let concernsUnknownOnly: Bool
    /// What it does, for the reader of the migration's text.
    package let note: String
    /// The record after it; nil when it stays as it is.
    package let change: @Sendable (_ row: Row) throws -> Row?

    /// Turns a stored member of a field's name, unknown until then, into the field's value: never both.
    package static func takeUp(_ field: String, in collection: CollectionSchema) -> RecordRewrite {
        let position = collection.position(of: field)
        return RecordRewrite(
            collection: collection,
            concernsUnknownOnly: true,
            note: "a stored member \"\(field)\", unknown until now, becomes the field's value"
        ) { row in
            guard let position, let (value, rest) = try member(field, of: row, as: collection.fields[position].type)
            else { return nil }
            var row = row
            if !value.isNull { row.values[position] = value }
            row.unknown = rest
            return row
        }
    }

    /// Fails where a stored member has the new name of a field.
    package static func refuseMember(_ field: String, in collection: CollectionSchema) -> RecordRewrite {
        let note = "a stored member \"\(field)\", unknown until now, would stand beside the field: it is refused"
        return refusal(in: collection, concernsUnknownOnly: true, note: note) { row in
            try member(field, of: row, as: .json) == nil ? nil : clash(field)
        }
    }

    /// Fails at the first record of which something is wrong, and changes none.
    private static func refusal(
        in collection: CollectionSchema,
        concernsUnknownOnly: Bool,
        note: String,
        _ wrong: @escaping @Sendable (_ row: Row) throws -> StorageError?
    ) -> RecordRewrite {
        RecordRewrite(collection: collection, concernsUnknownOnly: concernsUnknownOnly, note: note) { row in
            if let error = try wrong(row) { throw error }
            return nil
        }
    }

    package static func clash(_ field: String) -> StorageError {
        StorageError(
            .schemaMismatch,
            "a record holds a member with the new name of a field",
            advice: "Rename or remove the member, then try again"
        ).inField(field)
    }

    /// Fills a field from another one, converted.
    package static func convert(
        _ source: String,
        to target: String,
        by conversion: ValueConversion,
        in collection: CollectionSchema
    ) -> RecordRewrite {
        let (from, to) = (collection.position(of: source), collection.position(of: target))
        return RecordRewrite(
            collection: collection,
            concernsUnknownOnly: false,
            note: "every value of \"\(source)\" is converted from \(conversion.source) to \(conversion.target)"
        ) { row in
            guard let from, let to, !row.values[from].isNull else { return nil }
            var row = row
            do {
                row.values[to] = try conversion.convert(row.values[from])
            } catch let error as StorageError {
                throw error.inField(source)
            }
            return row
        }
    }

    /// Fails where a field that becomes required holds nothing.
    package static func requireValue(_ field: String, in collection: CollectionSchema) -> RecordRewrite {
        let position = collection.position(of: field)
        let note = "a record without \"\(field)\" is refused"
        return refusal(in: collection, concernsUnknownOnly: false, note: note) { row in
            position.map { row.values[$0].isNull } == true ? lacksValue(field) : nil
        }
    }

    package static func lacksValue(_ field: String) -> StorageError {
        StorageError(
            .schemaMismatch,
            "a record holds nothing in a field that becomes required",
            advice: "Give the record a value, or the migration a default"
        ).inField(field)
    }

    /// Runs a transform.
    package static func transform(_ transform: RecordTransform, in collection: CollectionSchema) -> RecordRewrite {
        RecordRewrite(
            collection: collection,
            concernsUnknownOnly: false,
            note: "every record of \"\(transform.collection)\" is changed by the transform of version "
                + StorageError.quoted(transform.version)
        ) { row in
            var record = try MigrationRecord(row, of: collection)
            try transform.change(&record)
            let changed = try record.row(changedFrom: row)
            return changed.isIdentical(to: row) ? nil : changed
        }
    }

    /// Changes a row; errors name the record, its collection and nothing of its values.
    package func changed(_ row: Row) throws -> Row? {
        do {
            return try change(row)
        } catch let error as StorageError {
            throw error.forRecord(collection.key(of: row.values).description).inCollection(collection.name)
        } catch {
            throw StorageError(.invalidValue, "the transform refuses the record")
                .forRecord(collection.key(of: row.values).description).inCollection(collection.name).causedBy(error)
        }
    }

    /// A member among the unknown ones as a value, and the unknown members without it; nil when it is not there.
    private static func member(_ field: String, of row: Row, as type: FieldType) throws -> (Value, rest: String?)? {
        guard let text = row.unknown, var object = try JSON(parsing: text).object, let member = object[field] else {
            return nil
        }
        object[field] = nil
        let value: Value
        do {
            value = try FieldJSON.value(ofText: String(decoding: member.compact, as: UTF8.self), as: type)
        } catch {
            throw StorageError(
                .schemaMismatch,
                "a record holds a member of a new field's name that is no \(type)",
                advice: "Correct or remove the member, then try again"
            ).inField(field)
        }
        return (value, object.members.isEmpty ? nil : String(decoding: JSON.object(object).compact, as: UTF8.self))
    }
}
