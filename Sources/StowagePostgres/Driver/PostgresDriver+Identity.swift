#if Postgres
public import Stowage

extension PostgresDriver: StoreIdentityDriver {
    /// Takes a lock of a random number through one connection, and looks for it through the other: who meets it is in
    /// the same database, whatever host, socket or proxy led there. Names and addresses prove nothing, the identifier of
    /// a cluster is that of its copies too, and other proofs take rights that a plain role lacks. In one database two
    /// stores are told apart by the schema in which they lie.
    public func isSameStore(
        as other: any StorageDriver,
        for collections: [CollectionSchema],
        context: OperationContext
    ) async throws -> Bool {
        guard let other = other as? PostgresDriver else { return false }
        let pools = [try probe(), try other.probe()]
        do {
            let isSame = try await Self.leadToOne(pools, PostgresHome(of: collections), context.deadline)
            for pool in pools { try? await pool.close(deadline: context.deadline) }
            return isSame
        } catch {
            for pool in pools { try? await pool.close(deadline: context.deadline) }
            // A database that is not there is no other's.
            if let error = error as? StorageError, error.code == .notFound { return false }
            throw (error as? StorageError)?.atIndex(nil) ?? error
        }
    }

    /// One connection beside those of the driver, which may not be open, or open for reading alone.
    func probe() throws -> PostgresPool {
        var configuration = PostgresPoolConfiguration()
        configuration.size = 1
        return try PostgresPool(url: url, configuration: configuration)
    }

    private static func leadToOne(
        _ pools: [PostgresPool],
        _ home: PostgresHome,
        _ deadline: Deadline
    ) async throws -> Bool {
        let wait = "a connection to compare two stores"
        return try await pools[0].withConnection(deadline: deadline, waitingFor: wait) { first in
            try await pools[1].withConnection(deadline: deadline, waitingFor: wait) { second in
                // Locks go with the transactions, which the pools end, and may be taken where nothing may be written.
                for connection in [first, second] {
                    _ = try await connection.run([PostgresSession.plain("BEGIN READ ONLY")], deadline: deadline)
                }
                var key = Int64.random(in: .min ... .max)
                while try await !takesLock(key, on: first, deadline) { key = .random(in: .min ... .max) }
                if try await takesLock(key, on: second, deadline) { return false }
                return try await home.name(on: first, deadline) == home.name(on: second, deadline)
            }
        }
    }

    /// Whether a lock was free.
    private static func takesLock(
        _ key: Int64,
        on connection: PostgresConnection,
        _ deadline: Deadline
    ) async throws -> Bool {
        let take = PostgresStatement("SELECT pg_try_advisory_xact_lock($1)", [.int8(key)], isPrepared: false)
        guard let row = try await connection.run([take], deadline: deadline).first?.row(0) else {
            throw StorageError.lostConnection
        }
        return try row.bool(0)
    }
}
#endif
