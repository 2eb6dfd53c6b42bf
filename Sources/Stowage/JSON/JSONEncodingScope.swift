#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Where a value is being encoded, and how each type is written.
struct JSONEncodingScope {
    let path: [any CodingKey]
    let userInfo: [CodingUserInfoKey: any Sendable]

    func at(_ key: some CodingKey) -> JSONEncodingScope {
        JSONEncodingScope(path: path + [key], userInfo: userInfo)
    }

    /// Whether a container here could no longer be read back once the value lies within a record, and that in a file.
    var isTooDeep: Bool { path.count >= JSONScanner.maximumDepth - 12 }

    var tooDeep: StorageError {
        // Without the path, which would be as long as the value is deep.
        StorageError(.invalidValue, "the value is nested more than \(JSONScanner.maximumDepth - 12) deep")
    }

    /// One value, by its type; scalars take the short way, without an encoder of their own.
    func slot<Value: Encodable>(for value: Value) throws -> JSONEncodingSlot {
        if let scalar = try scalar(value) { return .value(scalar) }
        // Also ends the recursion of a value that holds itself.
        if isTooDeep { throw tooDeep }
        let node = JSONEncodingNode()
        try value.encode(to: JSONTreeEncoder(node: node, scope: self))
        if let type = Value.self as? any JSONUnordered.Type { return .value(type.sorted(try node.tree())) }
        return .node(node)
    }

    private func scalar<Value>(_ value: Value) throws(StorageError) -> JSON? {
        if Value.self == String.self, let text = value as? String { return try string(text) }
        if Value.self == Bool.self, let flag = value as? Bool { return .bool(flag) }
        if Value.self == Int.self, let integer = value as? Int { return .number(JSONNumber(integer)) }
        if Value.self == Double.self, let number = value as? Double { return try floating(number) }
        if Value.self == Float.self, let number = value as? Float { return try floating(number) }
        if let integer = Self.integer(value) { return integer }
        if Value.self == Timestamp.self, let time = value as? Timestamp { return .string(time.description) }
        if Value.self == Date.self, let date = value as? Date {
            do {
                return .string(try Timestamp(date).description)
            } catch {
                throw .nested(.invalidValue, path, error.message)
            }
        }
        if Value.self == UUID.self, let uuid = value as? UUID { return .string(uuid.uuidString.lowercased()) }
        if Value.self == Data.self, let data = value as? Data { return .string(data.base64EncodedString()) }
        if Value.self == URL.self, let url = value as? URL { return try string(url.absoluteString) }
        if Value.self == Decimal.self, let decimal = value as? Decimal {
            guard let number = JSONNumber(decimal.description) else {
                throw .nested(.invalidValue, path, "the number is not finite")
            }
            // A few decimals have 39 digits, which other readers and our own could not take back exactly.
            guard number.decimal == decimal else {
                throw .nested(.invalidValue, path, "the number has more than 38 digits")
            }
            return .number(number)
        }
        return nil
    }

    private static func integer<Value>(_ value: Value) -> JSON? {
        guard
            Value.self == Int64.self || Value.self == Int32.self || Value.self == Int16.self || Value.self == Int8.self
                || Value.self == UInt.self || Value.self == UInt64.self || Value.self == UInt32.self
                || Value.self == UInt16.self || Value.self == UInt8.self,
            let integer = value as? any FixedWidthInteger
        else { return nil }
        return .number(JSONNumber(integer))
    }

    private func floating(_ value: some BinaryFloatingPoint & CustomStringConvertible) throws(StorageError) -> JSON {
        guard value.isFinite else { throw .nested(.invalidValue, path, "the number is not finite") }
        return .number(JSONNumber(validated: value.description))
    }

    private func string(_ text: String) throws(StorageError) -> JSON {
        guard !text.utf8.contains(0) else { throw .nested(.invalidValue, path, "the text holds U+0000") }
        return .string(text)
    }

    /// The text of a key, which is refused like any other text that cannot be stored.
    func text(of key: some CodingKey) throws(StorageError) -> String {
        let text = key.stringValue
        guard !text.utf8.contains(0) else { throw .nested(.invalidValue, path, "a key holds U+0000") }
        return text
    }
}

/// A collection whose order means nothing and differs between equal values.
private protocol JSONUnordered {
    static func sorted(_ tree: JSON) -> JSON
}

extension Set: JSONUnordered {
    static func sorted(_ tree: JSON) -> JSON {
        guard case .array(let elements) = tree else { return tree }
        return .array(sortedByBytes(elements, by: \.self))
    }
}

extension Dictionary: JSONUnordered {
    /// Text and integer keys are members; with other keys Swift writes keys and values in turn.
    static func sorted(_ tree: JSON) -> JSON {
        switch tree {
        case .object(let object):
            let members = object.members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            return .object(JSONObject(distinct: members))
        case .array(let elements):
            let pairs = stride(from: 0, to: elements.count - 1, by: 2).map { [elements[$0], elements[$0 + 1]] }
            return .array(sortedByBytes(pairs, by: \.[0]).flatMap { $0 })
        default:
            return tree
        }
    }
}

private func sortedByBytes<Element>(_ elements: [Element], by part: (Element) -> JSON) -> [Element] {
    elements.map { (text: part($0).compact, element: $0) }
        .sorted { $0.text.lexicographicallyPrecedes($1.text) }
        .map(\.element)
}
