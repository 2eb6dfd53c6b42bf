#if Postgres
/// How a Postgres database is used.
public struct PostgresOptions: Sendable, Hashable {
    /// The most connections open at once. They are opened when they are needed.
    public var poolSize: Int
    /// How long any connection is kept, so that a changed address or role is noticed.
    public var maximumLifetime: Duration
    /// How long an unused connection is kept.
    public var idleTime: Duration
    /// How many statements each connection keeps prepared; zero behind a proxy that pools transactions.
    public var preparedStatements: Int
    /// Whether a server that takes no writes, and may lag behind, will do (TXN-4).
    public var allowsStandby: Bool

    /// Makes options.
    public init(
        poolSize: Int = 8,
        maximumLifetime: Duration = .seconds(3600),
        idleTime: Duration = .seconds(60),
        preparedStatements: Int = 256,
        allowsStandby: Bool = false
    ) {
        self.poolSize = poolSize
        self.maximumLifetime = maximumLifetime
        self.idleTime = idleTime
        self.preparedStatements = preparedStatements
        self.allowsStandby = allowsStandby
    }
}
#endif
