/// Checks stored values by themselves, whatever type the record has.
package enum StoredValueCheck {
    /// Throws when a value is not storable everywhere (VAL-2, VAL-4).
    static func check(_ value: Value, isIndexed: Bool) throws {
        switch value {
        case .text(let text):
            if text.utf8.contains(0) { throw StorageError.nulInText }
            if isIndexed { try value.checkIndexable() }
        case .data: if isIndexed { try value.checkIndexable() }
        case .double(let number):
            if !number.isFinite { throw StorageError(.corrupt, "a stored number is not finite") }
        case .json(let text): try checkJSON(text)
        default: break
        }
    }

    /// U+0000 can only hide behind an escape; text without one is read by whoever decodes it.
    static func checkJSON(_ text: String) throws {
        if text.utf8.contains(0) { throw StorageError.nulInText }
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return }
        var text = text
        let containsNUL = try text.withUTF8 { bytes in
            do {
                var scanner = JSONScanner(bytes)
                try scanner.begin()
                _ = try scanner.skipValue()
                return scanner.containsNUL
            } catch {
                throw StorageError(.corrupt, "a stored nested value is no JSON")
            }
        }
        if containsNUL { throw StorageError.nulInText }
    }

    /// Everything that is wrong with a stored row which cannot be read: one error for each field, none of them named by
    /// its record.
    package static func faults(_ row: any RowReader, _ collection: CollectionSchema) -> [StorageError] {
        var found: [StorageError] = []
        for (position, field) in collection.fields.enumerated() {
            do {
                if try row.isNull(position) {
                    if !field.isOptional { throw StorageError.missingValue }
                    continue
                }
                let value = try row.value(position, as: field.type)
                try check(value, isIndexed: collection.layout.indexable.contains(position))
                if case .json(let text) = value, (try? JSON(parsing: text)) == nil {
                    throw StorageError(.corrupt, "a stored nested value is no JSON")
                }
            } catch {
                let known = error as? StorageError ?? StorageError(.corrupt, "a stored value cannot be read")
                found.append(known.inField(field.name))
            }
        }
        do {
            if let unknown = try row.unknownMembers() { try checkJSON(unknown) }
        } catch {
            if let known = error as? StorageError { found.append(known) }
        }
        return found
    }
}

extension StorageError {
    static var missingValue: StorageError { StorageError(.corrupt, "a required value is missing") }
}
