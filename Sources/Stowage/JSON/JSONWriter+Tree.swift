extension JSON {
    /// The text without white space.
    public var compact: [UInt8] {
        var bytes: [UInt8] = []
        JSONWriter.append(self, to: &bytes)
        return bytes
    }

    /// The text with one member or element a line, indented by two spaces a level.
    public var pretty: [UInt8] {
        var bytes: [UInt8] = []
        JSONWriter.appendPretty(self, level: 0, to: &bytes)
        return bytes
    }
}

extension JSONWriter {
    /// Appends a tree without white space.
    public static func append(_ value: JSON, to bytes: inout [UInt8]) {
        switch value {
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                append(element, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                append(member.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                append(member.value, to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        case .null, .bool, .number, .string:
            appendScalar(value, to: &bytes)
        }
    }

    /// Appends a tree with two spaces a level; the first line is not indented, and empty containers are `[]` and `{}`.
    public static func appendPretty(_ value: JSON, level: Int, to bytes: inout [UInt8]) {
        switch value {
        case .array(let elements) where !elements.isEmpty:
            for (index, element) in elements.enumerated() {
                bytes.append(UInt8(ascii: index == 0 ? "[" : ","))
                appendLine(level + 1, to: &bytes)
                appendPretty(element, level: level + 1, to: &bytes)
            }
            appendLine(level, to: &bytes)
            bytes.append(UInt8(ascii: "]"))
        case .object(let object) where !object.members.isEmpty:
            for (index, member) in object.members.enumerated() {
                bytes.append(UInt8(ascii: index == 0 ? "{" : ","))
                appendLine(level + 1, to: &bytes)
                append(member.key, to: &bytes)
                bytes.append(contentsOf: ": ".utf8)
                appendPretty(member.value, level: level + 1, to: &bytes)
            }
            appendLine(level, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        default:
            append(value, to: &bytes)
        }
    }

    /// Appends a line break and two spaces a level.
    package static func appendLine(_ level: Int, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: level * 2))
    }

    private static func appendScalar(_ value: JSON, to bytes: inout [UInt8]) {
        switch value {
        case .bool(let value): append(value, to: &bytes)
        case .number(let number): bytes.append(contentsOf: number.text.utf8)
        case .string(let text): append(text, to: &bytes)
        case .null, .array, .object: bytes.append(contentsOf: "null".utf8)
        }
    }
}
