internal import Stowage
internal import Synchronization

/// The records of one collection as they stand in a file that was read: where each is, and how to find it.
///
/// A record is its place in the file's bytes and a slot of a hash table, and becomes a row when it is asked for.
final class FileRecords: StoredGround {
    typealias Entry = JSONEntry

    private let file: [UInt8]
    private let collection: CollectionSchema
    private let spans: [Span]
    private let keys: PlaceTable
    private let holders: [String: PlaceTable]
    /// Whether nothing stands between the records but what is written there.
    private let isEven: Bool
    /// The rows that were asked for; empty until one is.
    private let rows = Mutex<[Row?]>([])

    /// Where a record stands.
    struct Span {
        let record: Range<Int>
        /// The text of its key, when that is one text without escape sequences; else empty, at the record's start.
        let key: Range<Int>
    }

    fileprivate init(_ builder: consuming Builder) {
        file = builder.file
        collection = builder.collection
        spans = builder.spans
        keys = builder.keys
        holders = builder.holders
        isEven = builder.isEven
    }

    var count: Int { spans.count }

    func place(of key: Key) throws -> Int? {
        guard key.values.count == 1, case .text(var text) = key.values[0] else {
            return try keys.place(PlaceTable.hash(key)) { try self.key(at: $0) == key }
        }
        return try text.withUTF8 { text in
            try keys.place(PlaceTable.hash(utf8: UnsafeRawBufferPointer(text))) { place in
                let span = spans[place]
                guard span.hasText else { return try self.key(at: place) == key }
                return span.key.count == text.count && file[span.key].elementsEqual(text)
            }
        }
    }

    func entry(at place: Int) -> JSONEntry { .stored(self, place) }

    func holder(of values: [Value], in index: String) throws -> Key? {
        guard let schema = collection.uniqueIndexes.first(where: { $0.name == index }) else { return nil }
        let place = try holders[index]?.place(PlaceTable.hash(values)) { place in
            let row = try row(at: place)
            return schema.fields.map { row.values[$0] } == values
        }
        return try place.map(key(at:))
    }

    /// The key of the record at a place.
    func key(at place: Int) throws -> Key {
        let span = spans[place]
        guard span.hasText else { return collection.key(of: try row(at: place).values) }
        return file.withUnsafeBufferPointer {
            Key(.text(UTF8Text.string(valid: UnsafeBufferPointer(rebasing: $0[span.key]))))
        }
    }

    /// The record at a place as data.
    func row(at place: Int) throws -> Row {
        if let row = rows.withLock({ $0.isEmpty ? nil : $0[place] }) { return row }
        let row = try Self.row(spans[place], in: file, of: collection)
        rows.withLock { rows in
            if rows.isEmpty { rows = Array(repeating: nil, count: count) }
            rows[place] = row
        }
        return row
    }

    /// The bytes of the record at a place.
    func bytes(at place: Int) -> ArraySlice<UInt8> { file[spans[place].record] }

    /// The bytes of records that follow each other, with what stands between them: one piece when that is what is
    /// written there.
    func pieces(at places: Range<Int>) -> [ArraySlice<UInt8>] {
        guard isEven, let first = places.first, let last = places.last else { return places.map(bytes(at:)) }
        return [file[spans[first].record.lowerBound..<spans[last].record.upperBound]]
    }
}

extension FileRecords.Span {
    fileprivate var hasText: Bool { key.lowerBound > record.lowerBound }
}

extension FileRecords {
    /// What is wrong with a file whose records cannot be told apart.
    enum Clash {
        /// An id that stands twice (DUR-5).
        case id
        /// A value of a unique index that two records hold.
        case unique(IndexSchema)

        /// The error, which names the later of the two records.
        func error(_ key: Key, in collection: CollectionSchema, at offset: Int) -> StorageError {
            let error: StorageError
            switch self {
            case .id: error = StorageError(.corrupt, "two records have one id")
            case .unique(let index):
                let names = index.fields.map { collection.fields[$0].name }
                error = StorageError(.corrupt, "two records hold one value of a unique field")
                    .inField(names.joined(separator: ", "))
            }
            return error.forRecord(key.description).inCollection(collection.name).at(.init(byteOffset: offset))
        }
    }

