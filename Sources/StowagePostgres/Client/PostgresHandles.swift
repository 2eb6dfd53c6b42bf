#if Postgres
internal import CLibPQ

/// A `PGconn`.
///
/// `@unchecked Sendable` is sound by the rule that a connection's pointer is used by its connecting thread first and,
/// from then on, only under the lock of the ``PostgresConnection`` that owns it.
struct PGConnectionHandle: @unchecked Sendable {
    let pointer: OpaquePointer
}

/// A `PGcancel`: a copy of what is needed to cancel, independent of the connection it was made from.
///
/// `@unchecked Sendable` is sound because it has one owner, the thread that cancels, which also frees it.
struct PGCancelHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    /// Tells it from other cancels of the same connection.
    let number: UInt64
}

/// What a statement has answered.
///
/// `@unchecked Sendable` is sound because a `PGresult` never changes once libpq has handed it over, and libpq keeps no
/// reference to it; it is freed exactly once, by `deinit`.
package final class PostgresResult: @unchecked Sendable {
    let pointer: OpaquePointer
    /// The result that this is a part of, which frees it.
    private let whole: PostgresResult?
    private let rows: Range<Int>
    /// The number of columns answered.
    package let columnCount: Int

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
        whole = nil
        rows = 0..<Int(PQntuples(pointer))
        columnCount = Int(PQnfields(pointer))
    }

    /// A task's part of an answer to several: one row or none, without the last column, which told whose it is.
    init(row: Int?, of whole: PostgresResult) {
        pointer = whole.pointer
        self.whole = whole
        rows = row.map { $0..<$0 + 1 } ?? 0..<0
        columnCount = whole.columnCount - 1
    }

    deinit { if whole == nil { PQclear(pointer) } }

    /// The number of rows answered.
    package var rowCount: Int { rows.count }

    /// The number of rows written, or read, by the statement's own count.
    package var affectedRows: Int {
        guard let text = PQcmdTuples(pointer) else { return 0 }
        return Int(String(cString: text)) ?? 0
    }

    /// A column's name.
    package func columnName(_ column: Int) -> String {
        PQfname(pointer, Int32(column)).map { String(cString: $0) } ?? ""
    }

    /// A column's type.
    package func columnType(_ column: Int) -> PostgresType {
        PostgresType(oid: UInt32(PQftype(pointer, Int32(column))))
    }

    /// A row, counted from zero.
    package func row(_ index: Int) -> PostgresRow {
        PostgresRow(owner: self, pointer: pointer, index: Int32(rows.lowerBound + index))
    }

    /// Gives each row once, in order.
    package func forEachRow(_ body: (PostgresRow) throws -> Void) rethrows {
        for index in 0..<rowCount { try body(row(index)) }
    }
}

/// Some rows of a stream.
///
/// `@unchecked Sendable` for the reasons of ``PostgresResult``: filled under the connection's lock by one operation and
/// read only after it has been handed over.
package final class PostgresPage: @unchecked Sendable {
    private var results: [OpaquePointer] = []
    /// Rows in the binary format of COPY, each in memory that libpq gave, and where the row lies in it.
    private var copied: [(memory: UnsafeMutablePointer<CChar>, range: Range<Int>)] = []
    /// The bytes of the copied rows.
    private(set) var byteCount = 0
    /// The types of the columns of copied rows; results know their own.
    let copiedTypes: [PostgresType]

    init(capacity: Int) {
        results.reserveCapacity(capacity)
        copiedTypes = []
    }

    init(copying types: [PostgresType], capacity: Int) {
        copied.reserveCapacity(capacity)
        copiedTypes = types
    }

    deinit {
        for result in results { PQclear(result) }
        for row in copied { PQfreemem(row.memory) }
    }

    /// Takes over a result of one row.
    func append(_ result: OpaquePointer) { results.append(result) }

    /// Takes over a copied row.
    func append(_ memory: UnsafeMutablePointer<CChar>, _ range: Range<Int>) {
        copied.append((memory, range))
        byteCount += range.count
    }

    /// The number of rows.
    package var count: Int { results.count + copied.count }

    /// A row, counted from zero, of a page that was not copied.
    package func row(_ index: Int) -> PostgresRow { PostgresRow(owner: self, pointer: results[index], index: 0) }

    /// Gives the bytes of each copied row once, in order; they are valid during the call only.
    func forEachCopiedRow(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        try withExtendedLifetime(self) {
            for row in copied {
                try body(UnsafeRawBufferPointer(start: row.memory + row.range.lowerBound, count: row.range.count))
            }
        }
    }

    /// Gives each row once, in order.
    package func forEachRow(_ body: (PostgresRow) throws -> Void) rethrows {
        for index in results.indices { try body(row(index)) }
    }
}
#endif
