import Foundation
import Stowage
import StowagePostgres

/// Postgres beside pgbench, psql and asyncpg, on one server with its default settings.
enum PostgresRows {
    static let records = 100_000
    private static let columns =
        #""session", "repoName", "repoUrl", "createdAt", "taskId", "branch", "repoPath", "backendType", "prBranch", "prApproved""#

    static var all: [BenchmarkRow] { [get, getIn8Tasks, getIn64Tasks, createMany, fetchAll] }

    /// A database with records.
    static func database(_ workbench: Workbench, _ count: Int = records) async throws -> String {
        try await workbench.once("postgres.\(count)") {
            let server = try await workbench.postgres()
            let name = "sessions_\(count)"
            try server.createDatabase(name)
            let storage = try await open(server, name)
            for first in stride(from: 0, to: count, by: 100_000) {
                try await storage.createMany(SessionMaker.sessions(min(100_000, count - first), from: first))
            }
            try await storage.close()
            try server.psql(["-c", "VACUUM ANALYZE"], database: name)
            return name
        }
    }

    static func open(_ server: PostgresServer, _ database: String) async throws -> PostgresStorage<Session, Sessions> {
        let options = PostgresOptions(poolSize: 8)
        let storage = try PostgresStorage<Session, Sessions>(url: server.url(database), postgres: options)
        try await storage.initialize()
        return storage
    }

    // MARK: By identifier

    private static func lookups(
        _ name: String,
        tasks: Int,
        count: Int,
        what: String,
        clients: Int,
        withAsyncpg: Bool = false
    ) -> BenchmarkRow {
        let pgbench = BenchmarkRow.Peer(
            name: "pgbench-\(clients)",
            what:
                "pgbench -M prepared, \(clients) client\(clients == 1 ? "" : "s"), the same SELECT; throws the rows away"
        )
        let asyncpg = BenchmarkRow.Peer(
            name: "asyncpg",
            what: "asyncpg, 64 tasks, a pool of 8; rows as records of Python"
        )
        return BenchmarkRow(
            name: name,
            unit: "records/s",
            what: what,
            peers: [pgbench] + (withAsyncpg ? [asyncpg] : [])
        ) { workbench in
            let (server, database) = (try await workbench.postgres(), try await database(workbench))
            let storage = try await open(server, database)
            let script = workbench.fresh("get.sql")
            try """
            \\set id random(10000000, \(10_000_000 + records - 1))
            SELECT \(columns) FROM "sessions" WHERE "session" = :id;

            """.write(toFile: script, atomically: true, encoding: .utf8)
            let count = workbench.isQuick ? count / 4 : count
            let keys = randomNumbers(count, below: records).map(SessionMaker.id)
            let python = withAsyncpg ? try Python.asyncpg(workbench, server, database, records) : nil
            return Contest {
                try await rate(count) {
                    try await inTasks(tasks, count) { part in
                        for key in keys[part] { try expect(try await storage.get(key) != nil, "no record \(key)") }
                    }
                }
            }.against(
                [
                    { try server.pgbench(script, database: database, clients: clients, transactions: count) }
                ]
                    + (python.map { python in [{ @Sendable in try python.ask("get \(count / 4) 64") }] } ?? [])
            ).finally {
                python?.stop()
                try await storage.close()
            }
        }
    }

    private static var get: BenchmarkRow {
        lookups(
            "postgres.get",
            tasks: 1,
            count: 16_000,
            what: "get by id, one task, codec by hand, up to 8 connections",
            clients: 1
        )
    }

    private static var getIn8Tasks: BenchmarkRow {
        lookups(
            "postgres.get.8tasks",
            tasks: 8,
            count: 48_000,
            what: "get by id from 8 tasks at once, those in line in one statement, up to 8 connections",
            clients: 8
        )
    }

    private static var getIn64Tasks: BenchmarkRow {
        lookups(
            "postgres.get.64tasks",
            tasks: 64,
            count: 64_000,
            what: "get by id from 64 tasks at once, those in line in one statement, up to 8 connections",
            clients: 8,
            withAsyncpg: true
        )
    }

    // MARK: Many

    private static var createMany: BenchmarkRow {
        BenchmarkRow(
            name: "postgres.createMany",
            unit: "records/s",
            what: "createMany of 100,000 records into an empty table, one transaction, every value checked",
            peers: [
                .init(
                    name: "psql-copy",
                    what: "psql \\copy of the same rows from a text file into the same table, by psql's clock"
                )
            ]
        ) { workbench in
            let (server, source) = (try await workbench.postgres(), try await database(workbench))
            let rows = workbench.fresh("rows.copy")
            try server.psql(["-c", "\\copy (SELECT * FROM \"sessions\") TO '\(rows)'"], database: source)
            try server.createDatabase("bulk")
            let storage = try await open(server, "bulk")
            let sessions = SessionMaker.sessions(records)
            @Sendable func empty() throws {
                try server.psql(["-c", "TRUNCATE \"sessions\"", "-c", "CHECKPOINT"], database: "bulk")
            }
            return Contest {
                try empty()
                return try await rate(records) { try await storage.createMany(sessions) }
            }.against([
                {
                    try empty()
                    let seconds = try server.timed("\\copy \"sessions\" FROM '\(rows)'", database: "bulk")
                    return Double(records) / seconds
                }
            ]).finally {
                try await storage.close()
                try server.psql(["-c", "DROP DATABASE bulk WITH (FORCE)"])
            }
        }
    }

    private static var fetchAll: BenchmarkRow {
        BenchmarkRow(
            name: "postgres.fetchAll",
            unit: "records/s",
            what: "fetch 100,000 records into an array, in the order of their ids, codec by hand",
            peers: [
                .init(
                    name: "psql-select",
                    what:
                        "psql -At, SELECT … to /dev/null, in whatever order, on an open connection; makes text of the rows"
                ),
                .init(name: "asyncpg", what: "asyncpg fetch in the order of the ids; rows as records of Python"),
            ]
        ) { workbench in
            let (server, database) = (try await workbench.postgres(), try await database(workbench))
            let storage = try await open(server, database)
            let python = try Python.asyncpg(workbench, server, database, records)
            let psql = try server.psqlSession(database)
            return Contest {
                try await rateKeeping(records) {
                    let found = try await storage.fetch()
                    try expect(found.count == records, "records are missing")
                    return found
                }
            }.against([
                {
                    // Its own clock stops before it has printed anything.
                    try await rate(records) { _ = try psql.ask("SELECT \(columns) FROM \"sessions\"; \\echo 0") }
                },
                { try python.ask("fetchAll") },
            ]).finally {
                python.stop()
                psql.stop()
                try await storage.close()
            }
        }
    }
}

/// The peers that are written in Python.
enum Python {
    static func asyncpg(
        _ workbench: Workbench,
        _ server: PostgresServer,
        _ database: String,
        _ records: Int
    ) throws -> LineServer {
        try LineServer(
            interpreter(workbench),
            [workbench.scripts + "/asyncpg_peer.py", server.socketFolder, database, "\(records)"]
        )
    }

    static func tinydb(_ workbench: Workbench, _ json: String) throws -> LineServer {
        try LineServer(
            interpreter(workbench),
            [workbench.scripts + "/tinydb_peer.py", json, workbench.fresh("tinydb.json")]
        )
    }

    private static func interpreter(_ workbench: Workbench) throws -> String {
        guard let python = workbench.python else {
            throw BenchmarkFailure("this row needs --python with asyncpg and TinyDB; scripts/bench makes it")
        }
        return python
    }
}
