#if Postgres
/// A statement and its values: one reference, which goes through many hands.
package final class PostgresStatement: Sendable {
    /// One SQL statement, with `$1`, `$2`, … where values go.
    package let sql: String
    /// The values.
    package let parameters: PostgresParameters
    /// Whether the server should keep it prepared: yes for what runs again, no for `BEGIN` and for one-off texts.
    package let isPrepared: Bool
    /// The statement that answers this one together with others of its kind.
    package let gathering: PostgresGathering?

    /// Makes a statement.
    package init(
        _ sql: String,
        _ parameters: PostgresParameters = [],
        isPrepared: Bool = true,
        gathering: PostgresGathering? = nil
    ) {
        self.sql = sql
        self.parameters = parameters
        self.isPrepared = isPrepared
        self.gathering = gathering
    }
}

/// What a connection's transaction is doing, by the server's last word.
package enum PostgresTransactionStatus: Sendable {
    /// No transaction is open.
    case none
    /// A transaction is open.
    case open
    /// A transaction is open, and a statement in it has failed: it can only be rolled back.
    case failed
    /// A statement is running, or the connection is gone.
    case unknown
}
#endif
