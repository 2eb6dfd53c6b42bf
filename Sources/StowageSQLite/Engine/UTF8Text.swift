#if SQLite
/// Makes Swift text of SQLite's bytes.
enum UTF8Text {
    /// The text; nil when the bytes are not UTF-8.
    ///
    /// `String(validating:)` takes more than twice the time of `String(decoding:)`, which would repair what is wrong
    /// instead of telling. Most text is ASCII, and that is seen eight bytes at a time.
    static func string(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        isASCII(bytes) ? String(decoding: bytes, as: UTF8.self) : String(validating: bytes, as: UTF8.self)
    }

    private static func isASCII(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let raw = UnsafeRawBufferPointer(bytes)
        var seen: UInt64 = 0
        var offset = 0
        while offset + 8 <= raw.count {
            seen |= raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            offset += 8
        }
        while offset < raw.count {
            seen |= UInt64(raw[offset])
            offset += 1
        }
        return seen & 0x8080_8080_8080_8080 == 0
    }
}
#endif
