internal import FoundationEssentials
internal import Stowage

/// Records as the bytes over which ``ContentDigest`` is computed: each value with its type and length, doubles by their
/// bits, times in microseconds, nested values and unknown members as compact JSON.
struct ContentBytes: Sendable {
    private(set) var bytes: [UInt8] = []

    var count: Int { bytes.count }

    mutating func reserveCapacity(_ count: Int) { bytes.reserveCapacity(count) }
    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Adds a record whose nested values are canonical.
    mutating func append(_ row: Row) {
        for value in row.values { append(value) }
        if let unknown = row.unknown { append(0x0b, unknown) } else { bytes.append(0) }
    }

    /// Adds a stored record as it stands, without making values of its texts.
    mutating func append(_ row: any RowReader, of collection: CollectionSchema) throws {
        for (position, field) in collection.fields.enumerated() {
            if try row.isNull(position) {
                bytes.append(0)
                continue
            }
            switch field.type {
            case .text: try row.withUTF8(position, as: .text) { append(4, $0) }
            case .json: try row.withUTF8(position, as: .json) { try append(canonical: $0) }
            default: append(try row.value(position, as: field.type))
            }
        }
        let unknown = try row.unknownMembers().map { try CanonicalText.of($0) }
        if let unknown, unknown != "{}" { append(0x0b, unknown) } else { bytes.append(0) }
    }

    /// Adds a text of its own.
    mutating func append(text: String) { append(0x0a, text) }

    private mutating func append(canonical json: UnsafeBufferPointer<UInt8>) throws {
        if json.allSatisfy({ $0 > 0x20 && $0 != UInt8(ascii: "\\") }) { return append(9, json) }
        append(9, try CanonicalText.of(String(decoding: json, as: UTF8.self)))
    }

    private mutating func append(_ value: Value) {
        switch value {
        case .null: bytes.append(0)
        case .bool(let value): bytes += [1, value ? 1 : 0]
        case .int(let value): append(2, UInt64(bitPattern: value))
        case .double(let value): append(3, value.bitPattern)
        case .text(let text): append(4, text)
        case .data(let data):
            append(5, UInt64(data.count))
            bytes += data
        case .uuid(let uuid):
            bytes.append(6)
            withUnsafeBytes(of: uuid.uuid) { bytes.append(contentsOf: $0) }
        case .time(let time): append(7, UInt64(bitPattern: time.microseconds))
        case .decimal(let number): append(8, number.canonicalText)
        case .json(let text): append(9, text)
        }
    }

    private mutating func append(_ tag: UInt8, _ number: UInt64) {
        bytes.append(tag)
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func append(_ tag: UInt8, _ text: String) {
        var text = text
        text.withUTF8 { append(tag, $0) }
    }

    private mutating func append(_ tag: UInt8, _ utf8: UnsafeBufferPointer<UInt8>) {
        append(tag, UInt64(utf8.count))
        bytes.append(contentsOf: utf8)
    }
}
