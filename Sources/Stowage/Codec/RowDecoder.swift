internal import FoundationEssentials

/// Reads a `Codable` record from a row, field by field.
@usableFromInline
enum RowDecoder {
    @usableFromInline
    static func decoder(_ row: any RowReader, _ collection: CollectionSchema) -> any Decoder {
        RecordDecoder(source: RowSource(row: row, collection: collection))
    }
}

/// The row being read: containers are values and share it.
private final class RowSource {
    let row: any RowReader
    let collection: CollectionSchema
    /// Where the next key probably stands: types mostly decode in schema order.
    var guess = 0

    init(row: any RowReader, collection: CollectionSchema) {
        self.row = row
        self.collection = collection
    }

    func position(of key: some CodingKey) throws -> Int {
        guard let position = collection.position(of: key.stringValue, guess: guess) else {
            throw StorageError(
                .configuration,
                "the record type decodes the key \(key.stringValue), which the schema of "
                    + "\(collection.name) does not name",
                advice: "List it in `fields`, or leave it out of the type's coding keys"
            ).inField(key.stringValue)
        }
        guess = position + 1
        return position
    }

    /// Reads a required field, naming it in what goes wrong (SCH-3).
    func read<T>(_ key: some CodingKey, _ body: (any RowReader, Int) throws -> T) throws -> T {
        let position = try position(of: key)
        do {
            if try row.isNull(position) { throw StorageError(.corrupt, "a required field has no value") }
            return try body(row, position)
        } catch let error as StorageError where error.field == nil {
            throw error.inField(collection.fields[position].name)
        } catch let error as JSONSyntaxError {
            throw StorageError(.corrupt, "a stored nested value is no JSON: \(error.reason)")
                .inField(collection.fields[position].name)
        }
    }
}

private struct RecordDecoder: Decoder {
    let source: RowSource
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(RecordContainer<Key>(source: source))
    }
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw StorageError(.configuration, "a record is decoded as a list, not by keys")
    }
    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        throw StorageError(.configuration, "a record is decoded as one value, not by keys")
    }
}

private struct RecordContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let source: RowSource
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { source.collection.fields.compactMap { Key(stringValue: $0.name) }.filter(contains) }

    func contains(_ key: Key) -> Bool {
        guard let position = source.collection.position(of: key.stringValue, guess: source.guess) else { return false }
        return (try? source.row.isNull(position)) == false
    }
    func decodeNil(forKey key: Key) throws -> Bool { try source.row.isNull(try source.position(of: key)) }

    private func whole<T: FixedWidthInteger & FieldValue>(_ key: Key) throws -> T {
        try source.read(key) { row, field in try T(storedValue: .int(row.int(field))) }
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try source.read(key) { try $0.bool($1) } }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try source.read(key) { try $0.text($1) } }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try source.read(key) { try $0.double($1) } }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        try source.read(key) { try Float(storedValue: .double($0.double($1))) }
    }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try whole(key) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try whole(key) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try whole(key) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try whole(key) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try whole(key) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try whole(key) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try whole(key) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try whole(key) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try whole(key) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try whole(key) }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try source.read(key) { row, position in
            let fieldType = source.collection.layout.types[position]
            if fieldType == .json { return try JSONValueDecoder.decode(T.self, fromText: row.json(position)) }
            // The one type beside the standard library's that most records have.
            if fieldType == .time, type == Timestamp.self, let time = try row.time(position) as? T { return time }
            let value = try row.value(position, as: fieldType)
            if let plain = type as? any FieldValue.Type, let known = try plain.init(storedValue: value) as? T {
                return known
            }
            return try ScalarDecoder.decode(T.self, from: value)
        }
    }

    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        let position = try source.position(of: key)
        return try source.row.isNull(position) ? nil : source.row.text(position)
    }
    // Without these, each costs three searches for the key.
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        try isPresent(key) ? decode(type, forKey: key) : nil
    }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        try isPresent(key) ? decode(type, forKey: key) : nil
    }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        try isPresent(key) ? decode(type, forKey: key) : nil
    }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        try isPresent(key) ? decode(type, forKey: key) : nil
    }
    /// Whether the field holds something; if so, the next search begins with it again.
    private func isPresent(_ key: Key) throws -> Bool {
        let position = try source.position(of: key)
        if try source.row.isNull(position) { return false }
        source.guess = position
        return true
    }
    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        try isPresent(key) ? decode(type, forKey: key) : nil
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> { throw byHand }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw byHand }
    func superDecoder() -> any Decoder { RecordDecoder(source: source) }
    func superDecoder(forKey key: Key) -> any Decoder { RecordDecoder(source: source) }
    private var byHand: StorageError {
        StorageError(.configuration, "a nested field is decoded by hand; make it a type of its own")
    }
}
