#if Postgres
/// A statement that answers at once what many tasks ask with statements of one kind.
///
/// Its `$1`, `$2`, … are arrays of the values that those have in these places. Each row ends with the position, counted
/// from one, of the values that it is for, as `unnest($1) WITH ORDINALITY` counts them; without it, the row is what the
/// task's own statement would have answered.
package final class PostgresGathering: Sendable {
    package let sql: String

    /// Makes a statement from its text.
    package init(_ sql: String) { self.sql = sql }

    /// The statement for those of several tasks, whose values are of the same types.
    func statement(for members: [PostgresStatement]) -> PostgresStatement {
        PostgresStatement(sql, PostgresParameters(arraysOf: members.map(\.parameters)))
    }

    /// The answers of the members, in the answer to all of them.
    struct Answers {
        private enum Place { case none, row(Int), several }

        private let whole: PostgresResult
        private var places: [Place]

        init(_ whole: PostgresResult, memberCount: Int) {
            self.whole = whole
            places = Array(repeating: .none, count: memberCount)
            for row in 0..<whole.rowCount {
                guard let position = whole.row(row).cell(whole.columnCount - 1).int8,
                    let member = Int(exactly: position).map({ $0 - 1 }), places.indices.contains(member)
                else { continue }
                if case .none = places[member] { places[member] = .row(row) } else { places[member] = .several }
            }
        }

        /// A member's rows, or `nil` when it has more than one: they are found by its own statement.
        subscript(member: Int) -> PostgresResult? {
            switch places[member] {
            case .none: PostgresResult(row: nil, of: whole)
            case .row(let row): PostgresResult(row: row, of: whole)
            case .several: nil
            }
        }
    }
}
#endif
