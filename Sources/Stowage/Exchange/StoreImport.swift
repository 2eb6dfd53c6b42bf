/// The content of a file in one of the four known shapes, read and checked, ready to go into a store.
///
/// ```swift
/// let file = try StoreImport(SessionRecord.self, state: SessionState.self, reading: bytes, from: "backup.json")
/// let counts = try await file.run(into: sessions, onConflict: .skip)
/// ```
///
/// It is all or nothing: reading names every record that cannot be taken, and the write is one transaction. What the
/// schema does not know of a record travels with it (REC-9). A backup's envelope is taken off: its `timestamp` and
/// `version` are not part of the store.
public struct StoreImport<Record: StorageRecord, State: StorageState>: Sendable where State.Record == Record {
    /// How many records the file holds.
    public var count: Int { records.count }

    struct Item: Sendable {
        let row: Row
        let key: Key
        let byteOffset: Int
    }
    let records: [Item]
    /// The top-level members beside the records, as compact JSON.
    let members: [(name: String, json: String)]
    let source: String
    let lines: LineIndex

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - record: The type of the records.
    ///   - state: The type of the store.
    ///   - bytes: The file's content.
    ///   - source: What the file is called in errors.
    /// - Throws: ``ImportRefused`` with every record that cannot be taken: a value of another type, a missing key, a
    ///   date that does not exist, U+0000, an id that stands twice. ``StorageError`` with code `corrupt` and the
    ///   place when the file is no JSON, or none of the four shapes; `configuration` for a bad schema.
    public init(
        _ record: Record.Type = Record.self,
        state: State.Type = State.self,
        reading bytes: [UInt8],
        from source: String
    ) throws {
        let schema = try Record.schema
        let lines = LineIndex(bytes)
        var reader = Reader(schema: schema, source: source, lines: lines, walk: RecordWalk(schema.collection))
        try bytes.withUnsafeBufferPointer { try reader.read($0, State.self) }
        self.records = reader.records
        self.members = reader.members
        self.source = source
        self.lines = lines
    }

    /// The walk through a document.
    private struct Reader {
        let schema: RecordSchema<Record>
        let source: String
        let lines: LineIndex
        var records: [Item] = []
        var members: [(name: String, json: String)] = []
        var refusals: [ImportRefused.Refusal] = []
        var walk: RecordWalk

        mutating func read(_ bytes: UnsafeBufferPointer<UInt8>, _ state: State.Type) throws {
            let document: StoreDocument
            do {
                document = try StoreDocument(bytes, collections: [schema.collection.name])
            } catch let error as StorageError {
                var place = error.place ?? StorageError.Place()
                place.path = source
                place.line = place.byteOffset.map { lines.line(ofByte: $0) }
                throw error.at(place)
            }
            for member in document.members {
                switch member {
                case .collection(_, let places, let ids):
                    records.reserveCapacity(places.count)
                    for (index, place) in places.enumerated() {
                        take(index, place, id: ids?[index], bytes)
                    }
                case .other("_stowage", let place):
                    let book = try JSON(parsing: Array(UnsafeBufferPointer(rebasing: bytes[place])))
                    try StoreDocument.checkForm(book.object?["format"])
                case .other(let key, _) where CollectionSchema.isInternal(key): continue
                case .other(let key, let place): try take(key, place, bytes, state)
                }
            }
            guard refusals.isEmpty else {
                throw ImportRefused(
                    code: .corrupt,
                    source: source,
                    advice: "Correct the records that are named, and import the file again",
                    refusals: refusals
                )
            }
        }

        private mutating func take(
            _ index: Int,
            _ place: Range<Int>,
            id: String?,
            _ bytes: UnsafeBufferPointer<UInt8>
        ) {
            do {
                // The record must also be one to its Swift type: known raw values, nested values that decode, ids
                // that can be indexed.
                let row = try walk.row(index, at: place, id: id, in: bytes) { [schema] in
                    _ = try schema.checkedRow(of: schema.record(of: $0))
                }
                let key = schema.collection.key(of: row.values)
                records.append(Item(row: row, key: key, byteOffset: place.lowerBound))
            } catch {
                let error = error as? StorageError ?? StorageError(.corrupt, "the record cannot be read")
                let offset = error.place?.byteOffset ?? place.lowerBound
                refusals.append(
                    ImportRefused.Refusal(
                        index: index,
                        id: error.recordID ?? id,
                        line: lines.line(ofByte: offset),
                        byteOffset: offset,
                        field: error.field,
                        reason: error.message
                    )
                )
            }
        }

        private mutating func take(
            _ name: String,
            _ place: Range<Int>,
            _ bytes: UnsafeBufferPointer<UInt8>,
            _ state: State.Type
        ) throws {
            do {
                let text = try FieldJSON.compactText(UnsafeBufferPointer(rebasing: bytes[place]))
                if TextOrder.equal(name, schema.collection.name) {
                    throw StorageError(.corrupt, "the member that should hold the records is not an array")
                }
                if name.utf8.contains(0) { throw StorageError.nulInText }
                try Value.text(name).checkIndexable()
                var scanner = JSONScanner(UnsafeBufferPointer(rebasing: bytes[..<place.upperBound]))
                scanner.move(to: place.lowerBound)
                _ = try scanner.skipValue()
                if scanner.containsNUL { throw StorageError.nulInText }
                var value = State()
                try value.set(name, json: text)
                // Null in a field of the state is the same as none (VAL-7); a foreign null is kept as it is.
                if text == "null", State.fields.contains(where: { TextOrder.equal($0.name, name) }) { return }
                members.append((name, text))
            } catch {
                let known = error as? StorageError
                refusals.append(
                    ImportRefused.Refusal(
                        index: nil,
                        id: nil,
                        line: lines.line(ofByte: place.lowerBound),
                        byteOffset: place.lowerBound,
                        field: name,
                        reason: known?.message ?? "the member cannot be read"
                    )
                )
            }
        }
    }
}
