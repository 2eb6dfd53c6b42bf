/// Reads a JSON document (RFC 8259) token by token from bytes that stay in place, strictly and without a tree.
///
/// ```swift
/// var scanner = JSONScanner(bytes)
/// try scanner.begin()
/// var object = try scanner.beginObject()
/// while let key = try scanner.nextKey(of: &object) {
///     if scanner.text(of: key) == "name" { name = scanner.text(of: try scanner.scanString()) }
///     else { try scanner.skipValue() }
/// }
/// try scanner.finish()
/// ```
///
/// Refused: a byte order mark, invalid UTF-8, unescaped control characters, lone surrogates, keys that stand twice in
/// one object, more than ``maximumDepth`` levels, trailing commas, anything after the document. U+0000 is valid JSON,
/// and so only reported (``containsNUL``): storages refuse it themselves (VAL-2).
package struct JSONScanner: ~Copyable {
    /// The document. The caller keeps it alive and unchanged.
    package let bytes: UnsafeBufferPointer<UInt8>
    /// The offset of the next byte.
    package internal(set) var position = 0
    /// Whether a string or a key read so far holds U+0000.
    package internal(set) var containsNUL = false
    /// Whether a time read so far as a field's value has digits beyond the microsecond that are not zero: reading rounds
    /// them (VAL-5).
    package internal(set) var roundsTime = false
    /// Whether keys that stand twice are looked for: not when an earlier scan of the same bytes has done so.
    package var findsDuplicates = true
    /// How many objects and arrays are open.
    var depth = 0
    /// The keys of every open object, innermost last, to find duplicates.
    var openKeys: [OpenKey] = []

    /// How deep values may be nested: a limit on recursion, so that hostile input cannot exhaust the stack.
    package static let maximumDepth = 512

    /// Prepares to read; nothing is read yet.
    package init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// Moves to the document's first token; refuses an empty document and a byte order mark.
    package mutating func begin() throws(JSONSyntaxError) {
        if bytes.count >= 3, bytes[0] == 0xef, bytes[1] == 0xbb, bytes[2] == 0xbf {
            throw JSONSyntaxError(.byteOrderMark, at: 0)
        }
        skipWhitespace()
        if position == bytes.count { throw JSONSyntaxError(.empty, at: position) }
    }

    /// Makes sure that nothing but white space follows.
    package mutating func finish() throws(JSONSyntaxError) {
        skipWhitespace()
        if position < bytes.count { throw JSONSyntaxError(.trailing, at: position) }
    }

    /// Moves past white space.
    package mutating func skipWhitespace() {
        var index = position
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0a, 0x0d, 0x09: index &+= 1
            default:
                position = index
                return
            }
            // Indentation: eight blanks at a time.
            while index &+ 8 <= bytes.count {
                let word = UnsafeRawPointer(bytes.baseAddress.unsafelyUnwrapped).loadUnaligned(
                    fromByteOffset: index,
                    as: UInt64.self
                )
                let other = UInt64(littleEndian: word) ^ 0x2020_2020_2020_2020
                let blanks = other.trailingZeroBitCount / 8
                index &+= blanks
                if blanks < 8 { break }
            }
        }
        position = index
    }

    /// The next byte, which tells the kind of a value; nil at the end.
    package var nextByte: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Reads `null` if it stands here.
    package mutating func scanNull() throws(JSONSyntaxError) -> Bool {
        guard nextByte == UInt8(ascii: "n") else { return false }
        try expect("null")
        return true
    }

    /// Reads `true` or `false`; nil when the value is of another kind.
    package mutating func scanBool() throws(JSONSyntaxError) -> Bool? {
        switch nextByte {
        case UInt8(ascii: "t"):
            try expect("true")
            return true
        case UInt8(ascii: "f"):
            try expect("false")
            return false
        default:
            return nil
        }
    }

    private mutating func expect(_ word: StaticString) throws(JSONSyntaxError) {
        let count = word.utf8CodeUnitCount
        for index in 0..<count {
            guard position + index < bytes.count else { throw JSONSyntaxError(.truncated, at: bytes.count) }
            guard bytes[position + index] == word.utf8Start[index] else {
                throw JSONSyntaxError(.literal, at: position)
            }
        }
        position += count
    }

    /// Moves past one value of any kind with all it holds, checks it whole, and returns where it stands.
    @discardableResult
    package mutating func skipValue() throws(JSONSyntaxError) -> Range<Int> {
        let start = position
        guard let byte = nextByte else { throw JSONSyntaxError(.truncated, at: position) }
        switch byte {
        case UInt8(ascii: "\""):
            _ = try scanString()
        case UInt8(ascii: "{"):
            var object = try beginObject()
            while try nextKey(of: &object) != nil { try skipValue() }
        case UInt8(ascii: "["):
            var array = try beginArray()
            while try nextElement(of: &array) { try skipValue() }
        case UInt8(ascii: "t"), UInt8(ascii: "f"):
            _ = try scanBool()
        case UInt8(ascii: "n"):
            _ = try scanNull()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            _ = try scanNumber()
        default:
            throw JSONSyntaxError(.noValue, at: position)
        }
        return start..<position
    }
}

extension JSONScanner {
    /// Moves to a place that an earlier scan of the same bytes found.
    package mutating func move(to place: Int) { position = place }
    /// Moves past one value, by its brackets and quotes alone where it is damaged.
    ///
    /// - Returns: Where it stands, and what is wrong with it.
    /// - Throws: What is wrong, when its end cannot be told.
    mutating func skipAnyValue() throws(JSONSyntaxError) -> (Range<Int>, JSONSyntaxError?) {
        let (start, openDepth, keys) = (position, depth, openKeys.count)
        do {
            return (try skipValue(), nil)
        } catch {
            guard let end = endByBrackets(from: start) else { throw error }
            position = end
            depth = openDepth
            openKeys.removeSubrange(keys...)
            return (start..<end, error)
        }
    }

    /// Where the value that begins at a place ends; nil when the document ends first or brackets do not match.
    private func endByBrackets(from start: Int) -> Int? {
        var open: [UInt8] = []
        var index = start
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                    index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                if index >= bytes.count { return nil }
                if open.isEmpty { return index + 1 }
            case UInt8(ascii: "{"): open.append(UInt8(ascii: "}"))
            case UInt8(ascii: "["): open.append(UInt8(ascii: "]"))
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard let expected = open.popLast() else { return index }
                if expected != bytes[index] { return nil }
                if open.isEmpty { return index + 1 }
            case UInt8(ascii: ","), 0x20, 0x0a, 0x0d, 0x09:
                if open.isEmpty { return index }
            default: break
            }
            index += 1
        }
        return nil
    }
}
