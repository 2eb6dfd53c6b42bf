#if Postgres
import Stowage
import StowagePostgres
import Testing

@Suite struct StreamAndCopyTests {
    @Test func everyRowComesOnceAndInOrder() async throws {
        try await withPool { pool in
            try await pool.withConnection(deadline: patience) { connection in
                for count in [0, 1, 255, 256, 257, 10_000] {
                    var stream = try await connection.stream(
                        PostgresStatement(
                            "SELECT x, 'row ' || x FROM generate_series(1, $1) AS x",
                            [.int8(Int64(count))]
                        ),
                        deadline: patience
                    )
                    var next: Int64 = 1
                    while let page = try await stream.nextPage(deadline: patience) {
                        try page.forEachRow { row in
                            try #expect(row.int8(0) == next)
                            try #expect(row.text(1) == "row \(next)")
                            next += 1
                        }
                    }
                    #expect(next == Int64(count) + 1)
                    #expect(try await stream.nextPage(deadline: patience) == nil)
                }
                #expect(connection.transactionStatus == .none)
            }
        }
    }

    @Test func theServerWaitsForAConsumerThatDoesNotAsk() async throws {
        try await withPool { pool in
            try await pool.withConnection(deadline: patience) { connection in
                // Each row is a kilobyte, and there are a million: far more than any buffer on the way.
                var stream = try await connection.stream(
                    PostgresStatement("SELECT x, repeat('x', 1000) FROM generate_series(1, 1000000) AS x"),
                    deadline: patience
                )
                _ = try await stream.nextPage(deadline: patience)
                let process = connection.processID
                try await pool.withConnection(deadline: patience) { observer in
                    try await eventually {
                        var isWaiting = false
                        try await observer.query(
                            "SELECT wait_event = 'ClientWrite' FROM pg_stat_activity WHERE pid = $1",
                            [.int8(Int64(process))],
                            deadline: patience
                        ) { row in isWaiting = try !row.isNull(0) && row.bool(0) }
                        return isWaiting
                    }
                }
                #expect(try await stream.nextPage(deadline: patience)?.count == 256)
                #expect(
                    await code { _ = try await connection.query("SELECT 1", deadline: patience) } == .invalidArgument
                )
            }
            // The rest was left unread: the statement is cancelled, and the connection comes back clean.
            try await eventually { pool.counts.leased == 0 }
            #expect(pool.counts.idle == 2)
            try await pool.withConnection(deadline: patience) { connection in
                try await connection.query("SELECT 1", deadline: patience) { row in try #expect(row.int8(0) == 1) }
            }
        }
    }

    @Test func aConsumerThatIsIdleForTooLongLosesItsStream() async throws {
        try await withPool { pool in
            try await pool.withConnection(deadline: patience) { connection in
                var stream = try await connection.stream(
                    PostgresStatement("SELECT x FROM generate_series(1, 1000000) AS x"),
                    deadline: patience
                )
                _ = try await stream.nextPage(deadline: patience)
                _ = try await stream.nextPage(deadline: .after(.milliseconds(500)))
                try await eventually { connection.transactionStatus == .none }
                #expect(await code { _ = try await stream.nextPage(deadline: patience) } == .timeout)
            }
        }
    }

    @Test func aStreamThatFailsInTheMiddleSaysSo() async throws {
        try await withPool { pool in
            try await pool.withConnection(deadline: patience) { connection in
                var stream = try await connection.stream(
                    PostgresStatement("SELECT 1 / (5000 - x) FROM generate_series(1, 10000) AS x"),
                    after: [PostgresStatement("BEGIN", isPrepared: false)],
                    deadline: patience
                )
                var rows = 0
                let error = await storageError {
                    while let page = try await stream.nextPage(deadline: patience) { rows += page.count }
                }
                #expect(error?.code == .invalidValue)
                #expect(error?.backend?.code == "22012")
                #expect(rows < 5000)
                #expect(connection.transactionStatus == .failed)
            }
            try await eventually { pool.counts.idle == 1 }
        }
    }

    @Test func copyLoadsWhatAProducerMakes() async throws {
        try await withPool { pool in
            try await pool.withConnection(deadline: patience) { connection in
                try await connection.execute("CREATE TABLE t (id bigint PRIMARY KEY, x text)", deadline: patience)
                var next = 0
                // Chunks that end in the middle of rows, and far more than a socket's buffer.
                var rest: [UInt8] = []
                try await connection.copyIn("COPY t FROM STDIN", commits: true, deadline: patience) {
                    guard next < 200_000 || !rest.isEmpty else { return nil }
                    while rest.count < 100_000, next < 200_000 {
                        rest += "\(next)\ttext of \(next)\n".utf8
                        next += 1
                    }
                    let chunk = Array(rest.prefix(99_991))
                    rest.removeFirst(chunk.count)
                    return chunk
                }
                try await connection.query("SELECT count(*), sum(id) FROM t", deadline: patience) { row in
                    try #expect(row.int8(0) == 200_000)
                    try #expect(row.numeric(1) == "19999900000")
                }
            }
        }
    }

    @Test func copyThatFailsLoadsNothing() async throws {
        struct Broken: Error {}
        try await withPool { pool in
            try await pool.withConnection(deadline: patience) { connection in
                try await connection.execute("CREATE TABLE t (id bigint PRIMARY KEY)", deadline: patience)
                var chunks = 0
                await #expect(throws: Broken.self) {
                    try await connection.copyIn("COPY t FROM STDIN", deadline: patience) {
                        chunks += 1
                        if chunks == 3 { throw Broken() }
                        return Array("\(chunks)\n".utf8)
                    }
                }
                var sent = false
                let bad = await storageError {
                    try await connection.copyIn("COPY t FROM STDIN", deadline: patience) {
                        defer { sent = true }
                        return sent ? nil : Array("1\nhunter2\n".utf8)
                    }
                }
                #expect(bad?.code == .invalidValue)
                #expect(!String(reflecting: bad).contains("hunter2"))
                #expect(
                    await code { try await connection.copyIn("SELECT 1", deadline: patience) { nil } }
                        == .invalidArgument
                )
                try await connection.query("SELECT count(*) FROM t", deadline: patience) { row in
                    try #expect(row.int8(0) == 0)
                }
            }
        }
    }

    @Test func aCancelledCopyLoadsNothing() async throws {
        try await withPool(pool(of: 1)) { pool in
            try await pool.withConnection(deadline: patience) { connection in
                try await connection.execute("CREATE TABLE t (id bigint PRIMARY KEY)", deadline: patience)
            }
            let (started, start) = AsyncStream.makeStream(of: Void.self)
            let task = Task {
                try await pool.withConnection(deadline: patience) { connection in
                    var number = 0
                    try await connection.copyIn("COPY t FROM STDIN", deadline: patience) {
                        number += 1
                        if number == 10 { start.finish() }
                        return Array("\(number)\n".utf8)
                    }
                }
            }
            for await _ in started {}
            task.cancel()
            #expect(await code { try await task.value } == .cancelled)
            try await pool.withConnection(deadline: patience) { connection in
                try await connection.query("SELECT count(*) FROM t", deadline: patience) { row in
                    try #expect(row.int8(0) == 0)
                }
            }
        }
    }
}
#endif
