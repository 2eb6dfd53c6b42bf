#if Postgres
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif
internal import CLibPQ
internal import Stowage

/// One row of an answer, read in place: nothing is copied until a value is asked for.
///
/// Columns are counted from zero. A value of another type than asked for throws `schemaMismatch`: the table is not the
/// one that the statement was written for.
package struct PostgresRow {
    /// Keeps the memory alive, so that a row that outlives its closure stays readable.
    private let owner: AnyObject
    private let pointer: OpaquePointer
    private let index: Int32

    init(owner: AnyObject, pointer: OpaquePointer, index: Int32) {
        self.owner = owner
        self.pointer = pointer
        self.index = index
    }

    /// The number of columns.
    package var count: Int { Int(PQnfields(pointer)) }

    /// A column's type.
    package func type(_ column: Int) -> PostgresType {
        PostgresType(oid: UInt32(PQftype(pointer, Int32(column))))
    }

    /// Whether there is no value.
    package func isNull(_ column: Int) -> Bool { PQgetisnull(pointer, index, Int32(column)) == 1 }

    /// The value's bytes in Postgres' binary format, valid while the row is.
    package func bytes(_ column: Int) -> UnsafeRawBufferPointer {
        let length = Int(PQgetlength(pointer, index, Int32(column)))
        return UnsafeRawBufferPointer(start: PQgetvalue(pointer, index, Int32(column)), count: length)
    }

    /// The value of a `boolean`.
    package func bool(_ column: Int) throws -> Bool {
        let bytes = bytes(column)
        guard bytes.count == 1 else { throw mismatch(column, "a boolean") }
        return bytes[0] != 0
    }

    /// The value of a `smallint`, `integer` or `bigint`.
    package func int8(_ column: Int) throws -> Int64 {
        let bytes = bytes(column)
        switch bytes.count {
        case 8: return Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
        case 4: return Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
        case 2: return Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
        default: throw mismatch(column, "an integer")
        }
    }

    /// The value of a `double precision` or `real`.
    package func float8(_ column: Int) throws -> Double {
        let bytes = bytes(column)
        switch bytes.count {
        case 8: return Double(bitPattern: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)))
        case 4: return Double(Float(bitPattern: UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))))
        default: throw mismatch(column, "a floating-point number")
        }
    }

    /// The value of a `text`, `varchar`, `name`, `json` or `jsonb`, as it is stored.
    package func text(_ column: Int) throws -> String {
        var bytes = bytes(column)
        if type(column) == .jsonb, !bytes.isEmpty {
            // A version byte, always 1, goes before the text.
            bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
        }
        guard !bytes.isEmpty else {
            if isNull(column) { throw mismatch(column, "a text") }
            return ""
        }
        guard let text = String(exactly: bytes) else {
            throw StorageError(.corrupt, "a text is not UTF-8").inField(name(column))
        }
        return text
    }

    /// The value of a `bytea`, or any value's own bytes.
    package func bytea(_ column: Int) throws -> [UInt8] {
        if isNull(column) { throw mismatch(column, "bytes") }
        return [UInt8](bytes(column))
    }

    /// The value of a `uuid`: sixteen bytes in the order in which they are written.
    package func uuid(_ column: Int) throws -> [UInt8] {
        let bytes = bytes(column)
        guard bytes.count == 16 else { throw mismatch(column, "a UUID") }
        return [UInt8](bytes)
    }

    /// The value of a `timestamptz` or `timestamp` in microseconds since 1970; infinities are the ends of the range.
    package func timestamptz(_ column: Int) throws -> Int64 {
        let bytes = bytes(column)
        guard bytes.count == 8 else { throw mismatch(column, "a moment") }
        let value = Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
        if value == .min || value == .max { return value }
        let (microseconds, overflows) = value.addingReportingOverflow(microsecondsFrom1970To2000)
        guard !overflows else { throw mismatch(column, "a moment") }
        return microseconds
    }

    /// The value of a `numeric` as decimal text, with the digits after the point that are stored.
    package func numeric(_ column: Int) throws -> String {
        guard let text = decimalText(ofNumeric: bytes(column)) else { throw mismatch(column, "a decimal number") }
        return text
    }

    private func name(_ column: Int) -> String? { PQfname(pointer, Int32(column)).map { String(cString: $0) } }

    private func mismatch(_ column: Int, _ wanted: String) -> StorageError {
        let found = isNull(column) ? "null" : "type \(type(column).oid)"
        return StorageError(
            .schemaMismatch,
            "the database answered \(found) where \(wanted) was expected",
            advice: "Compare the table with the schema that the program expects"
        ).inField(name(column))
    }
}

extension String {
    /// The text of these bytes; `nil` when they are not UTF-8.
    ///
    /// `String(validating:as:)` is generic, and looks its types up each time. This initializer repairs what is not
    /// UTF-8; what it had to repair is no longer equal.
    fileprivate init?(exactly bytes: UnsafeRawBufferPointer) {
        var text = String(unsafeUninitializedCapacity: bytes.count) { storage in
            UnsafeMutableRawBufferPointer(storage).copyMemory(from: bytes)
            return bytes.count
        }
        let isExact = text.withUTF8 { utf8 in
            guard utf8.count == bytes.count, let mine = utf8.baseAddress, let theirs = bytes.baseAddress else {
                return bytes.isEmpty
            }
            return memcmp(mine, theirs, bytes.count) == 0
        }
        guard isExact else { return nil }
        self = text
    }
}
#endif
