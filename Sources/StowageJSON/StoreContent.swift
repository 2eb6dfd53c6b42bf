internal import HashTreeCollections
internal import Stowage

/// What a file holds: its records and members, and the order in which they stand.
struct StoreContent: Sendable {
    var image = StoreImage<JSONEntry>()
    var layout: [Place] = []
    /// The collections as which it was read: what is no collection yet is kept as a member.
    let collections: [CollectionSchema]
    /// Our book-keeping for a file that has none yet: it is written with the next write, never for its own sake.
    var bookkeeping: [UInt8]?

    /// Whether reading rounded a time (VAL-5).
    private(set) var roundsTimes = false

    /// One top-level member of the file.
    enum Place: Sendable {
        case collection(String)
        case member(String)
        /// Our own book-keeping, kept as it is and shown to nobody.
        case reserved(String, [UInt8])
    }

    /// The book-keeping's key.
    static let reservedKey = "_stowage"

    /// An empty store.
    init(collections: [CollectionSchema]) { self.collections = collections }

    /// Reads a file whole and checks every record of it.
    ///
    /// - Throws: ``StorageError`` with code `corrupt` (`schemaMismatch` for a newer form, `invalidValue` for U+0000)
    ///   that names the file, the byte and the line (DUR-4), and ids that stand twice (DUR-5). With migrations,
    ///   `schemaMismatch` when the file is not of the newest schema.
    init(_ bytes: [UInt8], path: String, collections: [CollectionSchema], schema: JSONSchema? = nil) throws {
        self.collections = collections
        do {
            try bytes.withUnsafeBufferPointer { try read($0, of: bytes, collections, schema) }
        } catch let error as StorageError {
            let offset = error.place?.byteOffset
            let line = offset.map { JSONSyntaxError.line(ofByte: $0, in: bytes) }
            throw error.at(.init(path: path, byteOffset: offset, line: line))
                .advising(error.advice ?? "The file was not touched. Repair it, or restore a backup")
        }
    }

    private mutating func read(
        _ bytes: UnsafeBufferPointer<UInt8>,
        of file: [UInt8],
        _ collections: [CollectionSchema],
        _ schema: JSONSchema?
    ) throws {
        let records = collections.filter { !$0.isState }
        let document: StoreDocument
        if let found = try? Self.inOnePass(bytes, of: file, records) {
            (document, image.tables, roundsTimes) = found
        } else {
            document = try StoreDocument(bytes, collections: records.map(\.name))
        }
        // First of all: records of another schema would be called damaged.
        let history = try JSONHistory(in: document, bytes)
        if let schema {
            bookkeeping = try schema.checkCurrent(history)
            try schema.requireCollections(history, in: document)
        }
        for member in document.members {
            switch member {
            case .collection(let name, let ranges, let ids):
                layout.append(.collection(name))
                guard let collection = records.first(where: { TextOrder.equal($0.name, name) }) else { continue }
                // Out of the image while it grows, so that it is changed in place.
                var table = image.tables.removeValue(forKey: ByteText(name)) ?? .init()
                defer { image.tables[ByteText(name)] = table }
                var scanner = JSONScanner(bytes)
                // The document has been looked through for keys that stand twice.
                scanner.findsDuplicates = false
                for (index, range) in ranges.enumerated() {
                    scanner.move(to: range.lowerBound)
                    try Self.add(&scanner, of: file, ids?[index], collection, to: &table)
                }
                roundsTimes = roundsTimes || scanner.roundsTime
            case .other(let key, let range):
                let value = Array(bytes[range])
                if key == Self.reservedKey {
                    if bookkeeping == nil { layout.append(.reserved(key, value)) }
                } else if CollectionSchema.isInternal(key) {
                    layout.append(.reserved(key, value))
                } else {
                    layout.append(.member(key))
                    let entry = JSONEntry.member(name: key, value: value)
                    try image.put(entry.row(of: .state), entry, Key(.text(key)), in: .state)
                }
            }
        }
    }

    /// Reads a file of the shape that is written while going through it once; nil for another shape.
    ///
    /// What it throws is not the last word: a record of an older schema is not damaged, and only the whole document
    /// tells. Two passes then say what is wrong.
    private static func inOnePass(
        _ bytes: UnsafeBufferPointer<UInt8>,
        of file: [UInt8],
        _ collections: [CollectionSchema]
    ) throws -> (StoreDocument, [ByteText: StoreImage<JSONEntry>.Table], roundsTimes: Bool)? {
        var members: [StoreDocument.Member] = []
        var tables: [ByteText: StoreImage<JSONEntry>.Table] = [:]
        var scanner = JSONScanner(bytes)
        try scanner.begin()
        guard scanner.nextByte == UInt8(ascii: "{") else { return nil }
        var object = try scanner.beginObject()
        while let token = try scanner.nextKey(of: &object) {
            let key = scanner.text(of: token)
            guard let collection = collections.first(where: { TextOrder.equal($0.name, key) }) else {
                members.append(.other(key: key, value: try scanner.skipValue()))
                continue
            }
            var table = StoreImage<JSONEntry>.Table()
            var array = try scanner.beginArray()
            while try scanner.nextElement(of: &array) { try add(&scanner, of: file, nil, collection, to: &table) }
            tables[ByteText(collection.name)] = table
            members.append(.collection(name: key, records: []))
        }
        try scanner.finish()
        return tables.isEmpty ? nil : (StoreDocument(members: members), tables, scanner.roundsTime)
    }

