#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Bytes that grow at their end, for long documents of short pieces: an array checks, at each piece, whether it is
/// shared, which takes longer than the piece. What has gathered goes to the array a block at a time, while it is still
/// in the processor's cache.
struct ByteSink: ~Copyable {
    private static let blockSize = 64 << 10

    private var start: UnsafeMutablePointer<UInt8>
    private var capacity = Self.blockSize
    private var count = 0
    private var blocks: [UInt8] = []

    init() { start = .allocate(capacity: Self.blockSize) }

    deinit { start.deallocate() }

    /// Makes room for so many bytes more.
    @inline(__always)
    private mutating func reserve(_ more: Int) {
        if count &+ more > capacity { makeRoom(more) }
    }

    @inline(never)
    private mutating func makeRoom(_ more: Int) {
        blocks.append(contentsOf: UnsafeBufferPointer(start: start, count: count))
        count = 0
        guard more > capacity else { return }
        start.deallocate()
        capacity = more
        start = .allocate(capacity: capacity)
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        reserve(1)
        start[count] = byte
        count &+= 1
    }

    @inline(__always)
    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        memcpy(start + count, source, bytes.count)
        count &+= bytes.count
    }

    mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { append($0) } }

    /// Appends bytes with another first one.
    @inline(__always)
    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>, startingWith first: UInt8) {
        append(bytes)
        start[count &- bytes.count] = first
    }

    mutating func append(_ value: Bool) {
        let text: StaticString = value ? "true" : "false"
        append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a time as RFC 3339 text in quotes (VAL-5).
    mutating func append(quoted time: Timestamp) {
        reserve(Timestamp.textLength &+ 2)
        start[count] = UInt8(ascii: "\"")
        time.writeRFC3339(to: start + count + 1)
        start[count &+ Timestamp.textLength &+ 1] = UInt8(ascii: "\"")
        count &+= Timestamp.textLength &+ 2
    }

    /// Appends a text in quotes, as ``JSONWriter/append(_:to:)`` does; answers false when it holds U+0000.
    @discardableResult
    mutating func append(quoted text: String) -> Bool {
        if text.utf8.withContiguousStorageIfAvailable({ appendPlain($0) }) == true { return true }
        var escaped: [UInt8] = []
        JSONWriter.append(text, to: &escaped)
        append(escaped)
        return !TextOrder.containsNUL(text)
    }

    /// Appends UTF-8 in quotes, eight bytes a step; answers false, and appends nothing, when one of them must be escaped.
    private mutating func appendPlain(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let length = text.count
        reserve(length &+ 2)
        let target = UnsafeMutableRawPointer(start + count)
        target.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
        if length >= 8, let source = UnsafeRawPointer(text.baseAddress) {
            var offset = 0
            while true {
                let word = source.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                if Self.holdsEscaped(word) { return false }
                target.storeBytes(of: word, toByteOffset: offset &+ 1, as: UInt64.self)
                if offset &+ 8 >= length { break }
                // The last eight begin where they must to end with the text: some are looked at twice.
                offset = min(offset &+ 8, length &- 8)
            }
        } else {
            for index in 0..<length {
                let byte = text[index]
                if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
                target.storeBytes(of: byte, toByteOffset: index &+ 1, as: UInt8.self)
            }
        }
        target.storeBytes(of: UInt8(ascii: "\""), toByteOffset: length &+ 1, as: UInt8.self)
        count &+= length &+ 2
        return true
    }

    /// Whether one of eight bytes is a control character, a quote or a backslash. See
    /// ``Swift/UnsafeBufferPointer/endOfPlainASCII(from:)`` for the trick; here bytes of longer scalars are plain.
    @inline(__always)
    private static func holdsEscaped(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5c)
        let marks =
            (word &- ones &* 0x20) & ~word | (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes
        return marks & (ones &* 0x80) != 0
    }

    /// Makes room for so many bytes in all.
    mutating func expect(_ byteCount: Int) { blocks.reserveCapacity(byteCount &+ byteCount / 16) }

    /// How many bytes there are.
    var byteCount: Int { blocks.count &+ count }

    /// Takes back what was appended after a count of bytes.
    mutating func drop(from byteCount: Int) {
        if byteCount >= blocks.count {
            count = byteCount - blocks.count
        } else {
            blocks.removeLast(blocks.count - byteCount)
            count = 0
        }
    }

    /// All bytes, in order; afterwards there are none.
    mutating func takeAll() -> [UInt8] {
        blocks.append(contentsOf: UnsafeBufferPointer(start: start, count: count))
        count = 0
        defer { blocks = [] }
        return blocks
    }
}
