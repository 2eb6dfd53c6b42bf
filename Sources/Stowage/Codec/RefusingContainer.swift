/// Any coding key, for containers that need one and care for none.
struct AnyCodingKey: CodingKey {
    var stringValue: String
    var intValue: Int?
    init(stringValue: String) { self.stringValue = stringValue }
    init(intValue: Int) {
        stringValue = String(intValue)
        self.intValue = intValue
    }
}

/// A container for the shapes that a row cannot have: whatever is encoded into it throws `configuration`.
///
/// `Encoder` hands out containers without throwing, so the refusal has to wait for the first value.
struct RefusingContainer<Key: CodingKey>: KeyedEncodingContainerProtocol, UnkeyedEncodingContainer,
    SingleValueEncodingContainer
{
    let refusal: StorageError
    var codingPath: [any CodingKey] { [] }
    var count: Int { 0 }

    init(_ message: String) { refusal = StorageError(.configuration, message) }

    func encodeNil() throws { throw refusal }
    func encode<T: Encodable>(_ value: T) throws { throw refusal }
    func encodeNil(forKey key: Key) throws { throw refusal }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws { throw refusal }
    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        KeyedEncodingContainer(RefusingContainer<NestedKey>(refusal.message))
    }
    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> { nestedContainer(keyedBy: keyType) }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { self }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { self }
    func superEncoder() -> any Encoder { RefusingEncoder(refusal: refusal) }
    func superEncoder(forKey key: Key) -> any Encoder { RefusingEncoder(refusal: refusal) }
}

/// An encoder whose containers all refuse.
private struct RefusingEncoder: Encoder {
    let refusal: StorageError
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }
    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(RefusingContainer<Key>(refusal.message))
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer { RefusingContainer<AnyCodingKey>(refusal.message) }
    func singleValueContainer() -> any SingleValueEncodingContainer {
        RefusingContainer<AnyCodingKey>(refusal.message)
    }
}
