#if Postgres
import Foundation
import Stowage
import StowagePostgres
import StowageTestServers
import Synchronization
import Testing

private final class Flag: Sendable {
    private let state = Mutex(false)
    func set() { state.withLock { $0 = true } }
    var isSet: Bool { state.withLock { $0 } }
}

private final class Tally: Sendable {
    private let state = Mutex<[String: Int]>([:])
    func add(_ name: String) { state.withLock { $0[name, default: 0] += 1 } }
    var counts: [String: Int] { state.withLock { $0 } }
}

/// Lookups that travel together, against a real server.
@Suite struct LookupTests {
    private static let rows = 500

    /// A table whose rows cannot be mistaken for one another.
    private func fill(_ pool: PostgresPool, _ table: String = "t") async throws {
        try await pool.withConnection(deadline: patience) { connection in
            try await connection.execute(
                """
                CREATE TABLE \(table) (id int8 PRIMARY KEY, body text);
                INSERT INTO \(table) SELECT i, md5(i::text) || repeat('x', (i % 97)::int) FROM generate_series(1, \(Self.rows)) i;
                """,
                deadline: patience
            )
        }
    }

    /// Says of each row that it was looked up together with others.
    private static let gathering = PostgresGathering(
        """
        SELECT found.*, keys.position FROM unnest((SELECT $1)) WITH ORDINALITY AS keys (id, position),
        LATERAL (SELECT *, true, length(body)::int8 FROM t WHERE id = keys.id OFFSET 0) AS found
        """
    )

    /// Looks a row up, and checks that it is that row. Every other time, it may be looked up together with others'.
    ///
    /// Answers whether it was.
    @discardableResult
    private func lookUp(_ id: Int64, in pool: PostgresPool, deadline: Deadline = patience) async throws -> Bool {
        let sql = "SELECT *, false, length(body)::int8 FROM t WHERE id = $1"
        let gathering = Bool.random() ? Self.gathering : nil
        let result = try await pool.lookUp(
            PostgresStatement(sql, [.int8(id)], gathering: gathering),
            deadline: deadline
        )
        guard (1...Int64(Self.rows)).contains(id) else {
            #expect(result.rowCount == 0)
            return false
        }
        #expect(result.rowCount == 1)
        try #expect(result.row(0).int8(0) == id)
        try #expect(result.row(0).int8(result.columnCount - 1) == 32 + id % 97)
        return try result.row(0).bool(result.columnCount - 2)
    }

