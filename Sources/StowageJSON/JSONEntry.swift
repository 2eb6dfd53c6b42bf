internal import Stowage
internal import Synchronization

/// A record as the bytes that stand in the file, or another of the file's top-level members.
///
/// The bytes are kept, so that a write leaves alone what it does not touch.
enum JSONEntry: StoredEntry {
    /// A record as it stands in the file that was read.
    case stored(FileRecords, Int)
    /// A record's object as it is written next.
    case record(Record)
    /// A member that belongs to the store as a whole, and its value.
    case member(name: String, value: [UInt8])

    func row(of collection: CollectionSchema) throws -> Row {
        switch self {
        case .stored(let records, let place): return try records.row(at: place)
        case .record(let record): return try record.row(of: collection)
        case .member(let name, let value):
            let text = try value.withUnsafeBufferPointer { try FieldJSON.compactText($0) }
            return Row(values: [.text(name), .json(text)])
        }
    }

    func key(of collection: CollectionSchema) throws -> Key {
        if case .stored(let records, let place) = self { return try records.key(at: place) }
        return collection.key(of: try row(of: collection).values)
    }

    /// The record's bytes; nil for a member of the store.
    var bytes: ArraySlice<UInt8>? {
        switch self {
        case .stored(let records, let place): records.bytes(at: place)
        case .record(let record): record.bytes[...]
        case .member: nil
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
        guard let bytes = old?.bytes else { return .record(Record(try RecordText.new(row, of: collection))) }
        return .record(Record(try RecordText.edit(Array(bytes), to: row, of: collection)))
    }

    /// The bytes of one record, and the row that they were read as once it was asked for.
    final class Record: Sendable {
        let bytes: [UInt8]
        private let known = Mutex<Row?>(nil)

        init(_ bytes: [UInt8]) { self.bytes = bytes }

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
