/// How a record becomes a row and a row a record.
///
/// The default goes through `Codable`. A codec written by hand reads the columns where they are and costs a few
/// nanoseconds a field; positions are those of ``StorageRecord/fields``:
///
/// ```swift
/// static var codec: RecordCodec<Note> {
///     RecordCodec { note, row in
///         try row.set(0, note.id)
///         try row.set(1, note.title)
///         try row.set(2, note.dueAt)
///     } decode: { row in
///         Note(id: try row.text(0), title: try row.text(1), dueAt: try row.optional(2, Date.self))
///     }
/// }
/// ```
public struct RecordCodec<Record>: Sendable {
    /// Writes a record's fields.
    public typealias Encode = @Sendable (_ record: Record, _ row: inout RowWriter) throws -> Void
    /// Makes a record of a row.
    public typealias Decode = @Sendable (_ row: any RowReader) throws -> Record

    enum Way: Sendable {
        case codable(encode: Encode, decode: @Sendable (any RowReader, CollectionSchema) throws -> Record)
        case direct(encode: Encode, decode: Decode)
    }
    let way: Way

    /// A codec written by hand, or by a macro.
    public init(encode: @escaping Encode, decode: @escaping Decode) {
        way = .direct(encode: encode, decode: decode)
    }

    private init(way: Way) { self.way = way }
}

extension RecordCodec where Record: Codable & Sendable {
    /// The default: through `Codable`.
    public static var codable: RecordCodec {
        RecordCodec(
            way: .codable(
                encode: { try RowEncoder.encode($0, into: &$1) },
                decode: { try RowDecoder.decode(Record.self, from: $0, of: $1) }
            )
        )
    }
}

extension RecordSchema {
    /// The row of a record, every value checked (VAL-1 to VAL-7).
    ///
    /// - Throws: ``StorageError`` with code `invalidValue` and the field, or `configuration` when the record encodes
    ///   a key that the schema does not name.
    func row(of record: Record) throws -> Row {
        var writer = RowWriter(collection: collection)
        switch codec.way {
        case .codable(let encode, _), .direct(let encode, _):
            do {
                try encode(record, &writer)
            } catch let error as StorageError {
                throw error
            } catch {
                // The type's own error may quote the value, so it is not carried along (LIF-4).
                throw StorageError(.invalidValue, "the record type refuses to encode itself")
            }
        }
        return Row(values: try writer.finish())
    }

    /// The record of a row.
    ///
    /// - Throws: ``StorageError`` with code `corrupt` that names the record and the field (SCH-3, VAL-6).
    func record(of row: any RowReader) throws -> Record {
        do {
            return switch codec.way {
            case .codable(_, let decode): try decode(row, collection)
            case .direct(_, let decode): try decode(row)
            }
        } catch {
            throw located(error, row)
        }
    }

    private func located(_ error: any Error, _ row: any RowReader) -> StorageError {
        let known = error as? StorageError ?? StorageError(.corrupt, "a stored record cannot be read")
        guard known.recordID == nil else { return known }
        let values = collection.key.compactMap { try? row.value($0, as: collection.fields[$0].type) }
        return known.forRecord(Key(values).description).inCollection(collection.name)
    }
}

extension RowReader {
    /// The value of an optional field.
    public func optional<V: FieldValue>(_ field: Int, _ type: V.Type) throws -> V? {
        try isNull(field) ? nil : V(storedValue: value(field, as: V.fieldType))
    }
}
