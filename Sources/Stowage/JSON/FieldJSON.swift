internal import FoundationEssentials

/// How one field's value stands in JSON: in the JSON file, in exports, and as a part of the state.
///
/// | type | form |
/// |---|---|
/// | bool, int, double | literal or number |
/// | text | string |
/// | time | string, RFC 3339 with six digits and Z (VAL-5) |
/// | uuid | string, lower case |
/// | data | string, base64 |
/// | decimal | number, every digit |
/// | json | whatever it is |
package enum FieldJSON {
    /// Appends a value; null as `null`.
    package static func append(_ value: Value, to bytes: inout [UInt8]) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): JSONWriter.append(value, to: &bytes)
        case .int(let value): JSONWriter.append(value, to: &bytes)
        case .double(let value): bytes.append(contentsOf: value.description.utf8)
        case .text(let value): JSONWriter.append(value, to: &bytes)
        case .time(let value): JSONWriter.append(value, to: &bytes)
        case .uuid(let value): JSONWriter.append(value.uuidString.lowercased(), to: &bytes)
        case .data(let value): JSONWriter.append(value.base64EncodedString(), to: &bytes)
        case .decimal(let value): bytes.append(contentsOf: value.canonicalText.utf8)
        case .json(let text): bytes.append(contentsOf: text.utf8)
        }
    }

    /// A value's JSON text.
    package static func text(of value: Value) -> String {
        var bytes: [UInt8] = []
        append(value, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads the value that stands at the scanner, as a field's type has it.
    ///
    /// - Throws: ``JSONSyntaxError``, or ``StorageError`` with code `corrupt` (`invalidValue` for U+0000) that says what
    ///   is expected.
    package static func value(_ scanner: inout JSONScanner, as type: FieldType) throws -> Value {
        let start = scanner.position
        if scanner.nextByte == UInt8(ascii: "n") {
            _ = try scanner.scanNull()
            return .null
        }
        switch type {
        case .bool:
            guard let value = isWord(scanner.nextByte) ? try scanner.scanBool() : nil else {
                throw expected("true or false", start)
            }
            return .bool(value)
        case .int:
            guard isNumber(scanner.nextByte) else { throw expected("a whole number", start) }
            guard let value = scanner.int64(at: try scanner.scanNumber()) else {
                throw expected("a whole number from -2^63 to 2^63-1", start)
            }
            return .int(value)
        case .double:
            guard isNumber(scanner.nextByte) else { throw expected("a number", start) }
            guard let value = scanner.double(at: try scanner.scanNumber()) else {
                throw expected("a number within the range of a double", start)
            }
            return .double(value)
        case .decimal:
            guard isNumber(scanner.nextByte) else { throw expected("a number", start) }
            guard let value = scanner.number(at: try scanner.scanNumber()).decimal else {
                throw expected("a decimal number of at most 38 digits", start)
            }
            return .decimal(value)
        case .text:
            let text = try string(&scanner, "text", start)
            if TextOrder.containsNUL(text) { throw StorageError.nulInText.at(.init(byteOffset: start)) }
            return .text(text)
        case .time:
            let text = try string(&scanner, "a date", start)
            do {
                let time = try Timestamp(rfc3339: text)
                if text.utf8.count > 27, Timestamp.isRounded(rfc3339: Array(text.utf8)) { scanner.roundsTime = true }
                return .time(time)
            } catch {
                throw StorageError(.corrupt, error.message, advice: error.advice).at(.init(byteOffset: start))
            }
        case .uuid:
            guard let value = UUID(uuidString: try string(&scanner, "a UUID", start)) else {
                throw expected("a UUID", start)
            }
            return .uuid(value)
        case .data:
            guard let value = Data(base64Encoded: try string(&scanner, "base64 text", start)) else {
                throw expected("base64 text", start)
            }
            return .data(value)
        case .json:
            let range = try scanner.skipValue()
            return .json(try compactText(UnsafeBufferPointer(rebasing: scanner.bytes[range])))
        }
    }

    /// Checks the value that stands at the scanner as ``value(_:as:)`` does, without making it; answers whether it is
    /// null. Most of the time that opening a file takes is spent here, and the common types cost no allocation.
    static func check(_ scanner: inout JSONScanner, as type: FieldType) throws -> Bool {
        let start = scanner.position
        let first = scanner.nextByte
        switch type {
        case .text where first == UInt8(ascii: "\""):
            if try scanner.scanString().containsNUL { throw StorageError.nulInText.at(.init(byteOffset: start)) }
            return false
        case .time where first == UInt8(ascii: "\""):
            let token = try scanner.scanString()
            let bytes = UnsafeBufferPointer(rebasing: scanner.bytes[token.range])
            if !token.hasEscapes, Timestamp.microseconds(rfc3339: bytes) != nil {
                if bytes.count > 27, Timestamp.isRounded(rfc3339: bytes) { scanner.roundsTime = true }
                return false
            }
            // The long way says what is wrong.
            scanner.move(to: start)
        case .json where first != UInt8(ascii: "n"):
            try scanner.skipValue()
            return false
        default: break
        }
        return try value(&scanner, as: type).isNull
    }

    /// Reads a value from its JSON text.
    package static func value(ofText text: String, as type: FieldType) throws -> Value {
        var text = text
        return try text.withUTF8 { bytes in
            var scanner = JSONScanner(bytes)
            try scanner.begin()
            let value = try value(&scanner, as: type)
            try scanner.finish()
            return value
        }
    }

    private static func string(_ scanner: inout JSONScanner, _ what: String, _ start: Int) throws -> String {
        guard scanner.nextByte == UInt8(ascii: "\"") else { throw expected(what, start) }
        return scanner.text(of: try scanner.scanString())
    }

    private static func isWord(_ byte: UInt8?) -> Bool { byte == UInt8(ascii: "t") || byte == UInt8(ascii: "f") }

    private static func isNumber(_ byte: UInt8?) -> Bool {
        byte == UInt8(ascii: "-") || (byte.map { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ?? false)
    }

    private static func expected(_ what: String, _ start: Int) -> StorageError {
        StorageError(.corrupt, "\(what) is expected").at(.init(byteOffset: start))
    }

    /// JSON text without white space outside its strings.
    package static func compactText(_ bytes: UnsafeBufferPointer<UInt8>) throws -> String {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var isInString = false
        var isEscaped = false
        for byte in bytes {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
            } else if byte == UInt8(ascii: "\"") {
                isInString = true
            } else if byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
                continue
            }
            result.append(byte)
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension Decimal {
    /// The number in plain digits without needless zeros, so that equal numbers are equal text.
    package var canonicalText: String {
        let text = description
        guard text.utf8.contains(UInt8(ascii: ".")) else { return text }
        var digits = Substring(text)
        while digits.utf8.last == UInt8(ascii: "0") { digits.removeLast() }
        if digits.utf8.last == UInt8(ascii: ".") { digits.removeLast() }
        return String(digits)
    }
}

extension JSON {
    /// The text with all keys in the order of their bytes: equal content, equal text.
    package static func sortedText(ofText text: String) throws -> String {
        String(decoding: try JSON(parsing: text).sorted.compact, as: UTF8.self)
    }

    private var sorted: JSON {
        switch self {
        case .array(let elements): .array(elements.map(\.sorted))
        case .object(let object):
            .object(
                JSONObject(
                    distinct: object.members.map { .init(key: $0.key, value: $0.value.sorted) }
                        .sorted { TextOrder.compare($0.key, $1.key) == .ascending }
                )
            )
        default: self
        }
    }

    /// The members of one object laid over those of another: of one name they are replaced where they stand.
    package static func layingMembers(ofText new: String, overText old: String) throws -> String {
        guard case .object(let stored) = try JSON(parsing: old), case .object(let added) = try JSON(parsing: new) else {
            throw StorageError(.corrupt, "the unknown members of a record are not an object")
        }
        var members = stored.members
        var places: [ByteText: Int] = [:]
        for (place, member) in members.enumerated() { places[ByteText(member.key)] = place }
        for member in added.members {
            if let place = places[ByteText(member.key)] {
                members[place] = member
            } else {
                members.append(member)
            }
        }
        return String(decoding: JSON.object(JSONObject(distinct: members)).compact, as: UTF8.self)
    }
}

extension JSONValueEncoder {
    /// A nested value as compact JSON text.
    static func encodeToText(_ value: some Encodable) throws -> String {
        String(decoding: try JSONValueEncoder().encode(value), as: UTF8.self)
    }
}

extension JSONValueDecoder {
    /// A nested value of its JSON text.
    static func decode<T: Decodable>(_ type: T.Type, fromText text: String) throws -> T {
        try JSONValueDecoder().decode(type, from: JSON(parsing: text))
    }
}
