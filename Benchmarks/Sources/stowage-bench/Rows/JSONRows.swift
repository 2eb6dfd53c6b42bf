import Foundation
import Stowage
import StowageJSON

/// The JSON file beside Foundation's coders and TinyDB.
enum JSONRows {
    static let records = 100_000

    static var all: [BenchmarkRow] { [open, openAndFetch, encode, get, durable, durableInTasks] }

    /// A file with records.
    static func file(_ workbench: Workbench, _ count: Int = records) async throws -> String {
        try await workbench.once("json.\(count)") {
            let path = workbench.fresh("sessions-\(count).json")
            let storage = try await open(path)
            try await storage.createMany(SessionMaker.sessions(count))
            try await storage.close()
            return path
        }
    }

    static func open(
        _ path: String,
        mode: JSONFileMode = .replace
    ) async throws -> JsonFileStorage<Session, Sessions> {
        let storage = try JsonFileStorage<Session, Sessions>(path: path, mode: mode)
        try await storage.initialize()
        return storage
    }

    /// What Foundation decodes of the same file.
    private struct File: Decodable { var sessions: [Session] }

    private static var open: BenchmarkRow {
        BenchmarkRow(
            name: "json.open",
            unit: "records/s",
            what: "open a file of 100,000 records: every record read, checked and found by its id afterwards",
            peers: [
                .init(
                    name: "foundation",
                    what: "JSONDecoder of the file's bytes into the same type; no checks, no index"
                )
            ]
        ) { workbench in
            let path = try await file(workbench)
            return Contest {
                let storage = try JsonFileStorage<Session, Sessions>(path: path)
                let figure = try await rate(records) { try await storage.initialize() }
                try expect(try await storage.count() == records, "records are missing")
                try await storage.close()
                return figure
            }.against([{ try await decode(path) }])
        }
    }

    private static var openAndFetch: BenchmarkRow {
        BenchmarkRow(
            name: "json.openAndFetch",
            unit: "records/s",
            what: "open a file of 100,000 records, and fetch them all as records in the order of their ids",
            peers: [
                .init(
                    name: "foundation",
                    what: "JSONDecoder of the file's bytes into the same type; no checks, no index"
                )
            ]
        ) { workbench in
            let path = try await file(workbench)
            return Contest {
                let storage = try JsonFileStorage<Session, Sessions>(path: path)
                let figure = try await rate(records) {
                    try await storage.initialize()
                    try expect(try await storage.fetch().count == records, "records are missing")
                }
                try await storage.close()
                return figure
            }.against([{ try await decode(path) }])
        }
    }

    private static func decode(_ path: String) async throws -> Double {
        try await rate(records) {
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            let found = try JSONDecoder().decode(File.self, from: data)
            try expect(found.sessions.count == records, "records are missing")
        }
    }

    private static var encode: BenchmarkRow {
        BenchmarkRow(
            name: "json.encode",
            unit: "records/s",
            what: "100,000 records as one canonical JSON document, every value checked (StoreExport)",
            peers: [.init(name: "foundation", what: "JSONEncoder of the same array")]
        ) { workbench in
            let sessions = SessionMaker.sessions(records)
            return Contest {
                try await rate(records) {
                    try expect(try StoreExport.bytes(of: sessions).count > 100 * records, "bytes are missing")
                }
            }.against([
                {
                    try await rate(records) {
                        try expect(try JSONEncoder().encode(sessions).count > 100 * records, "bytes are missing")
                    }
                }
            ])
        }
    }

    private static var get: BenchmarkRow {
        BenchmarkRow(
            name: "json.get",
            unit: "records/s",
            what: "get by id in a file of 10,000 records, codec by hand",
            peers: [.init(name: "tinydb", what: "TinyDB get(where('session') == id), the same records")]
        ) { workbench in
            let path = try await file(workbench, 10_000)
            let storage = try await open(path)
            let python = try Python.tinydb(workbench, path)
            let keys = randomNumbers(workbench.isQuick ? 20_000 : 100_000, below: 10_000).map(SessionMaker.id)
            return Contest {
                try await rate(keys.count) {
                    for key in keys { try expect(try await storage.get(key) != nil, "no record \(key)") }
                }
            }.against([{ try python.ask("get \(workbench.isQuick ? 5 : 10)") }]).finally {
                python.stop()
                try await storage.close()
            }
        }
    }

    private static func creating(_ name: String, tasks: Int, count: Int, what: String) -> BenchmarkRow {
        BenchmarkRow(
            name: name,
            unit: "commits/s",
            what: what,
            peers: [.init(name: "tinydb", what: "TinyDB insert into a file of 10,000 records, one thread; no fsync")]
        ) { workbench in
            let template = try await file(workbench, 10_000)
            let python = try Python.tinydb(workbench, template)
            let count = workbench.isQuick ? count / 4 : count
            let new = SessionMaker.sessions(count, from: 1_000_000)
            return Contest {
                let path = workbench.fresh("create.json")
                try FileManager.default.copyItem(atPath: template, toPath: path)
                let storage = try await open(path)
                let figure = try await rate(count) {
                    try await inTasks(tasks, count) { part in
                        for session in new[part] { try await storage.create(session) }
                    }
                }
                try await storage.close()
                return figure
            }.against([{ try python.ask("create \(workbench.isQuick ? 8 : 20)") }]).finally {
                python.stop()
            }
        }
    }

    private static var durable: BenchmarkRow {
        creating(
            "json.create.durable.10k",
            tasks: 1,
            count: 200,
            what: "create in a file of 10,000 records, one task, fsync of file and folder"
        )
    }

    private static var durableInTasks: BenchmarkRow {
        creating(
            "json.create.durable.10k.64tasks",
            tasks: 64,
            count: 6_400,
            what: "create in a file of 10,000 records from 64 tasks, each acknowledged when its bytes are on the disk"
        )
    }
}
