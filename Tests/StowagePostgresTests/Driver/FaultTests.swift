#if Postgres
import FoundationEssentials
import Stowage
import StowagePostgres
import Synchronization
import Testing

/// A list that row handlers fill.
final class Rows: Sendable {
    private let rows = Mutex<[String?]>([])
    func add(_ row: String?) { rows.withLock { $0.append(row) } }
    var all: [String?] { rows.withLock { $0 } }
}

@Suite struct FaultTests {
    /// Runs a body while another session holds the lock of a record.
    private func whileLocked(_ database: TestDatabase, _ body: () async throws -> Void) async throws {
        let pool = try PostgresPool(url: database.url)
        try await pool.withConnection(deadline: patience) { connection in
            try await connection.execute("BEGIN; UPDATE accounts SET balance = 7 WHERE name = 'a'", deadline: patience)
            try await body()
        }
        try await pool.close(deadline: patience)
    }

    private static let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

    @Test func aWriteThatWaitsEndsWithItsDeadline() async throws {
        try await withAccounts { storage, database in
            try await storage.create(Account(name: "a"))
            try await whileLocked(database) {
                // Long enough to reach the COMMIT on a busy machine, short beside the sleep.
                let hurried = storage.with(.deadline(.seconds(4)))
                #expect(await code { try await hurried.update("a") { $0.balance = 1 } } == .timeout)
                #expect(await code { try await hurried.upsert(Account(name: "a")) } == .timeout)
                let inTransaction = await code {
                    try await hurried.transaction { tx in
                        try await tx.create(Account(name: "b"))
                        try await tx.delete("a")
                    }
                }
                #expect(inTransaction == .timeout)
            }
            try await eventually { try await database.psql(Self.waiting) == "0" }
            try await storage.update("a") { $0.level = .high }
            #expect(try await storage.count() == 1)
        }
    }

    @Test func aCancelledWriteHasNotHappened() async throws {
        try await withAccounts { storage, database in
            try await storage.create(Account(name: "a"))
            try await whileLocked(database) {
                for inTransaction in [false, true] {
                    let task = Task {
                        if inTransaction {
                            try await storage.transaction { _ = try await $0.update("a") { $0.balance = 1 } }
                        } else {
                            try await storage.update("a") { $0.balance = 1 }
                        }
                    }
                    try await eventually { try await database.psql(Self.waiting) == "1" }
                    task.cancel()
                    #expect(await code { try await task.value } == .cancelled)
                    try await eventually { try await database.psql(Self.waiting) == "0" }
                }
            }
            #expect(try await storage.get("a")?.balance == 0)
        }
    }

    @Test func aLostConnectionIsAnErrorAndNoEnd() async throws {
        try await withAccounts { storage, database in
            try await storage.create(Account(name: "a"))
            try await whileLocked(database) {
                let task = Task { try await storage.update("a") { $0.balance = 1 } }
                try await eventually { try await database.psql(Self.waiting) == "1" }
                try await database.psql(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock'
                    """
                )
                let error = await storageError { _ = try await task.value }
                #expect(error?.code == .unavailable || error?.code == .commitUnknown)
            }
            let ended = await code {
                try await storage.transaction { tx in
                    try await tx.update("a") { $0.balance = 9 }
                    try await database.psql(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND pid <> pg_backend_pid()
                        """
                    )
                    _ = try await tx.get("a")
                }
            }
            #expect(ended == .unavailable)
            #expect(try await storage.get("a")?.balance == 0)
            try await storage.update("a") { $0.balance = 2 }
            #expect(try await storage.get("a")?.balance == 2)
        }
    }

    @Test func whatIsLostInCommitIsUnknown() async throws {
        try await withAccounts { storage, database in
            // A deferred constraint that takes its time makes the COMMIT slow.
            try await database.psql(
                """
                CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NULL; END';
                CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON accounts DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION slow()
                """
            )
            let sleeping = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
            for isTransaction in [true, false] {
                let task = Task {
                    if isTransaction {
                        try await storage.transaction { _ = try await $0.create(Account(name: "a")) }
                    } else {
                        try await storage.create(Account(name: "a"))
                    }
                }
                try await eventually { try await database.psql("SELECT count(*) \(sleeping)") == "1" }
                try await database.psql("SELECT pg_terminate_backend(pid) \(sleeping)")
                #expect(await code { try await task.value } == .commitUnknown)
                // Long enough to reach the COMMIT on a busy machine, short beside the sleep.
                let hurried = storage.with(.deadline(.seconds(4)))
                #expect(await code { try await hurried.create(Account(name: "a")) } == .commitUnknown)
            }
            let count = try await storage.count()
            #expect(count == 0)
        }
    }

    @Test func errorsCarryNoValues() async throws {
        try await withAccounts { storage, database in
            try await database.psql("ALTER TABLE accounts ADD CONSTRAINT rich CHECK (balance < 100)")
            try await storage.create(Account(name: "a", email: "hidden@x"))
            let errors = [
                await storageError { try await storage.create(Account(name: "b", email: "hidden@x")) },
                await storageError {
                    try await storage.create(Account(name: "c", email: "hidden@y", balance: 424_242))
                },
            ]
            #expect(errors[1]?.code == .constraint && errors[1]?.backend?.constraint == "rich")
            for error in errors {
                var text = ""
                dump(error, to: &text)
                text += String(describing: error) + String(reflecting: error)
                #expect(!text.contains("hidden") && !text.contains("424242"))
            }
        }
    }

    @Test func aStoredValueThatCannotBeReadIsCorrupt() async throws {
        try await withAccounts { storage, database in
            try await storage.create(Account(name: "a"))
            try await database.psql("UPDATE accounts SET \"openedAt\" = 'infinity'")
            let error = await storageError { _ = try await storage.get("a") }
            #expect(error?.code == .corrupt && error?.field == "openedAt")
            try await database.psql("ALTER TABLE accounts ALTER COLUMN balance TYPE text")
            #expect(await code { _ = try await storage.fetch() } == .corrupt)
        }
    }

    @Test func aSmallPoolServesMany() async throws {
        try await withAccounts(postgres: .init(poolSize: 2)) { storage, _ in
            try await storage.createMany((0..<100).map { Account(name: "\($0)") })
            try await withThrowingTaskGroup { group in
                for task in 0..<64 {
                    group.addTask {
                        #expect(try await storage.get("\(task)") != nil)
                        try await storage.update("\(task)") { $0.balance = task }
                        #expect(try await storage.fetch(.where { $0.balance == task }.limit(3)).isEmpty == false)
                    }
                }
                try await group.waitForAll()
            }
            let plan = try await storage.plan(of: .where { $0.balance == 1 }.sort(\.name))
            #expect(!plan.steps.isEmpty)
        }
    }

    @Test func relaxedAndWeakerLevels() async throws {
        try await withAccounts { storage, _ in
            let loose = storage.with(.durability(.relaxed), .isolation(.readCommitted))
            try await loose.create(Account(name: "a", address: .init(street: "s")))
            try await loose.upsert(Account(name: "a", address: .init(street: "t")))
            try await loose.writeState(.init(accounts: [Account(name: "a"), Account(name: "b")], baseDir: "x"))
            #expect(try await loose.count() == 2)
        }
    }
}
#endif