    @Test func manyTasksGetTheirOwnAnswers() async throws {
        let together = Tally()
        try await withPool { pool in
            try await fill(pool)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<64 {
                    group.addTask {
                        for _ in 0..<50 {
                            let isTogether = try await lookUp(.random(in: -50...550), in: pool)
                            if isTogether { together.add("lookups") }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect((together.counts["lookups"] ?? 0) > 0, "some were made together")
            #expect(pool.counts.leased == 0, "the lanes give their connections back")
        }
    }

    @Test func aFailureAmongLookupsMadeTogetherIsItsOwn() async throws {
        let gathering = PostgresGathering(
            """
            SELECT found.*, keys.position FROM unnest((SELECT $1)) WITH ORDINALITY AS keys (id, position),
            LATERAL (SELECT 10 / keys.id OFFSET 0) AS found
            """
        )
        try await withPool { pool in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in 0..<32 as Range<Int64> {
                    group.addTask {
                        let statement = PostgresStatement("SELECT 10 / $1::int8", [.int8(id)], gathering: gathering)
                        for _ in 0..<10 {
                            do {
                                let result = try await pool.lookUp(statement, deadline: patience)
                                let quotient = try result.row(0).int8(0)
                                #expect(id > 0 && quotient == 10 / id)
                            } catch let error as StorageError {
                                #expect(id == 0 && error.backend?.code == "22012", "\(id): \(error)")
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(pool.counts.leased == 0)
        }
    }

    @Test func whoseRowsAreManyIsAnsweredAlone() async throws {
        let gathering = PostgresGathering(
            """
            SELECT found.*, keys.position FROM unnest((SELECT $1)) WITH ORDINALITY AS keys (id, position),
            LATERAL (SELECT i FROM generate_series(1, keys.id) i OFFSET 0) AS found
            """
        )
        try await withPool { pool in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in 0..<32 as Range<Int64> {
                    group.addTask {
                        let sql = "SELECT i FROM generate_series(1, $1::int8) i"
                        let statement = PostgresStatement(sql, [.int8(id % 4)], gathering: gathering)
                        for _ in 0..<10 {
                            let result = try await pool.lookUp(statement, deadline: patience)
                            #expect(result.rowCount == id % 4 && result.columnCount == 1)
                            for row in 0..<result.rowCount {
                                let number = try result.row(row).int8(0)
                                #expect(number == row + 1)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Cancellations, deadlines that are too short, and statements that fail, all among the others.
    @Test func everyCallerGetsExactlyItsOwnOutcome() async throws {
        try await withPool { pool in
            try await fill(pool)
            let outcomes = Tally()
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<64 {
                    group.addTask {
                        for _ in 0..<40 {
                            let outcome = await attempt(task, pool)
                            outcomes.add(outcome)
                        }
                    }
                }
            }
            let counts = outcomes.counts
            #expect(counts.values.reduce(0, +) == 64 * 40)
            #expect(Set(counts.keys).isSubset(of: ["answered", "divided", "cancelled", "timeout"]), "\(counts)")
            #expect(counts["divided"] == 8 * 40, "a statement that fails always does, and is nobody else's failure")
            #expect((counts["answered"] ?? 0) >= 32 * 40, "who gave up on nothing was answered")
            try await eventually { pool.counts.leased == 0 }
            try await lookUp(7, in: pool)
        }
    }

    private func attempt(_ task: Int, _ pool: PostgresPool) async -> String {
        let id = Int64.random(in: 1...500)
        do {
            switch task % 8 {
            case 0:
                let statement = PostgresStatement("SELECT 10 / $1::int8", [.int8(0)])
                do {
                    _ = try await pool.lookUp(statement, deadline: patience)
                } catch let error as StorageError where error.backend?.code == "22012" {
                    return "divided"
                }
                return "division by zero was answered"
            case 1, 2:
                let lookup = Task { try await lookUp(id, in: pool) }
                for _ in 0..<Int.random(in: 0...40) { await Task.yield() }
                lookup.cancel()
                _ = try await lookup.value
            case 3:
                try await lookUp(id, in: pool, deadline: .after(.microseconds(.random(in: 0...1500))))
            default:
                try await lookUp(id, in: pool)
            }
            return "answered"
        } catch {
            return (error as? StorageError).map { "\($0.code)" } ?? "\(error)"
        }
    }

    @Test func aConnectionCutInTheMiddleOfABatchHarmsNobody() async throws {
        let server = try await TestPostgres.shared()
        let url = try await server.freshDatabase()
        let proxy = try CuttingProxy(to: server.port)
        var parts = try #require(URLComponents(string: url))
        parts.port = proxy.port
        let pool = try PostgresPool(url: try #require(parts.string))
        try await fill(pool)
        let isOver = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<32 {
                group.addTask {
                    while !isOver.isSet {
                        // The second connection may be cut as well: then the error says so, and it is nobody's row.
                        let error = await storageError { try await lookUp(.random(in: 1...500), in: pool) }
                        #expect(error == nil || error?.code == .unavailable)
                    }
                }
            }
            for round in 0..<20 {
                proxy.cut(after: .random(in: 1...4000))
                try await eventually { !proxy.isArmed }
                #expect(proxy.cuts == round + 1)
            }
            isOver.set()
            try await group.waitForAll()
        }
        // None of the dead ones is handed out again.
        for _ in 0..<20 { try await lookUp(.random(in: 1...500), in: pool) }
        #expect(pool.counts.leased == 0)
        try await pool.close(deadline: patience)
        proxy.stop()
        try await server.drop(url)
    }

    @Test func aTableThatIsChangedMeanwhileIsReadAllTheSame() async throws {
        try await withPool { pool in
            try await fill(pool)
            let isOver = Flag()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<32 {
                    group.addTask {
                        repeat { try await lookUp(.random(in: 1...500), in: pool) } while !isOver.isSet
                    }
                }
                for number in 0..<8 {
                    try await pool.withConnection(deadline: patience) { connection in
                        let change =
                            number % 2 == 0
                            ? "ALTER TABLE t ADD COLUMN extra\(number) int"
                            : "ALTER TABLE t DROP COLUMN extra\(number - 1)"
                        try await connection.execute(change, deadline: patience)
                    }
                }
                isOver.set()
                try await group.waitForAll()
            }
        }
    }

    @Test func aLockedTableHoldsUpItsOwnReadersOnly() async throws {
        try await withPool(pool(of: 6)) { pool in
            try await fill(pool)
            try await fill(pool, "locked")
            try await pool.withConnection(deadline: patience) { holder in
                try await holder.execute("BEGIN; LOCK TABLE locked", deadline: patience)
                let statement = PostgresStatement("SELECT body FROM locked WHERE id = $1", [.int8(1)])
                let blocked = (0..<2).map { _ in Task { try await pool.lookUp(statement, deadline: patience) } }
                let others = (0..<16).map { _ in
                    Task { for _ in 0..<20 { try await lookUp(.random(in: 1...500), in: pool) } }
                }
                for task in others { try await task.value }
                let hurried = await code {
                    _ = try await pool.lookUp(statement, deadline: .after(.milliseconds(150)))
                }
                #expect(hurried == .timeout)
                for task in blocked { task.cancel() }
                for task in blocked { #expect(await code { _ = try await task.value } == .cancelled) }
                // What nobody waits for is cancelled on the server, too.
                try await eventually {
                    let waiting = try await holder.run(
                        [
                            PostgresStatement(
                                """
                                SELECT count(*) FROM pg_stat_activity
                                WHERE datname = current_database() AND wait_event_type = 'Lock'
                                """
                            )
                        ],
                        deadline: patience
                    )
                    return try waiting[0].row(0).int8(0) == 0
                }
                try await holder.execute("ROLLBACK", deadline: patience)
                _ = try await pool.lookUp(statement, deadline: patience)
            }
        }
    }

    @Test func lookupsLeaveTheOnlyConnectionToOthers() async throws {
        try await withPool(pool(of: 1)) { pool in
            try await fill(pool)
            let isOver = Flag()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        repeat { try await lookUp(.random(in: 1...500), in: pool) } while !isOver.isSet
                    }
                }
                for _ in 0..<20 {
                    try await pool.withConnection(deadline: patience) { connection in
                        _ = try await connection.query("SELECT 1", deadline: patience)
                    }
                }
                isOver.set()
                try await group.waitForAll()
            }
        }
    }

    @Test func aLookupThatWaitsForAConnectionEndsWithItsDeadline() async throws {
        try await withPool(pool(of: 1)) { pool in
            try await fill(pool)
            try await pool.withConnection(deadline: patience) { _ in
                let statement = PostgresStatement("SELECT 1")
                let error = await storageError {
                    _ = try await pool.lookUp(
                        statement,
                        deadline: .after(.milliseconds(50)),
                        waitingFor: "a connection to read sessions"
                    )
                }
                #expect(error?.code == .timeout)
                #expect(error?.message.contains("a connection to read sessions (1 of 1 are in use") == true)
            }
            try await lookUp(1, in: pool)
        }
    }

    @Test func afterClosingLookupsAreRefused() async throws {
        try await withPool { pool in
            try await fill(pool)
            try await lookUp(1, in: pool)
            try await pool.close(deadline: patience)
            #expect(await code { try await lookUp(1, in: pool) } == .closed)
        }
    }

    @Test func aTextThatWouldBeCutShortIsRefused() async throws {
        try await withPool { pool in
            let error = await storageError {
                _ = try await pool.lookUp(PostgresStatement("SELECT 1\u{0} WHERE false"), deadline: patience)
            }
            #expect(error?.code == .invalidArgument)
            _ = try await pool.lookUp(PostgresStatement("SELECT 1"), deadline: patience)
        }
    }
}
#endif
