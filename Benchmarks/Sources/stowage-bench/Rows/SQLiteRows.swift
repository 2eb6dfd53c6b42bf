import Stowage
import StowageSQLite

/// SQLite beside its own C API and GRDB, on files of the same content.
enum SQLiteRows {
    static let records = 100_000
    private static let c = "the C API: one connection, one prepared statement, reads every column, makes no Strings"

    static var all: [BenchmarkRow] {
        [get, getCodable, getInTasks, createMany, fetchAll, fetchAllCodable, byIndexedField, createDurable]
            + [createDurableInTasks]
    }

    /// A file with records, as our own `createMany` makes it.
    static func file(_ workbench: Workbench, _ count: Int = records) async throws -> String {
        try await workbench.once("sqlite.\(count)") {
            let path = workbench.fresh("sessions-\(count).db")
            let storage = try SqliteStorage<Session, Sessions>(path: path)
            try await storage.initialize()
            for first in stride(from: 0, to: count, by: 100_000) {
                try await storage.createMany(SessionMaker.sessions(min(100_000, count - first), from: first))
            }
            try await storage.close()
            return path
        }
    }

    static func open(_ path: String) async throws -> SqliteStorage<Session, Sessions> {
        let storage = try SqliteStorage<Session, Sessions>(path: path)
        try await storage.initialize()
        return storage
    }

    private static func openCodable(_ path: String) async throws -> SqliteStorage<CodableSession, CodableSessions> {
        let storage = try SqliteStorage<CodableSession, CodableSessions>(path: path)
        try await storage.initialize()
        return storage
    }

    // MARK: By identifier

    private static func keys(_ workbench: Workbench) -> [String] {
        randomNumbers(workbench.isQuick ? 20_000 : 60_000, below: records).map(SessionMaker.id)
    }

    private static var get: BenchmarkRow {
        BenchmarkRow(
            name: "sqlite.get",
            unit: "records/s",
            what: "get by id from async code, one task, 100,000 records, codec by hand",
            peers: [
                .init(name: "sqlite-c", what: c),
                .init(name: "grdb", what: "GRDB 7.10 DatabasePool, async read, Codable record; the time as text"),
            ]
        ) { workbench in
            let path = try await file(workbench)
            let (storage, peer, grdb) = (try await open(path), try SQLiteC(path), try GRDBPeer(path))
            let keys = keys(workbench)
            let few = keys.prefix(keys.count / 10)
            return Contest {
                try await rate(keys.count) {
                    for key in keys { try expect(try await storage.get(key) != nil, "no record \(key)") }
                }
            }.against([
                {
                    try await rate(keys.count) {
                        try expect(try peer.get(keys[...]) == keys.count, "records are missing")
                    }
                },
                {
                    try await rate(few.count) {
                        for key in few { try expect(try await grdb.get(key) != nil, "no record \(key)") }
                    }
                },
            ]).finally {
                try await storage.close()
            }
        }
    }

    private static var getCodable: BenchmarkRow {
        BenchmarkRow(
            name: "sqlite.get.codable",
            unit: "records/s",
            what: "get by id from async code, one task, default (Codable) codec",
            peers: [.init(name: "sqlite-c", what: c)]
        ) { workbench in
            let path = try await file(workbench)
            let (storage, peer) = (try await openCodable(path), try SQLiteC(path))
            let keys = keys(workbench)
            return Contest {
                try await rate(keys.count) {
                    for key in keys { try expect(try await storage.get(key) != nil, "no record \(key)") }
                }
            }.against([
                {
                    try await rate(keys.count) {
                        try expect(try peer.get(keys[...]) == keys.count, "records are missing")
                    }
                }
            ]).finally {
                try await storage.close()
            }
        }
    }

    private static var getInTasks: BenchmarkRow {
        BenchmarkRow(
            name: "sqlite.get.8tasks",
            unit: "records/s",
            what: "get by id from eight tasks at once, codec by hand",
            peers: [.init(name: "sqlite-c", what: c + "; one thread")]
        ) { workbench in
            let path = try await file(workbench)
            let (storage, peer) = (try await open(path), try SQLiteC(path))
            let keys = keys(workbench)
            return Contest {
                try await rate(keys.count) {
                    try await inTasks(8, keys.count) { part in
                        for key in keys[part] { try expect(try await storage.get(key) != nil, "no record \(key)") }
                    }
                }
            }.against([
                {
                    try await rate(keys.count) {
                        try expect(try peer.get(keys[...]) == keys.count, "records are missing")
                    }
                }
            ]).finally {
                try await storage.close()
            }
        }
    }

    // MARK: Many

    private static var fetchAll: BenchmarkRow {
        BenchmarkRow(
            name: "sqlite.fetchAll",
            unit: "records/s",
            what: "fetch 100,000 records into an array, by id, codec by hand",
            peers: [
                .init(name: "sqlite-c", what: c),
                .init(name: "grdb", what: "GRDB 7.10 async fetchAll, Codable record; the time as text"),
            ]
        ) { workbench in
            let path = try await file(workbench)
            let (storage, peer, grdb) = (try await open(path), try SQLiteC(path), try GRDBPeer(path))
            return Contest {
                try await rateKeeping(records) {
                    let found = try await storage.fetch()
                    try expect(found.count == records, "records are missing")
                    return found
                }
            }.against([
                { try await rate(records) { try expect(try peer.scan() == records, "records are missing") } },
                {
                    try await rateKeeping(records) {
                        let found = try await grdb.fetchAll()
                        try expect(found.count == records, "records are missing")
                        return found
                    }
                },
            ]).finally {
                try await storage.close()
            }
        }
    }

