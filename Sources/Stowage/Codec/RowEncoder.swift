internal import FoundationEssentials

/// Writes a `Codable` record into a row, field by field.
@usableFromInline
enum RowEncoder {
    @usableFromInline
    static func encode(_ record: some Encodable, into writer: inout RowWriter) throws {
        let encoder = RecordEncoder(RowBox(writer))
        try record.encode(to: encoder)
        writer = encoder.box.writer
    }
}

/// The row being written: containers are values and share it.
private final class RowBox {
    var writer: RowWriter
    /// Where the next key probably stands: types mostly encode in schema order.
    var guess = 0
    init(_ writer: RowWriter) { self.writer = writer }

    func position(of key: some CodingKey) throws -> Int {
        guard let position = writer.collection.position(of: key.stringValue, guess: guess) else {
            throw StorageError(
                .configuration,
                "the record type encodes the key \(key.stringValue), which the schema of "
                    + "\(writer.collection.name) does not name",
                advice: "List it in `fields`, or leave it out of the type's coding keys"
            ).inField(key.stringValue)
        }
        guess = position + 1
        return position
    }
}

private struct RecordEncoder: Encoder {
    let box: RowBox
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(_ box: RowBox) { self.box = box }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(RecordContainer<Key>(box: box))
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        RefusingContainer<AnyCodingKey>("a record is encoded as a list, not by keys")
    }
    func singleValueContainer() -> any SingleValueEncodingContainer {
        RefusingContainer<AnyCodingKey>("a record is encoded as one value, not by keys")
    }
}

private struct RecordContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let box: RowBox
    var codingPath: [any CodingKey] { [] }

    private func put(_ value: some FieldValue, _ key: Key) throws {
        let position = try box.position(of: key)
        try box.writer.set(position, value)
    }

    func encodeNil(forKey key: Key) throws { box.writer.set(try box.position(of: key), stored: .null) }
    func encode(_ value: Bool, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: String, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: Double, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: Float, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: Int, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: Int8, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: Int16, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: Int32, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: Int64, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: UInt, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: UInt8, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: UInt16, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: UInt32, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: UInt64, forKey key: Key) throws { try put(value, key) }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        let position = try box.position(of: key)
        if box.writer.collection.layout.types[position] == .json { return try box.writer.setNested(position, value) }
        if let plain = value as? any FieldValue { return try box.writer.set(position, plain) }
        do {
            box.writer.set(position, stored: try ScalarEncoder.encode(value))
        } catch let error as StorageError {
            throw error.inField(box.writer.collection.fields[position].name)
        }
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        KeyedEncodingContainer(
            RefusingContainer<NestedKey>("a nested field is encoded by hand; make it a type of its own")
        )
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        RefusingContainer<AnyCodingKey>("a nested field is encoded by hand; make it a type of its own")
    }
    func superEncoder() -> any Encoder { RecordEncoder(box) }
    func superEncoder(forKey key: Key) -> any Encoder { RecordEncoder(box) }
}
