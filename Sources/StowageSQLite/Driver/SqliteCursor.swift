#if SQLite
internal import Stowage
internal import Synchronization

/// A prepared statement that is stepped a page at a time.
final class SqliteCursor: DriverCursor {
    private struct State {
        var statement: SQLiteStatement?
        let row: SQLiteRow
    }

    private let state: Mutex<State>
    private let table: SQLiteTable
    private let connection: SQLiteConnection
    /// Not owned: the transaction knows its cursors, and ends them before it goes.
    private weak let transaction: SqliteTransaction?

    init(
        _ statement: SQLiteStatement,
        _ row: sending SQLiteRow,
        _ table: SQLiteTable,
        _ connection: SQLiteConnection,
        _ transaction: SqliteTransaction
    ) {
        state = Mutex(State(statement: statement, row: row))
        self.table = table
        self.connection = connection
        self.transaction = transaction
    }

    func next(_ count: Int, until deadline: Deadline, rows: @escaping RowHandler) async throws -> Bool {
        guard let transaction else { return false }
        return try transaction.run(table, until: deadline) {
            try state.withLock { state in
                guard let statement = state.statement else { return false }
                for _ in 0..<count {
                    guard try statement.step(state.row) else {
                        // A finished statement would begin anew.
                        connection.giveBack(statement)
                        state.statement = nil
                        return false
                    }
                    try rows(state.row)
                }
                return true
            }
        }
    }

    func close() async {
        end()
        transaction?.forget(self)
    }

    /// Gives the statement back, once; afterwards there are no rows.
    func end() {
        state.withLock { state in
            if let statement = state.statement { connection.giveBack(statement) }
            state.statement = nil
        }
    }
}
#endif
