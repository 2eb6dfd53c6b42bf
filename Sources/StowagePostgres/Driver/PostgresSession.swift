#if Postgres
internal import Stowage

/// The statements around a transaction's own.
enum PostgresSession {
    /// Begins a transaction for writing.
    ///
    /// A serializable transaction reads by index where it can: a sequential scan, which the planner prefers on small
    /// tables, would make it conflict with every write to the table (TXN-1).
    static func begin(_ context: OperationContext, byKey: Bool) -> [PostgresStatement] {
        var statements = [plain("BEGIN ISOLATION LEVEL \(name(of: context.isolation)) READ WRITE")]
        if byKey, context.isolation == .serializable { statements.append(scansOff) }
        if context.durability == .relaxed { statements.append(plain("SET LOCAL synchronous_commit = off")) }
        return statements
    }

    /// Begins a transaction for reading, with its snapshot: `BEGIN` alone takes none.
    static let beginSnapshot = [plain("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), plain("SELECT 1")]

    /// The same for a serializable transaction: a snapshot alone may show a state that no order of the writers explains
    /// (Fekete, O'Neil and O'Neil, "A Read-Only Transaction Anomaly Under Snapshot Isolation", 2004).
    static let beginSerializableRead = [
        plain("BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY"), scansOff, plain("SELECT 1"),
    ]

    static let commit = plain("COMMIT")
    static let scansOff = plain("SET LOCAL enable_seqscan = off")
    static let scansOn = plain("SET LOCAL enable_seqscan = on")

    static func savepoint(_ name: String) -> PostgresStatement { plain("SAVEPOINT \(name)") }
    static func release(_ name: String) -> PostgresStatement { plain("RELEASE SAVEPOINT \(name)") }
    static func rollBack(to name: String) -> [PostgresStatement] {
        [plain("ROLLBACK TO SAVEPOINT \(name)"), release(name)]
    }

    /// A statement that is not worth preparing.
    static func plain(_ sql: String) -> PostgresStatement { PostgresStatement(sql, isPrepared: false) }

    private static func name(of isolation: Isolation) -> String {
        switch isolation {
        case .serializable: "SERIALIZABLE"
        case .snapshot: "REPEATABLE READ"
        case .readCommitted: "READ COMMITTED"
        }
    }

    /// What every new session is told.
    ///
    /// Foreign columns come in a text form that no setting changes. `jit` would spend tenths of seconds on compiling
    /// short statements whose estimated costs are high because scans are off. A server that does not wait for its disk
    /// by default is told to, unless the call says otherwise (DUR-1).
    static func setup(_ access: StorageAccess, _ home: PostgresHome) -> String {
        """
        SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'iso_8601'; SET bytea_output = 'hex';
        SET jit = off; SET default_transaction_isolation = 'read committed'; SET default_transaction_deferrable = off;
        SET default_transaction_read_only = \(access == .readOnly ? "on" : "off");
        SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
        """ + (home.isNowhere ? "" : ";\n" + home.setup)
    }
}
#endif
