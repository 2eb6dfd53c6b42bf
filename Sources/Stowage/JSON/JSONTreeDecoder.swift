/// What a type sees as its `Decoder`, and its three kinds of container.
struct JSONTreeDecoder: Decoder {
    let json: JSON
    let scope: JSONDecodingScope

    var codingPath: [any CodingKey] { scope.path }
    var userInfo: [CodingUserInfoKey: Any] { scope.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let object) = json else { throw scope.mismatch([String: JSON].self, json) }
        return KeyedDecodingContainer(Keyed<Key>(object: JSONMemberLookup(object), scope: scope))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = json else { throw scope.mismatch([JSON].self, json) }
        return Unkeyed(elements: elements, scope: scope)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        Single(json: json, scope: scope)
    }
}

extension JSONTreeDecoder {
    // The generic `decode` of each container also serves the protocol's requirements for single types, and the
    // library's `decodeIfPresent` is built on `contains` and `decodeNil`.
    private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let object: JSONMemberLookup
        let scope: JSONDecodingScope
        var codingPath: [any CodingKey] { scope.path }

        var allKeys: [Key] {
            scope.known?.isEverything = true
            return object.members.compactMap { Key(stringValue: $0.key) }
        }

        func contains(_ key: Key) -> Bool {
            scope.known?.ask(for: key.stringValue)
            return object[key.stringValue] != nil
        }

        func decodeNil(forKey key: Key) throws -> Bool {
            if case .null = try member(key) { true } else { false }
        }

        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
            try scope.at(key).value(type, from: member(key))
        }

        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type,
            forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> {
            try child(key).container(keyedBy: type)
        }

        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            try child(key).unkeyedContainer()
        }

        func superDecoder() throws -> any Decoder {
            // Foundation's decoder takes a missing superclass for null, and so classes rely on it.
            JSONTreeDecoder(json: object[SuperKey().stringValue] ?? .null, scope: scope.at(SuperKey()))
        }

        func superDecoder(forKey key: Key) throws -> any Decoder {
            JSONTreeDecoder(json: object[key.stringValue] ?? .null, scope: scope.at(key))
        }

        private func child(_ key: Key) throws -> JSONTreeDecoder {
            JSONTreeDecoder(json: try member(key), scope: scope.at(key))
        }

        private func member(_ key: Key) throws -> JSON {
            scope.known?.ask(for: key.stringValue)
            if let value = object[key.stringValue] { return value }
            throw DecodingError.keyNotFound(
                key,
                DecodingError.Context(codingPath: scope.path, debugDescription: "the required key is missing")
            )
        }
    }

    private struct Unkeyed: UnkeyedDecodingContainer {
        let elements: [JSON]
        let scope: JSONDecodingScope
        var currentIndex = 0
        var codingPath: [any CodingKey] { scope.path }
        var count: Int? { elements.count }
        var isAtEnd: Bool { currentIndex == elements.count }

        init(elements: [JSON], scope: JSONDecodingScope) {
            self.elements = elements
            self.scope = scope
        }

        mutating func decodeNil() throws -> Bool {
            guard case .null = try element(Never?.self) else { return false }
            currentIndex += 1
            return true
        }

        mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
            let value = try scope.at(currentIndex).value(type, from: element(type))
            // Only now: an element that could not be read can be asked for again as another type.
            currentIndex += 1
            return value
        }

        mutating func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type
        ) throws -> KeyedDecodingContainer<Nested> {
            let container = try child().container(keyedBy: type)
            currentIndex += 1
            return container
        }

        mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
            let container = try child().unkeyedContainer()
            currentIndex += 1
            return container
        }

        mutating func superDecoder() throws -> any Decoder {
            let decoder = try child()
            currentIndex += 1
            return decoder
        }

        private func child() throws -> JSONTreeDecoder {
            JSONTreeDecoder(json: try element(JSON.self), scope: scope.at(currentIndex))
        }

        private func element(_ type: Any.Type) throws -> JSON {
            if currentIndex < elements.count { return elements[currentIndex] }
            let path = scope.path + [IndexKey(currentIndex)]
            let context = DecodingError.Context(codingPath: path, debugDescription: "the array ends before")
            throw DecodingError.valueNotFound(type, context)
        }
    }

    private struct Single: SingleValueDecodingContainer {
        let json: JSON
        let scope: JSONDecodingScope
        var codingPath: [any CodingKey] { scope.path }

        func decodeNil() -> Bool {
            if case .null = json { true } else { false }
        }

        func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
            try scope.value(type, from: json)
        }
    }
}
