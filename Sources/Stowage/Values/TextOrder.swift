package import FoundationEssentials

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The order of text and of bytes: `memcmp`, the shorter one first (VAL-1, QRY-2).
package enum TextOrder {
    /// Compares two texts by their UTF-8 bytes.
    package static func compare(_ left: String, _ right: String) -> Value.Ordering {
        var left = left
        var right = right
        return left.withUTF8 { left in
            right.withUTF8 { compare(bytes: UnsafeRawBufferPointer(left), UnsafeRawBufferPointer($0)) }
        }
    }

    /// Whether two texts are the same bytes.
    package static func equal(_ left: String, _ right: String) -> Bool {
        var left = left
        var right = right
        return left.withUTF8 { left in
            right.withUTF8 { right in
                left.count == right.count
                    && (left.isEmpty || memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0)
            }
        }
    }

    /// Whether two runs of bytes are the same.
    static func equal(bytes left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        left.count == right.count && (left.isEmpty || memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0)
    }

    /// Compares two runs of bytes.
    package static func compare(bytes left: some ContiguousBytes, _ right: some ContiguousBytes) -> Value.Ordering {
        left.withUnsafeBytes { left in right.withUnsafeBytes { compare(bytes: left, $0) } }
    }

    /// Compares two runs of bytes.
    package static func compare(bytes left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Value.Ordering {
        let common = min(left.count, right.count)
        // An empty buffer may have no address, and memcmp may not be given none.
        if common > 0 {
            let order = memcmp(left.baseAddress!, right.baseAddress!, common)
            if order != 0 { return order < 0 ? .ascending : .descending }
        }
        return Value.Ordering(left.count, right.count)
    }

    /// Whether a text holds U+0000, which no backend keeps (VAL-2). `memchr` takes a fraction of the time of a loop.
    package static func containsNUL(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            guard let start = bytes.baseAddress else { return false }
            return memchr(start, 0, bytes.count) != nil
        }
    }

    /// Hashes a text's bytes, so that what `equal` tells apart hashes apart.
    package static func hash(_ text: String, into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(0xff as UInt8)
    }
}

/// Text as a dictionary key that is equal by bytes, as collections and fields are named (VAL-1).
///
/// A driver that keeps tables by name uses it: `[ByteText: Table]`. Swift's own `String` keys would merge the composed
/// and the decomposed "é".
public struct ByteText: Hashable, Sendable {
    /// The text.
    public let text: String
    /// A key of a text.
    public init(_ text: String) { self.text = text }
    /// Whether the texts are the same bytes.
    public static func == (left: ByteText, right: ByteText) -> Bool { TextOrder.equal(left.text, right.text) }
    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) { TextOrder.hash(text, into: &hasher) }
}