    /// Adds the record that stands at the scanner.
    private static func add(
        _ scanner: inout JSONScanner,
        of file: [UInt8],
        _ id: String?,
        _ collection: CollectionSchema,
        to table: inout StoreImage<JSONEntry>.Table
    ) throws {
        let start = scanner.position
        let row = try RowJSON.row(&scanner, of: collection, id: id, extent: id == nil ? .identity : .whole)
        let key = collection.key(of: row.values)
        func refusal(_ message: String) -> StorageError {
            StorageError(.corrupt, message).forRecord(key.description).inCollection(collection.name)
                .at(.init(byteOffset: start))
        }
        for index in collection.uniqueIndexes {
            let values = index.fields.map { row.values[$0] }
            if !values.contains(where: \.isNull), table.holders[index.name]?[values] != nil {
                // One id twice is the first thing wrong with such a record.
                if table.entries[key] != nil { break }
                throw refusal("two records hold one value of a unique field")
                    .inField(index.fields.map { collection.fields[$0].name }.joined(separator: ", "))
            }
        }
        var text = file[start..<scanner.position]
        if let id { text = try RecordText.edit(Array(text), to: row, of: collection, id: id)[...] }
        let entry = JSONEntry.record(JSONEntry.Record(text))
        if table.entries.updateValue((table.nextPlace, entry), forKey: key) != nil {
            throw refusal("two records have one id")
        }
        table.nextPlace += 1
        table.hold(row, key, collection)
    }

    /// The bytes of the file: known places in their order, then what is new.
    var bytes: [UInt8] {
        var writer = Writer()
        var written: Set<ByteText> = []
        for place in layout {
            switch place {
            case .collection(let name):
                written.insert(ByteText(name))
                append(name, to: &writer)
            case .member(let name):
                if let value = member(name) { writer.append(name, value: value) }
                written.insert(ByteText(name))
            case .reserved(let name, let value): writer.append(name, value: value)
            }
        }
        for collection in collections where !collection.isState {
            if written.insert(ByteText(collection.name)).inserted { append(collection.name, to: &writer) }
        }
        for entry in inOrder(CollectionSchema.state.name) {
            if case .member(let name, let value) = entry, written.insert(ByteText(name)).inserted {
                writer.append(name, value: value)
            }
        }
        if let bookkeeping { writer.append(Self.reservedKey, value: bookkeeping) }
        return writer.finish()
    }

    /// Writes a collection; one of ours only when it holds something.
    private func append(_ name: String, to writer: inout Writer) {
        let records = records(name)
        if !records.isEmpty || !CollectionSchema.isInternal(name) { writer.append(name, records: records) }
    }

    private func member(_ name: String) -> [UInt8]? {
        guard case .member(_, let value) = image.entry(Key(.text(name)), in: .state) else { return nil }
        return value
    }

    private func records(_ name: String) -> [ArraySlice<UInt8>] {
        inOrder(name).compactMap { entry in
            if case .record(let record) = entry { record.bytes } else { nil }
        }
    }

    private func inOrder(_ name: String) -> [JSONEntry] {
        guard let entries = image.tables[ByteText(name)]?.entries else { return [] }
        let end = image.tables[ByteText(name)]?.nextPlace ?? 0
        guard end <= 4 * entries.count + 64 else { return entries.values.sorted { $0.place < $1.place }.map(\.entry) }
        // Few places are empty: each entry goes where it belongs, which spares the sorting.
        var places = [JSONEntry?](repeating: nil, count: end)
        for (place, entry) in entries.values { places[place] = entry }
        return places.compactMap { $0 }
    }

    /// Writes the top level, one member a line and one record after the other.
    struct Writer {
        private var bytes: [UInt8] = [UInt8(ascii: "{")]
        private var isEmpty = true

        private mutating func begin(_ name: String) {
            bytes += isEmpty ? "\n  ".utf8 : ",\n  ".utf8
            isEmpty = false
            JSONWriter.append(name, to: &bytes)
            bytes += ": ".utf8
        }

        mutating func append(_ name: String, value: [UInt8]) {
            begin(name)
            bytes += value
        }

        mutating func append(_ name: String, records: [ArraySlice<UInt8>]) {
            begin(name)
            guard !records.isEmpty else {
                bytes += "[]".utf8
                return
            }
            bytes.reserveCapacity(bytes.count + records.reduce(64) { $0 + $1.count + 6 })
            for (index, record) in records.enumerated() {
                bytes += index == 0 ? "[\n    ".utf8 : ",\n    ".utf8
                bytes += record
            }
            bytes += "\n  ]".utf8
        }

        consuming func finish() -> [UInt8] {
            bytes += isEmpty ? "}\n".utf8 : "\n}\n".utf8
            return bytes
        }
    }
}
