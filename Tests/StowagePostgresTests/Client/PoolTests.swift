#if Postgres
import Stowage
import StowagePostgres
import StowageTestServers
import Synchronization
import Testing

private final class Flag: Sendable {
    private let state = Atomic(false)
    var isRaised: Bool { state.load(ordering: .sequentiallyConsistent) }
    func raise() { state.store(true, ordering: .sequentiallyConsistent) }
}

@Suite struct PoolTests {
    @Test func aHundredTasksShareFourConnections() async throws {
        try await withPool(pool(of: 4)) { pool in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<100 {
                    group.addTask {
                        for round in 0..<10 {
                            try await pool.withConnection(deadline: patience) { connection in
                                let value = Int64(task * 1000 + round)
                                var seen: Int64 = -1
                                try await connection.query("SELECT $1", [.int8(value)], deadline: patience) { row in
                                    seen = try row.int8(0)
                                }
                                #expect(seen == value)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(pool.counts.leased == 0)
            #expect(pool.counts.idle <= 4)
        }
    }

    @Test func anExhaustedPoolSaysWhatItWaitedFor() async throws {
        try await withPool(pool(of: 1)) { pool in
            try await pool.withConnection(deadline: patience) { _ in
                let error = await storageError {
                    _ = try await pool.lease(
                        deadline: .after(.milliseconds(50)),
                        waitingFor: "a connection to read sessions"
                    )
                }
                #expect(error?.code == .timeout)
                #expect(error?.message.contains("a connection to read sessions (1 of 1 are in use") == true)
                let task = Task { _ = try await pool.lease(deadline: patience) }
                try await eventually { pool.counts.waiting == 1 }
                task.cancel()
                #expect(await code { try await task.value } == .cancelled)
                #expect(pool.counts.waiting == 0)
            }
        }
    }

    @Test func closeWaitsForLeasesAndRefusesNewOnes() async throws {
        let server = try await TestPostgres.shared()
        let url = try await server.freshDatabase()
        let pool = try PostgresPool(url: url)
        let connection = try await pool.lease(deadline: patience)
        let waiter = try await pool.lease(deadline: patience)
        pool.release(waiter)
        let isReleased = Flag()
        await withTaskGroup { group in
            for _ in 0..<2 {
                group.addTask {
                    await #expect(throws: Never.self) { try await pool.close(deadline: patience) }
                    let cameAfterTheLease = isReleased.isRaised
                    #expect(cameAfterTheLease)
                }
            }
            group.addTask {
                await #expect(throws: Never.self) {
                    try await eventually { await code { _ = try await pool.lease(deadline: patience) } == .closed }
                    // The lease that is out goes on working.
                    _ = try await connection.query("SELECT 1", deadline: patience)
                }
                isReleased.raise()
                pool.release(connection)
            }
        }
        #expect(await code { _ = try await pool.lease(deadline: patience) } == .closed)
        try await pool.close(deadline: patience)
        try await server.drop(url)
    }

    @Test func anOpenTransactionIsRolledBackWithItsLease() async throws {
        try await withPool(pool(of: 1)) { pool in
            try await pool.withConnection(deadline: patience) { connection in
                try await connection.execute("CREATE TABLE t (x int)", deadline: patience)
                try await connection.execute("BEGIN; INSERT INTO t VALUES (1)", deadline: patience)
            }
            try await pool.withConnection(deadline: patience) { connection in
                #expect(connection.transactionStatus == .none)
                try await connection.query("SELECT count(*) FROM t", deadline: patience) { row in
                    try #expect(row.int8(0) == 0)
                }
            }
        }
    }

    @Test func oldAndUnusedConnectionsAreClosed() async throws {
        var configuration = PostgresPoolConfiguration()
        configuration.idleTime = .milliseconds(50)
        try await withPool(configuration) { pool in
            try await pool.withConnection(deadline: patience) { _ in }
            try await eventually { pool.counts.idle == 0 }
            try await pool.withConnection(deadline: patience) { connection in
                _ = try await connection.query("SELECT 1", deadline: patience)
            }
        }
    }

    @Test func theSetupScriptRunsOnEveryConnection() async throws {
        var configuration = PostgresPoolConfiguration()
        configuration.setupScript = "SET application_name = 'set up'"
        try await withPool(configuration) { pool in
            _ = try await pool.withConnection(deadline: patience) { connection in
                try await connection.query("SHOW application_name", deadline: patience) { row in
                    try #expect(row.text(0) == "set up")
                }
            }
        }
        configuration.setupScript = "SELECT missing"
        let server = try await TestPostgres.shared()
        let pool = try PostgresPool(url: server.url(database: "postgres"), configuration: configuration)
        #expect(await code { _ = try await pool.lease(deadline: patience) } == .configuration)
        // The server that ends a session while it is set up is not there; its settings are not to blame.
        configuration.setupScript = "SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(600)"
        let severed = try PostgresPool(url: server.url(database: "postgres"), configuration: configuration)
        #expect(await code { _ = try await severed.lease(deadline: patience) } == .unavailable)
    }
}
#endif
