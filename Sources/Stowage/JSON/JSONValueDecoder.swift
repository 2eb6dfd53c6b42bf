/// Reads nested Codable values from JSON, strictly: what ``JSONValueEncoder`` writes, and what others write alike.
///
/// An integer may be written as `1.0` or `1e3`, but not beyond its type; a text is never taken for a number. Dates are
/// read as ``Timestamp/init(rfc3339:)`` does.
public struct JSONValueDecoder: Sendable {
    /// What types find in `decoder.userInfo`.
    public var userInfo: [CodingUserInfoKey: any Sendable]

    /// Makes a decoder.
    public init(userInfo: [CodingUserInfoKey: any Sendable] = [:]) {
        self.userInfo = userInfo
    }

    /// Reads a value from JSON text in UTF-8.
    ///
    /// - Throws: `corrupt`, with the place of what cannot be read, never with the value.
    public func decode<Value: Decodable>(
        _ type: Value.Type,
        from text: some Sequence<UInt8>
    ) throws(StorageError) -> Value {
        try decode(type, from: Self.tree(text), recording: nil)
    }

    /// Reads a value from a tree.
    ///
    /// - Throws: As ``decode(_:from:)-(_,Sequence<UInt8>)`` does.
    public func decode<Value: Decodable>(_ type: Value.Type, from tree: JSON) throws(StorageError) -> Value {
        try decode(type, from: tree, recording: nil)
    }

    /// Reads a value from a tree and notes the keys that the type asks for.
    package func decode<Value: Decodable>(
        _ type: Value.Type,
        from tree: JSON,
        recording known: JSONKnownKeys?
    ) throws(StorageError) -> Value {
        do {
            return try JSONDecodingScope(path: [], userInfo: userInfo, known: known).value(type, from: tree)
        } catch let error as StorageError {
            throw error
        } catch let error as DecodingError {
            throw Self.storageError(error)
        } catch {
            throw StorageError(.corrupt, "the type refuses the value")
        }
    }

    static func tree(_ text: some Sequence<UInt8>) throws(StorageError) -> JSON {
        do {
            return try JSON(parsing: text)
        } catch {
            throw StorageError(.corrupt, error.reason)
                .at(StorageError.Place(byteOffset: error.byteOffset))
        }
    }

    /// The same trouble without the debug description, which quotes the value when an enum does not know it.
    private static func storageError(_ error: DecodingError) -> StorageError {
        let path: [any CodingKey]
        let reason: String
        switch error {
        case .keyNotFound(let key, let context):
            path = context.codingPath + [key]
            reason = "the required key is missing"
        case .valueNotFound(let type, let context):
            path = context.codingPath
            reason = "\(type) is expected, not null"
        case .typeMismatch(let type, let context):
            path = context.codingPath
            reason = "the value is not of the kind that \(type) is read from"
        case .dataCorrupted(let context):
            path = context.codingPath
            reason = (context.underlyingError as? StorageError)?.message ?? "the type refuses the value"
        @unknown default:
            path = []
            reason = "the type refuses the value"
        }
        return StorageError.nested(.corrupt, path, reason)
    }
}
