import Foundation
import Stowage
import StowageJSON

/// How far the resident memory grows, each figure in a process of its own.
enum MemoryRows {
    static var all: [BenchmarkRow] { [jsonOpen, stream("sqlite"), stream("postgres"), move] }

    private static var jsonOpen: BenchmarkRow {
        BenchmarkRow(
            name: "memory.json.open",
            unit: "bytes",
            what: "peak growth of the resident memory while a file of 100,000 records is opened",
            peers: [.init(name: "file-size", what: "the size of that file")],
            isCost: true
        ) { workbench in
            let path = try await JSONRows.file(workbench)
            let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
            return Contest { try child("json.open", path) }.against([{ Double(size) }])
        }
    }

    private static func stream(_ backend: String) -> BenchmarkRow {
        BenchmarkRow(
            name: "memory.\(backend).stream",
            unit: "bytes",
            what: "peak growth of the resident memory while 1,000,000 records are streamed (200,000 with --quick)",
            peers: [.init(name: "fetchAll", what: "the same while 100,000 records are fetched into an array")],
            isCost: true
        ) { workbench in
            let large: String
            let small: String
            if backend == "sqlite" {
                large = try await SQLiteRows.file(workbench, workbench.large)
                small = try await SQLiteRows.file(workbench)
            } else {
                let server = try await workbench.postgres()
                large = server.url(try await PostgresRows.database(workbench, workbench.large))
                small = server.url(try await PostgresRows.database(workbench))
            }
            return Contest {
                try child("\(backend).stream", large)
            }.against([{ try child("\(backend).fetchAll", small) }])
        }
    }

    private static var move: BenchmarkRow {
        BenchmarkRow(
            name: "memory.move",
            unit: "bytes",
            what: "peak growth of the resident memory while 500,000 records are moved from SQLite to Postgres "
                + "(100,000 with --quick)",
            peers: [.init(name: "tenth", what: "the same while a tenth of them is moved")],
            isCost: true
        ) { workbench in
            let server = try await workbench.postgres()
            let count = MoveRows.records(workbench)
            let (large, small) = (
                try await SQLiteRows.file(workbench, count), try await SQLiteRows.file(workbench, count / 10)
            )
            try server.createDatabase("moved_memory")
            @Sendable func growth(_ file: String) throws -> Double {
                try MoveRows.empty(server, "moved_memory")
                return try child("move", file, server.url("moved_memory"))
            }
            return Contest { try growth(large) }.against([{ try growth(small) }]).finally {
                try server.psql(["-c", "DROP DATABASE moved_memory WITH (FORCE)"])
            }
        }
    }

    /// The figure of a task that this program does in a process of its own.
    static func child(_ task: String, _ arguments: String...) throws -> Double {
        let text = try Spawn.text("/proc/self/exe", ["child", task] + arguments)
        guard let figure = Double(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw BenchmarkFailure("the task \(task) said: \(text)")
        }
        return figure
    }
}
