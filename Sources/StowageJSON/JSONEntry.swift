internal import Stowage
internal import Synchronization

/// A record as the bytes that stand in the file, or another of the file's top-level members.
///
/// The bytes are kept, so that a write leaves alone what it does not touch.
enum JSONEntry: StoredEntry {
    /// A record's object.
    case record(Record)
    /// A member that belongs to the store as a whole, and its value.
    case member(name: String, value: [UInt8])

    func row(of collection: CollectionSchema) throws -> Row {
        switch self {
        case .record(let record): return try record.row(of: collection)
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
        if case .record(let record) = old {
            return .record(Record(try RecordText.edit(Array(record.bytes), to: row, of: collection)[...]))
        }
        return .record(Record(try RecordText.new(row, of: collection)[...]))
    }

    /// The bytes of one record, and the row that they were read as once it was asked for.
    final class Record: Sendable {
        /// A part of the whole file's bytes, as long as the record is as it was read: no copy of each.
        let bytes: ArraySlice<UInt8>
        private let known = Mutex<Row?>(nil)

        init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

        func row(of collection: CollectionSchema) throws -> Row {
            if let row = known.withLock({ $0 }) { return row }
            let row = try bytes.withUnsafeBufferPointer { buffer in
                var scanner = JSONScanner(buffer)
                scanner.findsDuplicates = false
                return try RowJSON.row(&scanner, of: collection)
            }
            known.withLock { $0 = row }
            return row
        }
    }
}
