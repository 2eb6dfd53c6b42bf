#if Postgres
import Stowage
import StowagePostgres
import StowageTestServers
import Testing

@Suite struct InterruptionTests {
    @Test func cancellingOneStatementLeavesItsNeighboursAlone() async throws {
        try await withPool(pool(of: 4)) { pool in
            let neighbours = (0..<2).map { _ in
                Task {
                    for _ in 0..<15 {
                        try await pool.withConnection(deadline: patience) { connection in
                            _ = try await connection.query("SELECT pg_sleep(0.1)", deadline: patience)
                        }
                    }
                }
            }
            for _ in 0..<20 {
                let task = Task {
                    try await pool.withConnection(deadline: patience) { connection in
                        _ = try await connection.query("SELECT pg_sleep(600)", deadline: patience)
                    }
                }
                try await Task.sleep(for: .milliseconds(20))
                let start = ContinuousClock.now
                task.cancel()
                #expect(await code { try await task.value } == .cancelled)
                #expect(ContinuousClock.now - start < .seconds(10))
            }
            for neighbour in neighbours { try await neighbour.value }
            try await eventually { pool.counts.leased == 0 }
            // Nobody sleeps on.
            try await pool.withConnection(deadline: patience) { connection in
                try await connection.query(
                    """
                    SELECT count(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND query LIKE '%600%' AND state = 'active' AND pid <> pg_backend_pid()
                    """,
                    deadline: patience
                ) { row in try #expect(row.int8(0) == 0) }
            }
        }
    }

    @Test func theDeadlineEndsAStatementAndRollsItsTransactionBack() async throws {
        try await withPool(pool(of: 1)) { pool in
            try await pool.withConnection(deadline: patience) { connection in
                try await connection.execute("CREATE TABLE t (x int)", deadline: patience)
            }
            try await pool.withConnection(deadline: patience) { connection in
                try await connection.execute("BEGIN; INSERT INTO t VALUES (1)", deadline: patience)
                let process = connection.processID
                let error = await storageError {
                    _ = try await connection.query("SELECT pg_sleep(600)", deadline: .after(.milliseconds(100)))
                }
                #expect(error?.code == .timeout)
                #expect(error?.message.contains("the database server's answer") == true)
                // Until the lease ends, every call gets the same answer, even once the connection is clean.
                #expect(await code { _ = try await connection.query("COMMIT", deadline: patience) } == .timeout)
                try await eventually { connection.transactionStatus == .none }
                #expect(await code { try await connection.execute("COMMIT", deadline: patience) } == .timeout)
                #expect(connection.processID == process)
            }
            try await pool.withConnection(deadline: patience) { connection in
                try await connection.query("SELECT count(*) FROM t", deadline: patience) { row in
                    try #expect(row.int8(0) == 0)
                }
            }
        }
    }

    @Test func aDeadlineDuringACommitLeavesItsOutcomeOpen() async throws {
        try await withPool { pool in
            try await pool.withConnection(deadline: patience) { connection in
                // A deferred constraint that takes its time makes the COMMIT slow.
                try await connection.execute(
                    """
                    CREATE TABLE t (x int);
                    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NULL; END';
                    CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                        FOR EACH ROW EXECUTE FUNCTION slow();
                    BEGIN; INSERT INTO t VALUES (1)
                    """,
                    deadline: patience
                )
                let error = await storageError {
                    try await connection.execute("COMMIT", commits: true, deadline: .after(.milliseconds(100)))
                }
                #expect(error?.code == .commitUnknown)
                #expect(error?.isRetryable == false)
            }
        }
    }

    @Test func aKilledConnectionIsUnavailableAndThePoolRecovers() async throws {
        try await withPool(pool(of: 2)) { pool in
            let error = await storageError {
                try await pool.withConnection(deadline: patience) { connection in
                    let process = connection.processID
                    async let killed: Void = pool.withConnection(deadline: patience) { other in
                        try await eventually {
                            var isSleeping = false
                            try await other.query(
                                "SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = $1",
                                [.int8(Int64(process))],
                                deadline: patience
                            ) { row in isSleeping = try !row.isNull(0) && row.bool(0) }
                            return isSleeping
                        }
                        try await other.query(
                            "SELECT pg_terminate_backend($1::integer)",
                            [.int8(Int64(process))],
                            deadline: patience
                        )
                    }
                    do {
                        _ = try await connection.query("SELECT pg_sleep(600)", deadline: patience)
                    } catch {
                        try? await killed
                        throw error
                    }
                    try await killed
                }
            }
            #expect(error?.code == .unavailable)
            #expect(error?.isRetryable == true)
            for _ in 0..<4 {
                try await pool.withConnection(deadline: patience) { connection in
                    _ = try await connection.query("SELECT 1", deadline: patience)
                }
            }
        }
    }

    @Test func idleConnectionsWhoseServerWentAwayAreReplaced() async throws {
        try await withPool(pool(of: 4)) { pool in
            let server = try await TestPostgres.shared()
            for _ in 0..<5 {
                var processes: [Int] = []
                try await pool.withConnection(deadline: patience) { one in
                    try await pool.withConnection(deadline: patience) { two in
                        processes = [one.processID, two.processID]
                    }
                }
                for process in processes { try await server.psql("SELECT pg_terminate_backend(\(process), 10000)") }
                try await pool.withConnection(deadline: patience) { connection in
                    _ = try await connection.query("SELECT 1", deadline: patience)
                    #expect(!processes.contains(connection.processID))
                }
            }
        }
    }
}
#endif
