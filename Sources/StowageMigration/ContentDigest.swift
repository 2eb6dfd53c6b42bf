internal import Stowage

/// A checksum of records in key order, the same for equal content on every adapter.
struct ContentDigest {
    private var checksum = SHA256()
    private var buffer = ContentBytes()
    private static let bufferSize = 1 << 16
    /// How many bytes of content were added.
    private(set) var byteCount = 0

    init() { buffer.reserveCapacity(Self.bufferSize + 4096) }

    /// Adds a record; answers how many bytes it takes.
    @discardableResult
    mutating func add(_ row: Row) -> Int {
        let start = buffer.count
        buffer.append(row)
        let size = buffer.count - start
        byteCount += size
        if buffer.count >= Self.bufferSize { flush() }
        return size
    }

    /// Adds records whose bytes are there already.
    mutating func add(_ content: ContentBytes) {
        flush()
        byteCount += content.count
        content.bytes.withUnsafeBytes { checksum.update($0) }
    }

    /// Adds a text.
    mutating func add(_ text: String) { buffer.append(text: text) }

    /// The checksum as 64 hexadecimal digits.
    mutating func finish() -> String {
        flush()
        return checksum.hex
    }

    /// The checksum of one record.
    static func hex(of row: Row) -> String {
        var digest = ContentDigest()
        digest.add(row)
        return digest.finish()
    }

    private mutating func flush() {
        buffer.bytes.withUnsafeBytes { checksum.update($0) }
        buffer.removeAll()
    }
}
