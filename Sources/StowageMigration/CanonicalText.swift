internal import Stowage

/// JSON texts in the one form in which they are compared: without white space between tokens, escapes only where needed,
/// keys and numbers as they were found. Adapters keep one form or another of the same content.
enum CanonicalText {
    static func of(_ text: String) throws -> String {
        var isPlain = true
        for byte in text.utf8 where byte <= 0x20 || byte == UInt8(ascii: "\\") {
            if byte == UInt8(ascii: "\\") { return try parsed(text) }
            isPlain = false
        }
        if isPlain { return text }
        var text = text
        return try text.withUTF8 { try FieldJSON.compactText($0) }
    }

    private static func parsed(_ text: String) throws -> String {
        do {
            return String(decoding: try JSON(parsing: text).compact, as: UTF8.self)
        } catch {
            throw StorageError(.corrupt, "a stored nested value is no JSON")
        }
    }

    /// Brings the nested values and the unknown members of a row into that form.
    static func apply(to row: inout Row, nested: [Int], _ collection: CollectionSchema) throws {
        for position in nested {
            guard case .json(let text) = row.values[position] else { continue }
            do {
                row.values[position] = .json(try of(text))
            } catch let error as StorageError {
                throw error.inField(collection.fields[position].name)
            }
        }
        if let unknown = row.unknown {
            let text = try of(unknown)
            row.unknown = text == "{}" ? nil : text
        }
    }
}
