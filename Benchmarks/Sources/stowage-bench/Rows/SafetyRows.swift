import Foundation
import Stowage
import StowageJSON

/// What safety costs: the same work at a weaker level that has a name, beside the level that holds by default.
enum SafetyRows {
    static var all: [BenchmarkRow] {
        ["json", "sqlite", "postgres"].map(durability) + [journal]
            + [isolation(.snapshot), isolation(.readCommitted)]
            + ["json", "sqlite"].map(processes)
    }

    private static func durability(_ backend: String) -> BenchmarkRow {
        let relaxed =
            [
                "json": "no fsync of the folder: a power cut may bring the old file back",
                "sqlite": "synchronous NORMAL: a power cut may take the last commits",
                "postgres": "synchronous_commit off: a crash of the server may take the last commits",
            ][backend] ?? ""
        return BenchmarkRow(
            name: "safety.\(backend).durability.relaxed",
            unit: "commits/s",
            what: "create with .durability(.relaxed), one task: \(relaxed)",
            peers: [.init(name: "full", what: "the same with the default: on the disk when it returns")],
            isQuick: false
        ) { workbench in
            let storage = try await fresh(backend, workbench)
            let numbers = Numbers()
            let count = backend == "json" ? 100 : 500
            @Sendable func create(_ storage: any DatabaseStorage<Session, Sessions>) async throws -> Double {
                let sessions = SessionMaker.sessions(count, from: numbers.take(count))
                return try await rate(count) { for session in sessions { try await storage.create(session) } }
            }
            return Contest {
                try await create(storage.with(.durability(.relaxed)))
            }.against([{ try await create(storage) }]).finally {
                try await storage.close()
            }
        }
    }

    private static var journal: BenchmarkRow {
        BenchmarkRow(
            name: "safety.json.mode.journal",
            unit: "commits/s",
            what:
                "create in a file of 10,000 records in the journal mode, as durable: the file alone is not all there is",
            peers: [.init(name: "replace", what: "the same in the default mode: the file is all there is")],
            isQuick: false
        ) { workbench in
            let journaled = try await JSONRows.open(try await copy(workbench), mode: .journal)
            let replaced = try await JSONRows.open(try await copy(workbench))
            let numbers = Numbers(from: 50_000_000)
            @Sendable func create(_ storage: JsonFileStorage<Session, Sessions>, _ count: Int) async throws -> Double {
                let sessions = SessionMaker.sessions(count, from: numbers.take(count))
                return try await rate(count) { for session in sessions { try await storage.create(session) } }
            }
            return Contest {
                try await create(journaled, 500)
            }.against([{ try await create(replaced, 50) }]).finally {
                try await journaled.close()
                try await replaced.close()
            }
        }
    }

    private static func copy(_ workbench: Workbench) async throws -> String {
        let path = workbench.fresh("journal.json")
        try FileManager.default.copyItem(atPath: try await JSONRows.file(workbench, 10_000), toPath: path)
        return path
    }

    /// Eight tasks that each read a record and change it, at a weaker isolation.
    private static func isolation(_ isolation: Isolation) -> BenchmarkRow {
        BenchmarkRow(
            name: "safety.postgres.isolation.\(isolation)",
            unit: "transactions/s",
            what: "get and update one of 10,000 records in a transaction, 8 tasks, \(isolation)",
            peers: [
                .init(name: "serializable", what: "the same, serializable, as it is by default; conflicts run again")
            ],
            isQuick: false
        ) { workbench in
            let server = try await workbench.postgres()
            let storage = try await PostgresRows.open(server, PostgresRows.database(workbench, 10_000))
            let count = 2_000
            let picked = randomNumbers(count, below: 10_000)
            @Sendable func transactions(_ options: StorageOption...) async throws -> Double {
                let storage = options.first.map { storage.with($0) } ?? storage
                return try await rate(count) {
                    try await inTasks(8, count) { part in
                        for number in picked[part] {
                            let id = SessionMaker.id(number)
                            try await storage.transaction { storage in
                                let record = try await storage.get(id)
                                try await storage.update(id) {
                                    $0.branch = record?.branch.map { $0 == "a" ? "b" : "a" }
                                }
                            }
                        }
                    }
                }
            }
            return Contest {
                try await transactions(.isolation(isolation))
            }.against([{ try await transactions() }]).finally {
                try await storage.close()
            }
        }
    }

    /// Four processes that write one store, beside one process with as many tasks.
    private static func processes(_ backend: String) -> BenchmarkRow {
        BenchmarkRow(
            name: "safety.\(backend).processes.4",
            unit: "commits/s",
            what: "durable creates by four processes at once, one task each",
            peers: [.init(name: "one-process", what: "the same number by four tasks of one process")],
            isQuick: false
        ) { workbench in
            let path = workbench.fresh(backend == "json" ? "shared.json" : "shared.db")
            try await open(backend, path).close()
            let numbers = Numbers()
            let count = backend == "json" ? 50 : 250
            @Sendable func child(_ count: Int, tasks: Int) throws -> Double {
                try MemoryRows.child("\(backend).create", path, "\(numbers.take(count))", "\(count)", "\(tasks)")
            }
            return Contest {
                // Each process measures from the moment it has opened the store; the slowest decides.
                let slowest = try await withThrowingTaskGroup(of: Double.self) { group in
                    for _ in 0..<4 { group.addTask { try await onThread { try child(count, tasks: 1) } } }
                    var slowest = 0.0
                    for try await seconds in group { slowest = max(slowest, seconds) }
                    return slowest
                }
                return Double(4 * count) / slowest
            }.against([{ Double(4 * count) / (try child(4 * count, tasks: 4)) }])
        }
    }

    private static func onThread(_ body: @escaping @Sendable () throws -> Double) async throws -> Double {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
        }
    }

    private static func open(_ backend: String, _ path: String) async throws -> any DatabaseStorage<Session, Sessions> {
        if backend == "json" { return try await JSONRows.open(path) }
        return try await SQLiteRows.open(path)
    }

    private static func fresh(
        _ backend: String,
        _ workbench: Workbench
    ) async throws -> any DatabaseStorage<Session, Sessions> {
        guard backend == "postgres" else {
            return try await open(backend, workbench.fresh(backend == "json" ? "safety.json" : "safety.db"))
        }
        let server = try await workbench.postgres()
        try server.createDatabase("safety")
        return try await PostgresRows.open(server, "safety")
    }
}
