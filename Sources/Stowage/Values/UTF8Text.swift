/// Makes Swift text of an engine's bytes.
package enum UTF8Text {
    /// The text; nil when the bytes are not UTF-8.
    ///
    /// `String(validating:)` is generic and slow, and `String(decoding:)` would repair what is wrong instead of telling.
    /// Most text is ASCII, and that is seen eight bytes at a time.
    package static func string(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        isASCII(bytes) ? string(valid: bytes, isASCII: true) : String(validating: bytes, as: UTF8.self)
    }

    /// The text of bytes that were found to be UTF-8 already; others are undefined behaviour.
    package static func string(valid bytes: UnsafeBufferPointer<UInt8>, isASCII: Bool = false) -> String {
        #if canImport(Darwin)
        String(decoding: bytes, as: UTF8.self)
        #else
        String(copying: UTF8Span(unchecked: bytes.span, isKnownASCII: isASCII))
        #endif
    }

    private static func isASCII(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let raw = UnsafeRawBufferPointer(bytes)
        var seen: UInt64 = 0
        if raw.count < 8 {
            for byte in raw { seen |= UInt64(byte) }
        } else {
            var offset = 0
            while offset &+ 8 < raw.count {
                seen |= raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                offset &+= 8
            }
            // The last eight, some of them for the second time.
            seen |= raw.loadUnaligned(fromByteOffset: raw.count &- 8, as: UInt64.self)
        }
        return seen & 0x8080_8080_8080_8080 == 0
    }
}
