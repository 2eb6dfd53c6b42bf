internal import Stowage

/// A record as the bytes that stand in the file, or another of the file's top-level members.
///
/// The bytes are kept, so that a write leaves alone what it does not touch.
enum JSONEntry: StoredEntry {
    /// A record's object.
    case record([UInt8])
    /// A member that belongs to the store as a whole, and its value.
    case member(name: String, value: [UInt8])

    func row(of collection: CollectionSchema) throws -> Row {
        switch self {
        case .record(let bytes):
            return try bytes.withUnsafeBufferPointer { buffer in
                var scanner = JSONScanner(buffer)
                return try RowJSON.row(&scanner, of: collection)
            }
        case .member(let name, let value):
            let text = try value.withUnsafeBufferPointer { try FieldJSON.compactText($0) }
            return Row(values: [.text(name), .json(text)])
        }
    }

    static func entry(of row: Row, over old: JSONEntry?, in collection: CollectionSchema) throws -> JSONEntry {
        guard !collection.isState else {
            guard case .text(let name) = row.values[0], case .json(let text) = row.values[1] else {
                throw StorageError(.invalidValue, "a member of the store is not a name and a JSON value")
            }
            if let old, case .json(let same) = try old.row(of: collection).values[1], same.utf8.elementsEqual(text.utf8)
            {
                return old
            }
            var bytes: [UInt8] = []
            JSONWriter.appendPretty(try JSON(parsing: text), level: 1, to: &bytes)
            return .member(name: name, value: bytes)
        }
        if case .record(let bytes) = old {
            return .record(try RecordText.edit(bytes, to: row, of: collection))
        }
        return .record(try RecordText.new(row, of: collection))
    }
}