    /// Takes the records of a collection one after the other, and checks them.
    struct Builder {
        fileprivate let file: [UInt8]
        fileprivate let collection: CollectionSchema
        fileprivate var spans: [Span] = []
        fileprivate var keys = PlaceTable()
        fileprivate var holders: [String: PlaceTable] = [:]
        fileprivate var isEven = true

        init(_ file: [UInt8], _ collection: CollectionSchema) {
            self.file = file
            self.collection = collection
        }

        /// Adds the record that stands at the scanner, which reads the file.
        ///
        /// - Throws: ``StorageError`` with code `corrupt` that names the record, the field and the byte: what
        ///   ``RowJSON`` refuses, an id that stands twice (DUR-5), a value of a unique index that two records hold.
        mutating func add(_ scanner: inout JSONScanner) throws {
            let start = scanner.position
            if let text = RowJSON.identity(&scanner, of: collection) {
                let hash = PlaceTable.hash(
                    utf8: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(scanner.bytes)[text])
                )
                let bytes = scanner.bytes
                let other = try keys.place(hash) { place in
                    let other = spans[place]
                    guard other.hasText else {
                        return try key(at: place) == Key(.text(String(decoding: bytes[text], as: UTF8.self)))
                    }
                    return other.key.count == text.count && bytes[other.key].elementsEqual(bytes[text])
                }
                if other != nil {
                    let key = Key(.text(String(decoding: bytes[text], as: UTF8.self)))
                    throw Clash.id.error(key, in: collection, at: start)
                }
                append(Span(record: start..<scanner.position, key: text), hash)
            } else {
                let row = try RowJSON.row(&scanner, of: collection, extent: .identity)
                try add(row, at: start..<scanner.position)
            }
        }

        /// Adds a record by the values that tell it from others.
        private mutating func add(_ row: Row, at range: Range<Int>) throws {
            let key = collection.key(of: row.values)
            let hash = PlaceTable.hash(key)
            // One id twice is the first thing wrong with such a record.
            if try keys.place(hash, where: { try self.key(at: $0) == key }) != nil {
                throw Clash.id.error(key, in: collection, at: range.lowerBound)
            }
            for index in collection.uniqueIndexes {
                let values = index.fields.map { row.values[$0] }
                if values.contains(where: \.isNull) { continue }
                let hash = PlaceTable.hash(values)
                let other = try holders[index.name]?.place(hash) { place in
                    let other = try self.row(at: place)
                    return index.fields.map { other.values[$0] } == values
                }
                if other != nil {
                    throw Clash.unique(index).error(key, in: collection, at: range.lowerBound)
                }
                holders[index.name, default: PlaceTable()].insert(spans.count, hash)
            }
            append(Span(record: range, key: range.lowerBound..<range.lowerBound), hash)
        }

        private mutating func append(_ span: Span, _ hash: UInt32) {
            if let last = spans.last, isEven {
                let between = last.record.upperBound..<span.record.lowerBound
                isEven =
                    between.count == StoreContent.Writer.separator.utf8.count
                    && file[between].elementsEqual(StoreContent.Writer.separator.utf8)
            }
            keys.insert(spans.count, hash)
            spans.append(span)
        }

        /// Closes the collection.
        consuming func finish() -> FileRecords { FileRecords(self) }

        private func key(at place: Int) throws -> Key { collection.key(of: try row(at: place).values) }

        private func row(at place: Int) throws -> Row {
            try FileRecords.row(spans[place], in: file, of: collection)
        }
    }

    fileprivate static func row(_ span: Span, in file: [UInt8], of collection: CollectionSchema) throws -> Row {
        try file.withUnsafeBufferPointer { buffer in
            var scanner = JSONScanner(buffer)
            scanner.move(to: span.record.lowerBound)
            // The file was looked through for keys that stand twice when it was read.
            scanner.findsDuplicates = false
            return try RowJSON.row(&scanner, of: collection)
        }
    }
}
