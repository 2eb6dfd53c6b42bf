#if Postgres
internal import Stowage

/// One value in Postgres' binary format, read where it lies.
///
/// It is valid as long as the row that it was taken from. Each reading answers nil when the bytes are not such a value.
package struct PostgresCell {
    /// The value's bytes; without an address there is no value.
    package let bytes: UnsafeRawBufferPointer

    /// No value.
    package static var null: PostgresCell { PostgresCell(bytes: UnsafeRawBufferPointer(start: nil, count: 0)) }

    /// Whether there is no value.
    package var isNull: Bool { bytes.baseAddress == nil }

    /// A `boolean`.
    package var bool: Bool? { bytes.count == 1 ? bytes[0] != 0 : nil }

    /// A `smallint`, `integer` or `bigint`.
    package var int8: Int64? {
        switch bytes.count {
        case 8: Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
        case 4: Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
        case 2: Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
        default: nil
        }
    }

    /// A `double precision` or `real`.
    package var float8: Double? {
        switch bytes.count {
        case 8: Double(bitPattern: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)))
        case 4: Double(Float(bitPattern: UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))))
        default: nil
        }
    }

    /// A `timestamptz` or `timestamp` in microseconds since 1970; infinities are the ends of the range.
    package var timestamptz: Int64? {
        guard bytes.count == 8 else { return nil }
        let value = Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
        if value == .min || value == .max { return value }
        let (microseconds, overflows) = value.addingReportingOverflow(microsecondsFrom1970To2000)
        return overflows ? nil : microseconds
    }

    /// The bytes of a `text`, `varchar`, `name`, `json` or `jsonb`, as it is stored.
    package func utf8(isJSONB: Bool) -> UnsafeBufferPointer<UInt8> {
        let bytes = bytes.assumingMemoryBound(to: UInt8.self)
        // A version byte, always 1, goes before the text.
        return isJSONB && !bytes.isEmpty ? UnsafeBufferPointer(rebasing: bytes.dropFirst()) : bytes
    }

    /// A `text`, `varchar`, `name`, `json` or `jsonb`, as it is stored.
    package func text(isJSONB: Bool) -> String? { UTF8Text.string(utf8(isJSONB: isJSONB)) }

    /// A `numeric` as decimal text, with the digits after the point that are stored.
    package var numeric: String? { decimalText(ofNumeric: bytes) }
}
#endif
