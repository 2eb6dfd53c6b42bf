/// A nested Codable type with its Swift type erased: what the store needs to do with its JSON text.
struct NestedType: Sendable {
    /// Which text to keep of an old and a new one; see ``FieldSchema/keepingUnknown``.
    let keepingUnknown: @Sendable (_ old: String, _ new: String) throws -> String
    /// The text with the type's own keys first, in its order, and unknown keys after them.
    let canonical: @Sendable (_ text: String) throws -> String

    init<V: Codable & Sendable>(_ type: V.Type) {
        keepingUnknown = { old, new in
            let kept = try NestedUnknowns.merge(old: Array(old.utf8), new: Array(new.utf8), as: V.self)
            return String(decoding: kept, as: UTF8.self)
        }
        canonical = { String(decoding: try NestedUnknowns.canonical(of: V.self, $0.utf8), as: UTF8.self) }
    }

    func encode<V: Encodable>(_ value: V) throws -> String { try JSONValueEncoder.encodeToText(value) }

    func decode<V: Decodable>(_ type: V.Type, _ value: Value) throws -> V {
        guard case .json(let text) = value else {
            throw StorageError(.corrupt, "a stored value is \(value) where json is expected")
        }
        return try JSONValueDecoder.decode(V.self, fromText: text)
    }
}
