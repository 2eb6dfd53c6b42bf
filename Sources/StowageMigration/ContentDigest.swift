internal import FoundationEssentials
internal import Stowage

/// A checksum of records in key order, the same for equal content on every adapter: each value with its type and length,
/// doubles by their bits, times in microseconds, nested values and unknown members as compact JSON.
struct ContentDigest {
    private var checksum = SHA256()
    private var buffer: [UInt8] = []
    private static let bufferSize = 1 << 16
    /// How many bytes of content were added.
    private(set) var byteCount = 0

    init() { buffer.reserveCapacity(Self.bufferSize + 4096) }

    /// Adds a record; answers how many bytes it takes.
    @discardableResult
    mutating func add(_ row: Row) -> Int {
        let start = buffer.count
        for value in row.values { append(value) }
        if let unknown = row.unknown { append(0x0b, unknown) } else { buffer.append(0) }
        let size = buffer.count - start
        byteCount += size
        if buffer.count >= Self.bufferSize { flush() }
        return size
    }

    /// Adds a text.
    mutating func add(_ text: String) { append(0x0a, text) }

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
        buffer.withUnsafeBytes { checksum.update($0) }
        buffer.removeAll(keepingCapacity: true)
    }

    private mutating func append(_ value: Value) {
        switch value {
        case .null: buffer.append(0)
        case .bool(let value): buffer += [1, value ? 1 : 0]
        case .int(let value): append(2, UInt64(bitPattern: value))
        case .double(let value): append(3, value.bitPattern)
        case .text(let text): append(4, text)
        case .data(let data):
            append(5, UInt64(data.count))
            buffer += data
        case .uuid(let uuid):
            buffer.append(6)
            withUnsafeBytes(of: uuid.uuid) { buffer.append(contentsOf: $0) }
        case .time(let time): append(7, UInt64(bitPattern: time.microseconds))
        case .decimal(let number): append(8, number.canonicalText)
        case .json(let text): append(9, text)
        }
    }

    private mutating func append(_ tag: UInt8, _ number: UInt64) {
        buffer.append(tag)
        withUnsafeBytes(of: number.littleEndian) { buffer.append(contentsOf: $0) }
    }

    private mutating func append(_ tag: UInt8, _ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            append(tag, UInt64(utf8.count))
            buffer.append(contentsOf: utf8)
        }
    }
}
