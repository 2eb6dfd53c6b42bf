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
    var roundsTimes = false

    /// Whether the file has the form in which it is written, our book-keeping included: a journal goes only with such a
    /// file.
    var isAsWritten = false

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
            isAsWritten = true
        } else {
            document = try StoreDocument(bytes, collections: records.map(\.name))
        }
        // First of all: records of another schema would be called damaged.
        let history = try JSONHistory(in: document, bytes)
        if let schema {
            bookkeeping = try schema.checkCurrent(history)
            try schema.requireCollections(history, in: document)
        }
        if bookkeeping != nil { isAsWritten = false }
        for member in document.members {
            switch member {
            case .collection(let name, let ranges, let ids):
                layout.append(.collection(name))
                guard let collection = records.first(where: { TextOrder.equal($0.name, name) }) else { continue }
                // One that was read in one pass has no places here.
                guard image.tables[ByteText(name)] == nil else { continue }
                var scanner = JSONScanner(bytes)
                // The document has been looked through for keys that stand twice.
                scanner.findsDuplicates = false
                if let ids {
                    for (id, range) in zip(ids, ranges) {
                        scanner.move(to: range.lowerBound)
                        try add(&scanner, of: file, id, collection)
                    }
                } else {
                    var records = FileRecords.Builder(file, collection)
                    for range in ranges {
                        scanner.move(to: range.lowerBound)
                        try records.add(&scanner)
                    }
                    image.tables[ByteText(name)] = .init(ground: records.finish())
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
            var records = FileRecords.Builder(file, collection)
            var array = try scanner.beginArray()
            while try scanner.nextElement(of: &array) { try records.add(&scanner) }
            tables[ByteText(collection.name)] = .init(ground: records.finish())
            members.append(.collection(name: key, records: []))
        }
        try scanner.finish()
        return tables.isEmpty ? nil : (StoreDocument(members: members), tables, scanner.roundsTime)
    }

    /// Adds the record that stands at the scanner, under its id in a map; its own text may lack it.
    private mutating func add(
        _ scanner: inout JSONScanner,
        of file: [UInt8],
        _ id: String,
        _ collection: CollectionSchema
    ) throws {
        let start = scanner.position
        let row = try RowJSON.row(&scanner, of: collection, id: id)
        let key = collection.key(of: row.values)
        if try image.entry(key, in: collection) != nil {
            throw FileRecords.Clash.id.error(key, in: collection, at: start)
        }
        for index in collection.uniqueIndexes {
            let values = index.fields.map { row.values[$0] }
            if values.contains(where: \.isNull) { continue }
            if try image.tables[ByteText(collection.name)]?.holder(of: values, in: index.name) != nil {
                throw FileRecords.Clash.unique(index).error(key, in: collection, at: start)
            }
        }
        let text = try RecordText.edit(Array(file[start..<scanner.position]), to: row, of: collection, id: id)
        try image.put(row, .record(JSONEntry.Record(text)), key, in: collection)
    }

    /// The bytes of the file, in pieces that follow each other: known places in their order, then what is new.
    var pieces: [ArraySlice<UInt8>] {
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
        for stretch in image.tables[ByteText(CollectionSchema.state.name)]?.stretches ?? [] {
            if case .written(.member(let name, let value)) = stretch, written.insert(ByteText(name)).inserted {
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
        // The state has no ground, so that nothing is looked for in a file.
        guard case .member(_, let value) = try? image.entry(Key(.text(name)), in: .state) else { return nil }
        return value
    }

    private func records(_ name: String) -> [ArraySlice<UInt8>] {
        guard let table = image.tables[ByteText(name)] else { return [] }
        let ground = table.ground as? FileRecords
        var pieces: [ArraySlice<UInt8>] = []
        for stretch in table.stretches {
            switch stretch {
            case .written(let entry): if let bytes = entry.bytes { pieces.append(bytes) }
            case .ground(let places): pieces += ground?.pieces(at: places) ?? []
            }
        }
        return pieces
    }

    /// Writes the top level, one member a line and one record after the other.
    struct Writer {
        /// What stands between two records.
        static let separator = ",\n    "
        /// A piece of this size is handed on as it is; what is smaller is gathered.
        private static let largePiece = 65_536

        private var pieces: [ArraySlice<UInt8>] = []
        private var text: [UInt8] = [UInt8(ascii: "{")]
        private var isEmpty = true

        private mutating func begin(_ name: String) {
            text += isEmpty ? "\n  ".utf8 : ",\n  ".utf8
            isEmpty = false
            JSONWriter.append(name, to: &text)
            text += ": ".utf8
        }

        mutating func append(_ name: String, value: [UInt8]) {
            begin(name)
            text += value
        }

        /// Appends records, or runs of records with ``separator`` between them.
        mutating func append(_ name: String, records: [ArraySlice<UInt8>]) {
            begin(name)
            guard !records.isEmpty else {
                text += "[]".utf8
                return
            }
            for (index, record) in records.enumerated() {
                text += index == 0 ? "[\n    ".utf8 : Self.separator.utf8
                if record.count < Self.largePiece {
                    text += record
                } else {
                    pieces.append(text[...])
                    pieces.append(record)
                    text = []
                }
            }
            text += "\n  ]".utf8
        }

        consuming func finish() -> [ArraySlice<UInt8>] {
            text += isEmpty ? "}\n".utf8 : "\n}\n".utf8
            return pieces + [text[...]]
        }
    }
}
