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

    /// The number of columns, that of the whole answer also in a part of one.
    package var count: Int { Int(PQnfields(pointer)) }

    /// A column's type.
    package func type(_ column: Int) -> PostgresType {
        PostgresType(oid: UInt32(PQftype(pointer, Int32(column))))
    }

    /// Whether there is no value.
    package func isNull(_ column: Int) -> Bool { PQgetisnull(pointer, index, Int32(column)) == 1 }

    /// A value.
    package func cell(_ column: Int) -> PostgresCell {
        let length = Int(PQgetlength(pointer, index, Int32(column)))
        // For null libpq answers an empty value too.
        if length == 0, isNull(column) { return .null }
        return PostgresCell(
            bytes: UnsafeRawBufferPointer(start: PQgetvalue(pointer, index, Int32(column)), count: length)
        )
    }

    /// The value's bytes in Postgres' binary format, valid while the row is.
    package func bytes(_ column: Int) -> UnsafeRawBufferPointer { cell(column).bytes }

    /// The value of a `boolean`.
    package func bool(_ column: Int) throws -> Bool {
        guard let value = cell(column).bool else { throw mismatch(column, "a boolean") }
        return value
    }

    /// The value of a `smallint`, `integer` or `bigint`.
    package func int8(_ column: Int) throws -> Int64 {
        guard let value = cell(column).int8 else { throw mismatch(column, "an integer") }
        return value
    }

    /// The value of a `double precision` or `real`.
    package func float8(_ column: Int) throws -> Double {
        guard let value = cell(column).float8 else { throw mismatch(column, "a floating-point number") }
        return value
    }

    /// The value of a `text`, `varchar`, `name`, `json` or `jsonb`, as it is stored.
    package func text(_ column: Int) throws -> String {
        let cell = cell(column)
        if cell.isNull { throw mismatch(column, "a text") }
        guard let text = cell.text(isJSONB: type(column) == .jsonb) else {
            throw StorageError(.corrupt, "a text is not UTF-8").inField(name(column))
        }
        return text
    }

    /// The value of a `bytea`, or any value's own bytes.
    package func bytea(_ column: Int) throws -> [UInt8] {
        let cell = cell(column)
        if cell.isNull { throw mismatch(column, "bytes") }
        return [UInt8](cell.bytes)
    }

    /// The value of a `uuid`: sixteen bytes in the order in which they are written.
    package func uuid(_ column: Int) throws -> [UInt8] {
        let bytes = bytes(column)
        guard bytes.count == 16 else { throw mismatch(column, "a UUID") }
        return [UInt8](bytes)
    }

    /// The value of a `timestamptz` or `timestamp` in microseconds since 1970; infinities are the ends of the range.
    package func timestamptz(_ column: Int) throws -> Int64 {
        guard let value = cell(column).timestamptz else { throw mismatch(column, "a moment") }
        return value
    }

    /// The value of a `numeric` as decimal text, with the digits after the point that are stored.
    package func numeric(_ column: Int) throws -> String {
        guard let value = cell(column).numeric else { throw mismatch(column, "a decimal number") }
        return value
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
#endif
