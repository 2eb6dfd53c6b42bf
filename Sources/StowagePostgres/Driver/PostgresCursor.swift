#if Postgres
internal import Stowage

/// A cursor on the server: other statements may run between its pages, and it is read no faster than it is used.
final class PostgresCursor: DriverCursor {
    /// Its number within the transaction.
    let number: Int
    let table: PostgresTable
    private let includesUnknown: Bool
    private let transaction: PostgresTransaction

    init(_ number: Int, _ table: PostgresTable, includingUnknown: Bool, _ transaction: PostgresTransaction) {
        self.number = number
        self.table = table
        includesUnknown = includingUnknown
        self.transaction = transaction
    }

    func next(_ count: Int, until deadline: Deadline, rows: @escaping RowHandler) async throws -> Bool {
        guard let result = try await transaction.fetch(count, from: self, until: deadline) else { return false }
        try result.give(to: rows, table, includingUnknown: includesUnknown)
        return result.rowCount == count
    }

    func close() async { transaction.close(self) }
}
#endif
