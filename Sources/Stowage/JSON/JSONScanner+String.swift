extension JSONScanner {
    /// A string or a key that was read: where its content stands, without the quotes.
    package struct StringToken: Sendable {
        /// The content between the quotes.
        package let range: Range<Int>
        /// Whether the content holds escape sequences; without them its bytes are the text's own.
        package let hasEscapes: Bool
        /// Whether the text holds U+0000, which only an escape sequence can write.
        package let containsNUL: Bool
    }

    /// Reads a string and checks its UTF-8 and its escape sequences.
    package mutating func scanString() throws(JSONSyntaxError) -> StringToken {
        let end = bytes.count
        guard position < end else { throw JSONSyntaxError(.truncated, at: position) }
        guard bytes[position] == UInt8(ascii: "\"") else { throw JSONSyntaxError(.noString, at: position) }
        let start = position + 1
        var index = start
        var hasEscapes = false
        var hasNUL = false
        while true {
            index = bytes.endOfPlainASCII(from: index)
            guard index < end else { throw JSONSyntaxError(.truncated, at: end) }
            switch bytes[index] {
            case UInt8(ascii: "\""):
                position = index + 1
                containsNUL = containsNUL || hasNUL
                return StringToken(range: start..<index, hasEscapes: hasEscapes, containsNUL: hasNUL)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                let scalar = try escapedScalar(at: &index)
                if scalar == 0 { hasNUL = true }
            case 0x80...:
                let length = bytes.lengthOfScalar(at: index)
                if length == 0 { throw JSONSyntaxError(.unicode, at: index) }
                index += length
            default:
                throw JSONSyntaxError(.controlCharacter, at: index)
            }
        }
    }

    /// The text of a string or a key.
    package func text(of token: StringToken) -> String {
        token.hasEscapes
            ? String(decoding: decodedBytes(of: token), as: UTF8.self)
            : UTF8Text.string(valid: UnsafeBufferPointer(rebasing: bytes[token.range]))
    }

    /// The text's UTF-8 bytes, escape sequences replaced.
    package func decodedBytes(of token: StringToken) -> [UInt8] {
        guard token.hasEscapes else { return Array(bytes[token.range]) }
        var result: [UInt8] = []
        result.reserveCapacity(token.range.count)
        var index = token.range.lowerBound
        while index < token.range.upperBound {
            let plain = index
            while index < token.range.upperBound, bytes[index] != UInt8(ascii: "\\") { index += 1 }
            result.append(contentsOf: bytes[plain..<index])
            guard index < token.range.upperBound else { break }
            // The token was checked when it was read, so neither the escape nor the scalar can fail.
            guard let value = try? escapedScalar(at: &index), let scalar = Unicode.Scalar(value) else { break }
            result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
        return result
    }

    /// Reads one escape sequence, or two that are a surrogate pair, and moves past it.
    private func escapedScalar(at index: inout Int) throws(JSONSyntaxError) -> UInt32 {
        let start = index
        guard index + 1 < bytes.count else { throw JSONSyntaxError(.truncated, at: bytes.count) }
        let kind = bytes[index + 1]
        index += 2
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UInt32(kind)
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "f"): return 0x0c
        case UInt8(ascii: "n"): return 0x0a
        case UInt8(ascii: "r"): return 0x0d
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "u"): break
        default: throw JSONSyntaxError(.escape, at: start)
        }
        let first = try hexadecimal(at: &index, escape: start)
        switch first {
        case 0xd800...0xdbff:
            guard index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u")
            else { throw JSONSyntaxError(.surrogate, at: start) }
            let lowStart = index
            index += 2
            let second = try hexadecimal(at: &index, escape: lowStart)
            guard (0xdc00...0xdfff).contains(second) else { throw JSONSyntaxError(.surrogate, at: start) }
            return 0x10000 + (first - 0xd800) << 10 + (second - 0xdc00)
        case 0xdc00...0xdfff:
            throw JSONSyntaxError(.surrogate, at: start)
        default:
            return first
        }
    }

    private func hexadecimal(at index: inout Int, escape: Int) throws(JSONSyntaxError) -> UInt32 {
        guard index + 4 <= bytes.count else { throw JSONSyntaxError(.truncated, at: bytes.count) }
        var value: UInt32 = 0
        for byte in bytes[index..<index + 4] {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw JSONSyntaxError(.escape, at: escape)
            }
            value = value << 4 | UInt32(digit)
        }
        index += 4
        return value
    }
}