    private static var fetchAllCodable: BenchmarkRow {
        BenchmarkRow(
            name: "sqlite.fetchAll.codable",
            unit: "records/s",
            what: "fetch 100,000 records into an array, by id, default (Codable) codec",
            peers: [.init(name: "grdb", what: "GRDB 7.10 async fetchAll, Codable record; the time as text")]
        ) { workbench in
            let path = try await file(workbench)
            let (storage, grdb) = (try await openCodable(path), try GRDBPeer(path))
            return Contest {
                try await rateKeeping(records) {
                    let found = try await storage.fetch()
                    try expect(found.count == records, "records are missing")
                    return found
                }
            }.against([
                {
                    try await rateKeeping(records) {
                        let found = try await grdb.fetchAll()
                        try expect(found.count == records, "records are missing")
                        return found
                    }
                }
            ]).finally {
                try await storage.close()
            }
        }
    }

    private static var byIndexedField: BenchmarkRow {
        BenchmarkRow(
            name: "sqlite.byIndexedField",
            unit: "queries/s",
            what: "fetch(.where { $0.taskId == … }), ten records each, in the order of their ids",
            peers: [.init(name: "sqlite-c", what: c)]
        ) { workbench in
            let path = try await file(workbench)
            let (storage, peer) = (try await open(path), try SQLiteC(path))
            let tasks = randomNumbers(workbench.isQuick ? 3_000 : 10_000, below: records).map(SessionMaker.task)
            return Contest {
                try await rate(tasks.count) {
                    for task in tasks {
                        let found = try await storage.fetch(.where { $0.taskId == task })
                        try expect(found.count == 10, "records of \(task) are missing")
                    }
                }
            }.against([
                {
                    try await rate(tasks.count) {
                        try expect(try peer.byTask(tasks[...]) == 10 * tasks.count, "records are missing")
                    }
                }
            ]).finally {
                try await storage.close()
            }
        }
    }

    // MARK: Writing

    private static var createMany: BenchmarkRow {
        BenchmarkRow(
            name: "sqlite.createMany",
            unit: "records/s",
            what: "createMany of 100,000 records into a new file, one transaction, every value checked",
            peers: [
                .init(name: "sqlite-c", what: "the C API, one prepared INSERT; the times are text beforehand"),
                .init(name: "grdb", what: "GRDB 7.10 insert in one write, Codable record; the time as text"),
            ]
        ) { workbench in
            let sessions = SessionMaker.sessions(records)
            let times = sessions.map { "\($0.createdAt)" }
            let theirs = sessions.map { GRDBSession($0) }
            return Contest {
                let storage = try await open(workbench.fresh("bulk.db"))
                let figure = try await rate(records) { try await storage.createMany(sessions) }
                try await storage.close()
                return figure
            }.against([
                {
                    let peer = try SQLiteC(workbench.fresh("bulk-c.db"))
                    try peer.execute(SQLiteC.schema)
                    return try await rate(records) { try peer.insert(sessions, times: times) }
                },
                {
                    let peer = try GRDBPeer(workbench.fresh("bulk-grdb.db"))
                    try await peer.makeTable()
                    return try await rate(records) { try await peer.createMany(theirs) }
                },
            ])
        }
    }

    private static func durable(_ name: String, tasks: Int, count: Int, what: String) -> BenchmarkRow {
        BenchmarkRow(
            name: name,
            unit: "commits/s",
            what: what,
            peers: [
                .init(name: "sqlite-c", what: "the C API, one prepared INSERT a commit, synchronous FULL, one thread")
            ]
        ) { workbench in
            let storage = try await open(workbench.fresh("durable.db"))
            let peer = try SQLiteC(workbench.fresh("durable-c.db"))
            try peer.execute(SQLiteC.schema)
            let next = Numbers()
            let count = workbench.isQuick ? max(tasks * 4, count / 4) : count
            let alone = min(count, workbench.isQuick ? 300 : 1_000)
            return Contest {
                let first = next.take(count)
                let sessions = SessionMaker.sessions(count, from: first)
                return try await rate(count) {
                    try await inTasks(tasks, count) { part in
                        for session in sessions[part] { try await storage.create(session) }
                    }
                }
            }.against([
                {
                    let sessions = SessionMaker.sessions(alone, from: next.take(alone))
                    let times = sessions.map { "\($0.createdAt)" }
                    return try await rate(alone) {
                        for (session, time) in zip(sessions, times) { try peer.insert(session, time) }
                    }
                }
            ]).finally {
                try await storage.close()
            }
        }
    }

    private static var createDurable: BenchmarkRow {
        durable(
            "sqlite.create.durable",
            tasks: 1,
            count: 1_000,
            what: "create, one record a commit, synchronous FULL, one task"
        )
    }

    private static var createDurableInTasks: BenchmarkRow {
        durable(
            "sqlite.create.durable.64tasks",
            tasks: 64,
            count: 12_800,
            what: "create from 64 tasks at once, each acknowledged when its own commit is on the disk"
        )
    }
}
