/// What a type sees as its `Encoder`, and its three kinds of container.
struct JSONTreeEncoder: Encoder {
    let node: JSONEncodingNode
    let scope: JSONEncodingScope

    var codingPath: [any CodingKey] { scope.path }
    var userInfo: [CodingUserInfoKey: Any] { scope.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        node.becomeObject()
        checkDepth()
        return KeyedEncodingContainer(Keyed<Key>(node: node, scope: scope))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        node.becomeArray()
        checkDepth()
        return Unkeyed(node: node, scope: scope)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        Single(node: node, scope: scope)
    }

    private func checkDepth() {
        if scope.isTooDeep { node.fail(scope.tooDeep) }
    }
}

extension JSONTreeEncoder {
    // The generic `encode` of each container also serves the protocol's requirements for single types.
    private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let node: JSONEncodingNode
        let scope: JSONEncodingScope
        var codingPath: [any CodingKey] { scope.path }

        func encodeNil(forKey key: Key) throws {
            node.set(try scope.text(of: key), .value(.null))
        }

        func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
            let text = try scope.text(of: key)
            node.set(text, try scope.at(key).slot(for: value))
        }

        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type,
            forKey key: Key
        ) -> KeyedEncodingContainer<Nested> {
            child(key).container(keyedBy: type)
        }

        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
            child(key).unkeyedContainer()
        }

        func superEncoder() -> any Encoder { child(SuperKey()) }

        func superEncoder(forKey key: Key) -> any Encoder { child(key) }

        private func child(_ key: some CodingKey) -> JSONTreeEncoder {
            let child = JSONEncodingNode()
            do {
                node.set(try scope.text(of: key), .node(child))
            } catch {
                node.fail(error)
            }
            return JSONTreeEncoder(node: child, scope: scope.at(key))
        }
    }

    private struct Unkeyed: UnkeyedEncodingContainer {
        let node: JSONEncodingNode
        let scope: JSONEncodingScope
        var codingPath: [any CodingKey] { scope.path }
        var count: Int { node.count }

        func encodeNil() throws { node.append(.value(.null)) }

        func encode<Value: Encodable>(_ value: Value) throws {
            node.append(try scope.at(IndexKey(count)).slot(for: value))
        }

        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
            child().container(keyedBy: type)
        }

        func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { child().unkeyedContainer() }

        func superEncoder() -> any Encoder { child() }

        private func child() -> JSONTreeEncoder {
            let child = JSONEncodingNode()
            let scope = scope.at(IndexKey(count))
            node.append(.node(child))
            return JSONTreeEncoder(node: child, scope: scope)
        }
    }

    private struct Single: SingleValueEncodingContainer {
        let node: JSONEncodingNode
        let scope: JSONEncodingScope
        var codingPath: [any CodingKey] { scope.path }

        func encodeNil() throws { node.setSingle(.value(.null)) }

        func encode<Value: Encodable>(_ value: Value) throws {
            node.setSingle(try scope.slot(for: value))
        }
    }
}
