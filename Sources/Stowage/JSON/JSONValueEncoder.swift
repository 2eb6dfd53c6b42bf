/// Writes nested Codable values as compact JSON, exactly and the same way every time.
///
/// ```swift
/// try JSONValueEncoder().encode(PullRequest(number: 7, title: "Fix"))   // {"number":7,"title":"Fix"}
/// ```
///
/// Members stand in the order in which the type encodes them; those of a `Dictionary` and the elements of a `Set`,
/// whose order Swift draws anew for each instance, are sorted by bytes, so that equal values give equal text.
///
/// `Date` and ``Timestamp`` become RFC 3339 text in UTC with six digits (VAL-5), `UUID` lower-case text, `Data` base64
/// text, `URL` its absolute text, and `Decimal` a number with all its digits. Text with U+0000 (VAL-2), NaN and the
/// infinities (VAL-4) are refused.
public struct JSONValueEncoder: Sendable {
    /// What types find in `encoder.userInfo`.
    public var userInfo: [CodingUserInfoKey: any Sendable]

    /// Makes an encoder.
    public init(userInfo: [CodingUserInfoKey: any Sendable] = [:]) {
        self.userInfo = userInfo
    }

    /// The compact JSON text of a value, in UTF-8; a bare number or text is allowed.
    ///
    /// - Throws: `invalidValue` with the place of what cannot be stored, never with the value.
    public func encode(_ value: some Encodable) throws(StorageError) -> [UInt8] {
        try tree(of: value).compact
    }

    /// The value as a tree.
    ///
    /// - Throws: As ``encode(_:)`` does.
    public func tree(of value: some Encodable) throws(StorageError) -> JSON {
        do {
            return try JSONEncodingScope(path: [], userInfo: userInfo).slot(for: value).tree()
        } catch let error as StorageError {
            throw error
        } catch {
            // The text of other errors may quote the value.
            var path: [any CodingKey] = []
            if case .invalidValue(_, let context)? = error as? EncodingError { path = context.codingPath }
            throw StorageError.nested(.invalidValue, path, "the type cannot encode the value")
        }
    }
}
