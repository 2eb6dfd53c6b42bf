/// What a record looked like when it was read: opaque, and equal for equal content on every adapter (REC-7).
///
/// It is derived from the whole stored record, unknown fields included, and never stored itself.
public struct Revision: Sendable, Hashable, CustomStringConvertible {
    private let digest: [UInt8]

    /// A short mark of the revision, for logs.
    public var description: String {
        digest.prefix(6).map { byte in
            let text = String(byte, radix: 16)
            return text.utf8.count == 1 ? "0" + text : text
        }.joined()
    }

    /// The revision of a stored row, read with its unknown members.
    package init(of row: Row, in collection: CollectionSchema) throws {
        var hash = SHA256()
        func feed(_ text: String) {
            var text = text
            // The length before the text keeps neighbours apart.
            hash.update(String(text.utf8.count).utf8)
            text.withUTF8 { hash.update(UnsafeRawBufferPointer($0)) }
        }
        for (field, value) in zip(collection.fields, row.values) where !value.isNull {
            feed(field.name)
            if case .json(let text) = value {
                feed(try JSON.sortedText(ofText: text))
            } else {
                feed(FieldJSON.text(of: value))
            }
        }
        if let unknown = row.unknown { feed(try JSON.sortedText(ofText: unknown)) }
        digest = hash.finalize()
    }
}

/// A record together with its revision.
public struct Versioned<Record: Sendable>: Sendable {
    /// The record.
    public let record: Record
    /// What it looked like; give it to an update, upsert or delete to make it fail when the record has changed.
    public let revision: Revision
}
