public import Synchronization

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
public struct RecordCodec<Record: Sendable>: Sendable {
    /// Writes a record's fields.
    public typealias Encode = @Sendable (_ record: Record, _ row: inout RowWriter) throws -> Void
    /// Makes a record of a row.
    public typealias Decode = @Sendable (_ row: any RowReader) throws -> Record

    let encode: Encode
    /// Makes a record of a row of a collection.
    let decode: @Sendable (any RowReader, CollectionSchema) throws -> Record
    /// A place for the record that a lookup finds.
    let finder: @Sendable (CollectionSchema) -> RowCollector<Record?>
    /// A place for the records that a query finds.
    let gatherer: @Sendable (CollectionSchema) -> RowCollector<[Record]>

    /// A codec written by hand, or by a macro.
    @inlinable
    public init(encode: @escaping Encode, decode: @escaping Decode) {
        self.init(encode: encode) { row, _ in try decode(row) }
    }

    /// All of a codec.
    ///
    /// Inlined where the record type is known, so that the records are made and kept by code for that type: a generic
    /// function of another module copies each through its type's description instead.
    @inlinable
    init(encode: @escaping Encode, decodeRow: @escaping @Sendable (any RowReader, CollectionSchema) throws -> Record) {
        self.init(
            encode: encode,
            decode: decodeRow,
            finder: { collection in
                let found = Collected<Record?>(nil)
                return RowCollector { row in
                    try found.withLock { $0 = try decodeRow(row, collection) }
                } result: {
                    found.withLock { $0 }
                }
            },
            gatherer: { collection in
                let found = Collected<[Record]>([])
                return RowCollector { row in
                    try found.withLock { records in
                        // A short answer does not move as it grows.
                        if records.isEmpty { records.reserveCapacity(16) }
                        // Made inside, so that it moves into the list and is not copied.
                        records.append(try decodeRow(row, collection))
                    }
                } result: {
                    found.withLock { $0 }
                }
            }
        )
    }

    @usableFromInline
    init(
        encode: @escaping Encode,
        decode: @escaping @Sendable (any RowReader, CollectionSchema) throws -> Record,
        finder: @escaping @Sendable (CollectionSchema) -> RowCollector<Record?>,
        gatherer: @escaping @Sendable (CollectionSchema) -> RowCollector<[Record]>
    ) {
        self.encode = encode
        self.decode = decode
        self.finder = finder
        self.gatherer = gatherer
    }
}

/// Takes rows one by one, and gives what became of them.
@usableFromInline
struct RowCollector<Result>: Sendable {
    let take: @Sendable (any RowReader) throws -> Void
    let result: @Sendable () -> Result

    @usableFromInline
    init(take: @escaping @Sendable (any RowReader) throws -> Void, result: @escaping @Sendable () -> Result) {
        self.take = take
        self.result = result
    }
}

/// A value that a row handler fills.
///
/// The lock stands beside the value: to destroy a `Mutex<Value>`, the class would look its type up by name each time.
@usableFromInline
final class Collected<Value: Sendable>: Sendable {
    @usableFromInline let lock = Mutex(())
    // Safe: after `init` only `withLock` touches it, so one thread at a time; and no access can overlap another on that
    // thread, since the lock is not recursive. The check that is left out would cost each row more than the lock.
    @usableFromInline @exclusivity(unchecked) nonisolated(unsafe) var value: Value

    @inlinable init(_ value: Value) { self.value = value }

    @inlinable
    func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        try lock.withLock { _ in try body(&value) }
    }
}

extension RecordCodec where Record: Codable & Sendable {
    /// The default: through `Codable`.
    @inlinable
    public static var codable: RecordCodec {
        RecordCodec { record, row in
            try RowEncoder.encode(record, into: &row)
        } decodeRow: { row, collection in
            try Record(from: RowDecoder.decoder(row, collection))
        }
    }
}

extension RecordSchema {
    /// The row of a record, every value checked (VAL-1 to VAL-7).
    ///
    /// - Throws: ``StorageError`` with code `invalidValue` and the field, or `configuration` when the record encodes
    ///   a key that the schema does not name.
    func row(of record: Record) throws -> Row {
        var writer = RowWriter(collection: collection)
        do {
            try codec.encode(record, &writer)
        } catch let error as StorageError {
            throw error
        } catch {
            // The type's own error may quote the value, so it is not carried along (LIF-4).
            throw StorageError(.invalidValue, "the record type refuses to encode itself")
        }
        return Row(values: try writer.finish())
    }

    /// The record of a row.
    ///
    /// - Throws: ``StorageError`` with code `corrupt` that names the record and the field (SCH-3, VAL-6).
    func record(of row: any RowReader) throws -> Record {
        do {
            return try codec.decode(row, collection)
        } catch {
            throw located(error, row)
        }
    }

    /// Looks for one record by what `read` reads; nil when it reads none.
    ///
    /// - Throws: as ``record(of:)``.
    func find(_ read: (@escaping RowHandler) async throws -> Void) async throws -> Record? {
        let found = codec.finder(collection)
        try await read { row in
            do { try found.take(row) } catch { throw located(error, row) }
        }
        return found.result()
    }

    /// Gathers the records that `read` reads.
    ///
    /// - Throws: as ``record(of:)``.
    func gather(_ read: (@escaping RowHandler) async throws -> Void) async throws -> [Record] {
        let found = codec.gatherer(collection)
        try await read { row in
            do { try found.take(row) } catch { throw located(error, row) }
        }
        return found.result()
    }

    private func located(_ error: any Error, _ row: any RowReader) -> StorageError {
        var known = error as? StorageError ?? StorageError(.corrupt, "a stored record cannot be read")
        guard known.recordID == nil else { return known }
        // A codec of the type's own reads by position and need not know the names (SCH-3, VAL-6).
        if known.code == .corrupt, known.field == nil { known = known.inField(unreadableField(of: row)) }
        let values = collection.key.compactMap { try? row.value($0, as: collection.fields[$0].type) }
        return known.forRecord(Key(values).description).inCollection(collection.name)
    }
}

extension RecordSchema {
    /// The first field that the record's properties cannot hold; nil when each could.
    private func unreadableField(of row: any RowReader) -> String? {
        fields.indices.first { position in
            do {
                if try row.isNull(position) { return !fields[position].isOptional }
                try fields[position].check(row.value(position, as: fields[position].type))
                return false
            } catch {
                return true
            }
        }.map { fields[$0].name }
    }
}

extension RowReader {
    /// The value of an optional field.
    public func optional<V: FieldValue>(_ field: Int, _ type: V.Type) throws -> V? {
        try isNull(field) ? nil : V(storedValue: value(field, as: V.fieldType))
    }
}
