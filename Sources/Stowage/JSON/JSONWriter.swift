/// Appends JSON text to bytes: the one place that knows how Stowage writes JSON.
///
/// Only what RFC 8259 demands is escaped: quotes, backslashes and control characters. Everything else is UTF-8 as it is.
public enum JSONWriter {
    /// Appends a text in quotes.
    public static func append(_ text: String, to bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { append(utf8: $0, to: &bytes) }
    }

    /// Appends a text, given as valid UTF-8, in quotes.
    package static func append(utf8 text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var start = 0
        while true {
            var index = text.endOfPlainASCII(from: start)
            // Bytes of longer scalars need no escape: go on to the next byte that does.
            while index < text.count, text[index] >= 0x80 { index = text.endOfPlainASCII(from: index + 1) }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<index]))
            guard index < text.count else { break }
            appendEscaped(text[index], to: &bytes)
            start = index + 1
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func appendEscaped(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0a: bytes.append(UInt8(ascii: "n"))
        case 0x0c: bytes.append(UInt8(ascii: "f"))
        case 0x0d: bytes.append(UInt8(ascii: "r"))
        default:
            let low = byte & 15
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(0x30 + byte >> 4)
            bytes.append(low < 10 ? 0x30 + low : UInt8(ascii: "a") + low - 10)
        }
    }

    /// Appends an integer.
    public static func append(_ value: Int64, to bytes: inout [UInt8]) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        append(magnitude: value.magnitude, to: &bytes)
    }

    /// Appends an unsigned integer.
    package static func append(magnitude: UInt64, to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var (rest, start) = (magnitude, 20)
            repeat {
                start -= 1
                digits[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
        }
    }

    /// Appends the shortest text that reads back as the same double, with its sign: `1.0`, `-0.0`, `5e-324` (VAL-4).
    ///
    /// - Throws: `invalidValue` for NaN and the infinities, which JSON cannot write.
    public static func append(_ value: Double, to bytes: inout [UInt8]) throws(StorageError) {
        guard value.isFinite else { throw notFinite }
        bytes.append(contentsOf: value.description.utf8)
    }

    /// Appends a time as RFC 3339 text in quotes (VAL-5).
    public static func append(_ value: Timestamp, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        value.appendRFC3339(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends `true` or `false`.
    public static func append(_ value: Bool, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: value ? "true".utf8 : "false".utf8)
    }

    static var notFinite: StorageError {
        StorageError(.invalidValue, "the number is not finite")
    }
}
