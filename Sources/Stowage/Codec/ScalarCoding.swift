/// Encodes what a plain field holds: an enum or a wrapper that encodes as exactly one value.
enum ScalarEncoder {
    static func encode(_ value: some Encodable) throws -> Value {
        let box = Box()
        try value.encode(to: Coder(box: box))
        return box.value
    }

    fileprivate final class Box {
        var value = Value.null
    }

    fileprivate static let shape = "a plain field encodes several values; describe it as a nested type"

    private struct Coder: Encoder {
        let box: Box
        var codingPath: [any CodingKey] { [] }
        var userInfo: [CodingUserInfoKey: Any] { [:] }
        func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
            KeyedEncodingContainer(RefusingContainer<Key>(shape))
        }
        func unkeyedContainer() -> any UnkeyedEncodingContainer { RefusingContainer<AnyCodingKey>(shape) }
        func singleValueContainer() -> any SingleValueEncodingContainer { Container(box: box) }
    }

    private struct Container: SingleValueEncodingContainer {
        let box: Box
        var codingPath: [any CodingKey] { [] }
        func encodeNil() { box.value = .null }
        func encode(_ value: Bool) { box.value = value.storedValue() }
        func encode(_ value: String) throws { box.value = try value.storedValue() }
        func encode(_ value: Double) throws { box.value = try value.storedValue() }
        func encode(_ value: Float) throws { box.value = try value.storedValue() }
        func encode(_ value: Int) throws { box.value = try value.storedValue() }
        func encode(_ value: Int8) throws { box.value = try value.storedValue() }
        func encode(_ value: Int16) throws { box.value = try value.storedValue() }
        func encode(_ value: Int32) throws { box.value = try value.storedValue() }
        func encode(_ value: Int64) throws { box.value = try value.storedValue() }
        func encode(_ value: UInt) throws { box.value = try value.storedValue() }
        func encode(_ value: UInt8) throws { box.value = try value.storedValue() }
        func encode(_ value: UInt16) throws { box.value = try value.storedValue() }
        func encode(_ value: UInt32) throws { box.value = try value.storedValue() }
        func encode(_ value: UInt64) throws { box.value = try value.storedValue() }
        func encode<T: Encodable>(_ value: T) throws {
            box.value =
                if let plain = value as? any FieldValue { try plain.storedValue() } else {
                    try ScalarEncoder.encode(value)
                }
        }
    }
}

/// Decodes what a plain field holds into an enum or a wrapper that decodes from exactly one value.
struct ScalarDecoder: Decoder, SingleValueDecodingContainer {
    let value: Value
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    static func decode<T: Decodable>(_ type: T.Type, from value: Value) throws -> T {
        do {
            return try T(from: ScalarDecoder(value: value))
        } catch is DecodingError {
            // The decoding error's own text quotes the value, so it is not carried along (LIF-4).
            throw StorageError(.corrupt, "a stored value is not one of \(type)")
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        throw StorageError(.configuration, ScalarEncoder.shape)
    }
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw StorageError(.configuration, ScalarEncoder.shape)
    }
    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { value.isNull }
    func decode(_ type: Bool.Type) throws -> Bool { try Bool(storedValue: value) }
    func decode(_ type: String.Type) throws -> String { try String(storedValue: value) }
    func decode(_ type: Double.Type) throws -> Double { try Double(storedValue: value) }
    func decode(_ type: Float.Type) throws -> Float { try Float(storedValue: value) }
    func decode(_ type: Int.Type) throws -> Int { try Int(storedValue: value) }
    func decode(_ type: Int8.Type) throws -> Int8 { try Int8(storedValue: value) }
    func decode(_ type: Int16.Type) throws -> Int16 { try Int16(storedValue: value) }
    func decode(_ type: Int32.Type) throws -> Int32 { try Int32(storedValue: value) }
    func decode(_ type: Int64.Type) throws -> Int64 { try Int64(storedValue: value) }
    func decode(_ type: UInt.Type) throws -> UInt { try UInt(storedValue: value) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try UInt8(storedValue: value) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try UInt16(storedValue: value) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try UInt32(storedValue: value) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try UInt64(storedValue: value) }
    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        if let plain = type as? any FieldValue.Type, let known = try plain.init(storedValue: value) as? T {
            return known
        }
        return try T(from: self)
    }
}
