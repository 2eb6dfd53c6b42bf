internal import Stowage

/// A JSON file in pieces, its records as their bytes: what migrations change.
struct JSONPieces: Sendable {
    /// A top-level member.
    enum Piece: Sendable {
        case collection(name: String, records: [[UInt8]])
        case member(name: String, value: [UInt8])
    }

    var pieces: [Piece] = []
    var history = JSONHistory()
    /// Whether the file was there and held a collection.
    private(set) var hasCollections = false

    /// An empty store.
    init() {}

    /// Takes a file apart. Records are not read yet.
    ///
    /// - Throws: `corrupt` with the place, as reading the file does.
    init(_ bytes: [UInt8], path: String, schema: JSONSchema) throws {
        try Self.reading(bytes, path, schema) { document, buffer in
            history = try JSONHistory(in: document, buffer)
            // A map without a record holds no less than an empty list.
            hasCollections = document.members.isEmpty
            for member in document.members {
                switch member {
                case .collection(let name, let ranges, let ids):
                    hasCollections = true
                    let key = ids == nil ? nil : Self.textKey(of: name, schema)
                    let records = try ranges.enumerated().map { index, range in
                        let record = Array(buffer[range])
                        guard let ids, let key else { return record }
                        return try Self.adding(ids[index], as: key, to: record)
                    }
                    pieces.append(.collection(name: name, records: records))
                case .other(StoreContent.reservedKey, _): break
                case .other(let name, let range):
                    pieces.append(.member(name: name, value: Array(buffer[range])))
                }
            }
        }
    }

    /// The history of a file alone: mostly that is all there is to know.
    static func history(_ bytes: [UInt8], path: String, schema: JSONSchema) throws -> JSONHistory {
        try reading(bytes, path, schema) { document, buffer in
            let history = try JSONHistory(in: document, buffer)
            try schema.requireCollections(history, in: document)
            return history
        }
    }

    /// Finds the parts of a document; errors name the file and the place.
    private static func reading<Result>(
        _ bytes: [UInt8],
        _ path: String,
        _ schema: JSONSchema,
        _ body: (StoreDocument, UnsafeBufferPointer<UInt8>) throws -> Result
    ) throws -> Result {
        do {
            return try bytes.withUnsafeBufferPointer { buffer in
                try body(StoreDocument(buffer, collections: schema.names), buffer)
            }
        } catch let error as StorageError {
            let offset = error.place?.byteOffset
            let line = offset.map { JSONSyntaxError.line(ofByte: $0, in: bytes) }
            throw error.at(.init(path: path, byteOffset: offset, line: line))
                .advising(error.advice ?? "The file was not touched. Repair it, or restore a backup")
        }
    }

    /// The one field of text that a map's keys stand for.
    private static func textKey(of collection: String, _ schema: JSONSchema) -> String? {
        let shape = schema.versions.joined().first { $0.isNamed(collection) }
        let fields = shape?.fields.filter(\.isIdentifier) ?? []
        return fields.count == 1 && fields[0].type == .text ? fields[0].name : nil
    }

    private static func adding(_ id: String, as key: String, to record: [UInt8]) throws -> [UInt8] {
        guard let object = try JSON(parsing: record).object, object[key] == nil else { return record }
        return try RecordText.changing(record, setting: [(key, .text(id))])
    }

    /// The bytes of the file.
    var bytes: [UInt8] {
        var writer = StoreContent.Writer()
        for piece in pieces {
            switch piece {
            case .collection(let name, let records): writer.append(name, records: records.map { $0[...] })
            case .member(let name, let value): writer.append(name, value: value)
            }
        }
        writer.append(StoreContent.reservedKey, value: history.bytes)
        return writer.finish().reduce(into: []) { $0 += $1 }
    }

    /// The records of a collection; empty when there is none.
    func records(of collection: String) -> [[UInt8]] {
        for case .collection(let name, let records) in pieces where TextOrder.equal(name, collection) { return records }
        return []
    }

    /// Changes the records of a collection.
    mutating func change(_ collection: String, _ body: ([[UInt8]]) throws -> [[UInt8]]) rethrows {
        for index in pieces.indices {
            if case .collection(let name, let records) = pieces[index], TextOrder.equal(name, collection) {
                pieces[index] = .collection(name: name, records: try body(records))
            }
        }
    }

    /// The keys that a record must have and has not.
    private static func missingKeys(of shape: CollectionShape, in record: [UInt8]) throws -> [String] {
        guard let object = try JSON(parsing: record).object else { return [] }
        return shape.fields.filter { field in
            if field.isOptional { return false }
            switch object[field.name] {
            case nil, .null: return true
            default: return false
            }
        }.map(\.name)
    }

    /// What stands between the file and some collections, for files without a history.
    func differences(from shapes: [CollectionShape], _ forgotten: [CollectionShape]) throws -> [SchemaDifference] {
        var found: [SchemaDifference] = []
        for shape in shapes {
            let schema = shape.schema
            let earlier = forgotten.first { $0.isNamed(shape.name) }?.fields.map(\.name) ?? []
            for record in records(of: shape.name) {
                do {
                    let row = try record.withUnsafeBufferPointer { buffer in
                        var scanner = JSONScanner(buffer)
                        return try RowJSON.row(&scanner, of: schema)
                    }
                    guard let unknown = row.unknown, let object = try JSON(parsing: unknown).object else { continue }
                    for name in earlier where object[name] != nil {
                        let id = schema.key(of: row.values).description
                        let detail = "record \(StorageError.quoted(id)) has \(name), a field of an earlier version"
                        found.append(SchemaDifference(.records, in: shape.name, name, detail))
                    }
                } catch let error as StorageError {
                    let missing = try Self.missingKeys(of: shape, in: record)
                    let id = error.recordID.map { "record \(StorageError.quoted($0)) lacks it" }
                    found += missing.map { SchemaDifference(.missingField, in: shape.name, $0, id) }
                    if !missing.isEmpty { continue }
                    let record = error.recordID.map { "record \(StorageError.quoted($0)): " } ?? ""
                    found.append(
                        SchemaDifference(.records, in: shape.name, error.field, record + error.message)
                    )
                }
            }
        }
        for shape in forgotten where !shapes.contains(where: { $0.isNamed(shape.name) }) {
            if !records(of: shape.name).isEmpty {
                found.append(SchemaDifference(.records, in: shape.name, nil, "a collection of an earlier version"))
            }
        }
        return found
    }
}
