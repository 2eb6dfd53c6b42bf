#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Where a value is being decoded, and how each type is read.
struct JSONDecodingScope {
    let path: [any CodingKey]
    let userInfo: [CodingUserInfoKey: any Sendable]
    /// Notes the keys that are asked for, when someone wants to know.
    let known: JSONKnownKeys?

    func at(_ key: some CodingKey) -> JSONDecodingScope {
        JSONDecodingScope(path: path + [key], userInfo: userInfo, known: known?.enter(key.stringValue))
    }

    func at(_ index: Int) -> JSONDecodingScope {
        JSONDecodingScope(path: path + [IndexKey(index)], userInfo: userInfo, known: known?.enter(index))
    }

    /// One value, by its type; scalars take the short way, without a decoder of their own.
    func value<Value: Decodable>(_ type: Value.Type, from json: JSON) throws -> Value {
        if let scalar = try scalar(type, from: json) { return scalar }
        return try Value(from: JSONTreeDecoder(json: json, scope: self))
    }

    private func scalar<Value>(_ type: Value.Type, from json: JSON) throws -> Value? {
        if type == String.self { return try string(json, for: type) as? Value }
        if type == Bool.self {
            guard case .bool(let flag) = json else { throw mismatch(type, json) }
            return flag as? Value
        }
        if type == Double.self { return try number(json, for: type, \.double) as? Value }
        if type == Float.self { return try number(json, for: type, \.float) as? Value }
        if type == Decimal.self { return try number(json, for: type, \.decimal) as? Value }
        if let integer = try integer(type, from: json) { return integer }
        if type == Timestamp.self { return try timestamp(json, for: type) as? Value }
        if type == Date.self { return try timestamp(json, for: type).date as? Value }
        if type == UUID.self {
            return try parsed(json, for: type, "the text is not a UUID") { UUID(uuidString: $0) } as? Value
        }
        if type == Data.self {
            return try parsed(json, for: type, "the text is not base64") { Data(base64Encoded: $0) } as? Value
        }
        if type == URL.self {
            return try parsed(json, for: type, "the text is not a URL") { URL(string: $0) } as? Value
        }
        return nil
    }

    private func integer<Value>(_ type: Value.Type, from json: JSON) throws -> Value? {
        func read<Integer: FixedWidthInteger>(_: Integer.Type) throws -> Value? {
            try number(json, for: type) { $0.integer(as: Integer.self) } as? Value
        }
        if type == Int.self { return try read(Int.self) }
        if type == Int64.self { return try read(Int64.self) }
        if type == Int32.self { return try read(Int32.self) }
        if type == Int16.self { return try read(Int16.self) }
        if type == Int8.self { return try read(Int8.self) }
        if type == UInt.self { return try read(UInt.self) }
        if type == UInt64.self { return try read(UInt64.self) }
        if type == UInt32.self { return try read(UInt32.self) }
        if type == UInt16.self { return try read(UInt16.self) }
        if type == UInt8.self { return try read(UInt8.self) }
        return nil
    }

    private func number<Number>(
        _ json: JSON,
        for type: Any.Type,
        _ read: (JSONNumber) -> Number?
    ) throws -> Number {
        guard case .number(let number) = json else { throw mismatch(type, json) }
        guard let value = read(number) else { throw refused("the number is not one that \(type) holds") }
        return value
    }

    private func string(_ json: JSON, for type: Any.Type) throws -> String {
        guard case .string(let text) = json else { throw mismatch(type, json) }
        guard !text.utf8.contains(0) else { throw refused("the text holds U+0000") }
        return text
    }

    private func timestamp(_ json: JSON, for type: Any.Type) throws -> Timestamp {
        let text = try string(json, for: type)
        do {
            return try Timestamp(rfc3339: text)
        } catch {
            throw refused(error.message)
        }
    }

    private func parsed<Result>(
        _ json: JSON,
        for type: Any.Type,
        _ refusal: String,
        _ parse: (String) -> Result?
    ) throws -> Result {
        guard let value = parse(try string(json, for: type)) else { throw refused(refusal) }
        return value
    }

    /// The error for a value of the wrong kind.
    func mismatch(_ type: Any.Type, _ json: JSON) -> DecodingError {
        let found: String
        switch json {
        case .null:
            let context = DecodingError.Context(codingPath: path, debugDescription: "the value is null")
            return .valueNotFound(type, context)
        case .bool: found = "a truth value"
        case .number: found = "a number"
        case .string: found = "a text"
        case .array: found = "an array"
        case .object: found = "an object"
        }
        return .typeMismatch(type, DecodingError.Context(codingPath: path, debugDescription: "the value is \(found)"))
    }

    /// The error for a value of the right kind that the type cannot hold; the reason quotes nothing, so that it may be
    /// shown (see ``JSONValueDecoder``).
    private func refused(_ reason: String) -> DecodingError {
        .dataCorrupted(
            DecodingError.Context(
                codingPath: path,
                debugDescription: reason,
                underlyingError: StorageError(.corrupt, reason)
            )
        )
    }
}
