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

    /// Appends a text in quotes, as ``JSONWriter/append(_:to:)`` does; answers false when it holds U+0000.
    @discardableResult
    mutating func append(quoted text: String) -> Bool {
        var text = text
        let isPlain = text.withUTF8 { bytes in
            guard bytes.endOfPlainASCII(from: 0) == bytes.count else { return false }
            reserve(bytes.count &+ 2)
            append(UInt8(ascii: "\""))
            append(bytes)
            append(UInt8(ascii: "\""))
            return true
        }
        if isPlain { return true }
        var escaped: [UInt8] = []
        JSONWriter.append(text, to: &escaped)
        append(escaped)
        return !TextOrder.containsNUL(text)
    }

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
