/// The little JSON that SQL adapters write and take apart: lists of strings and numbers, objects by their members.
///
/// Members are cut out as they stand, so that numbers keep their spelling (REC-9).
package enum SQLJSON {
    /// A text as a JSON string.
    package static func string(_ text: String, into json: inout String) {
        json += "\""
        var plain = text.utf8.startIndex
        let utf8 = text.utf8
        var index = plain
        while index < utf8.endIndex {
            let byte = utf8[index]
            let next = utf8.index(after: index)
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                json += text[plain..<index]
                if byte < 0x20 {
                    json += byte < 0x10 ? "\\u000" : "\\u00"
                    json += String(byte, radix: 16)
                } else {
                    json += byte == UInt8(ascii: "\"") ? "\\\"" : "\\\\"
                }
                plain = next
            }
            index = next
        }
        json += text[plain...]
        json += "\""
    }

    /// Lays one object's members over another's: those of the same name are replaced in place, others appended.
    ///
    /// Nil when either is no JSON object.
    package static func overlay(_ new: String, on old: String) -> String? {
        guard let newMembers = members(of: new), let oldMembers = members(of: old) else { return nil }
        var result = oldMembers
        for member in newMembers {
            if let place = result.firstIndex(where: { $0.name.utf8.elementsEqual(member.name.utf8) }) {
                result[place] = member
            } else {
                result.append(member)
            }
        }
        return object(result)
    }

    /// A member of an object: its name decoded, its value as it stands.
    package struct Member {
        package var name: String
        package var value: String
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// An object of members; nil when there are none.
    package static func object(_ members: [Member]) -> String? {
        if members.isEmpty { return nil }
        var json = "{"
        for (number, member) in members.enumerated() {
            if number > 0 { json += "," }
            string(member.name, into: &json)
            json += ":"
            json += member.value
        }
        return json + "}"
    }

    /// The members of an object; nil when the text is none. Values are cut out, not checked.
    package static func members(of object: String) -> [Member]? {
        var scanner = MemberScanner(Array(object.utf8))
        return scanner.members()
    }
}

/// Finds the members of one JSON object.
private struct MemberScanner {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func members() -> [SQLJSON.Member]? {
        var members: [SQLJSON.Member] = []
        guard take("{") else { return nil }
        if take("}") { return isAtEnd ? members : nil }
        repeat {
            skipSpace()
            guard let name = string(), take(":"), let value = value() else { return nil }
            members.append(SQLJSON.Member(name: name, value: value))
        } while take(",")
        return take("}") && isAtEnd ? members : nil
    }

    private var isAtEnd: Bool {
        mutating get {
            skipSpace()
            return place == bytes.count
        }
    }

    private mutating func skipSpace() {
        while place < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[place]) { place += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    /// The value as it stands: up to the comma or brace that is not inside it.
    private mutating func value() -> String? {
        skipSpace()
        let start = place
        var depth = 0
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "\""):
                guard skipString() else { return nil }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return cut(start) }
                depth -= 1
            case UInt8(ascii: ",") where depth == 0: return cut(start)
            default: break
            }
            place += 1
        }
        return nil
    }

    private func cut(_ start: Int) -> String? {
        var end = place
        while end > start, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[end - 1]) { end -= 1 }
        return end == start ? nil : String(decoding: bytes[start..<end], as: UTF8.self)
    }

    private mutating func skipString() -> Bool {
        place += 1
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "\\"): place += 2
            case UInt8(ascii: "\""):
                place += 1
                return true
            default: place += 1
            }
        }
        return false
    }

    /// A string, decoded.
    private mutating func string() -> String? {
        guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { return nil }
        let start = place + 1
        guard skipString() else { return nil }
        let raw = bytes[start..<place - 1]
        guard raw.contains(UInt8(ascii: "\\")) else { return String(decoding: raw, as: UTF8.self) }
        var units: [UInt16] = []
        var rest = String(decoding: raw, as: UTF8.self).utf16[...]
        while let unit = rest.popFirst() {
            guard unit == 0x5c else {
                units.append(unit)
                continue
            }
            guard let escaped = rest.popFirst() else { return nil }
            switch UInt8(truncatingIfNeeded: escaped) {
            case UInt8(ascii: "n"): units.append(0x0a)
            case UInt8(ascii: "t"): units.append(0x09)
            case UInt8(ascii: "r"): units.append(0x0d)
            case UInt8(ascii: "b"): units.append(0x08)
            case UInt8(ascii: "f"): units.append(0x0c)
            case UInt8(ascii: "u"):
                let digits = String(decoding: Array(rest.prefix(4)), as: UTF16.self)
                guard digits.utf8.count == 4, let value = UInt16(digits, radix: 16) else { return nil }
                units.append(value)
                rest = rest.dropFirst(4)
            default: units.append(escaped)
            }
        }
        return String(decoding: units, as: UTF16.self)
    }
}
