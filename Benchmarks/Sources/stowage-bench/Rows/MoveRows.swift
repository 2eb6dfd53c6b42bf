import Foundation
import Stowage
import StowageMigration
import StowagePostgres
import StowageSQLite

/// Moving a store beside the shell pipeline that people write for it.
enum MoveRows {
    static func records(_ workbench: Workbench) -> Int { workbench.isQuick ? 100_000 : 500_000 }

    static var all: [BenchmarkRow] { [sqliteToPostgres] }

    private static var sqliteToPostgres: BenchmarkRow {
        BenchmarkRow(
            name: "move.sqlite.postgres",
            unit: "records/s",
            what:
                "a move of 500,000 records (100,000 with --quick) from SQLite into an empty database: opened, planned, "
                + "copied with checkpoints, every field of every record verified, published with its indexes, closed",
            peers: [
                .init(
                    name: "csv-copy",
                    what:
                        "sqlite3 -csv FILE 'SELECT …' | psql -c '\\copy …' of the same rows into the same table with its "
                        + "indexes; verifies nothing"
                )
            ]
        ) { workbench in
            let (server, count) = (try await workbench.postgres(), records(workbench))
            let file = try await SQLiteRows.file(workbench, count)
            try server.createDatabase("moved")
            return Contest {
                try empty(server, "moved")
                return try await rate(count) {
                    let report = try await move(file, to: server.url("moved"))
                    try expect(report.verified == count && report.written == count, "records are missing")
                }
            }.against([
                {
                    try empty(server, "moved")
                    try await PostgresRows.open(server, "moved").close()
                    return Double(count) / (try pipe(file, into: server, "moved", count))
                }
            ]).finally { try server.psql(["-c", "DROP DATABASE moved WITH (FORCE)"]) }
        }
    }

    /// A database without tables, and a server that has nothing left to write.
    static func empty(_ server: PostgresServer, _ database: String) throws {
        try server.psql(
            [
                "-q", "-c", "SET client_min_messages = warning", "-c", "DROP SCHEMA public CASCADE", "-c",
                "CREATE SCHEMA public", "-c", "CHECKPOINT",
            ],
            database: database
        )
    }

    /// The whole move, from opening the stores to closing them.
    @concurrent
    static func move(_ file: String, to url: String) async throws -> MoveReport {
        let move = try StorageMigration(
            Session.self,
            state: Sessions.self,
            from: StorageDatabase.sqlite(path: file, access: .readOnly),
            to: StorageDatabase.postgres(url: url)
        )
        let report = try await move.run()
        try await move.close()
        return report
    }

    /// Seconds that the pipeline takes.
    private static func pipe(
        _ file: String,
        into server: PostgresServer,
        _ database: String,
        _ count: Int
    ) throws -> Double {
        let columns =
            Session.fields.map { "\"\($0.name)\"" }.joined(separator: ", ") + ", \"_stowage_unknown\""
        let environment = ProcessInfo.processInfo.environment.merging([
            "FILE": file, "SELECT": "SELECT \(columns) FROM sessions",
            "COPY": "\\copy sessions (\(columns)) FROM STDIN (FORMAT csv)", "PSQL": server.program("psql"),
            "PGHOST": server.socketFolder, "PGPORT": "\(server.port)", "PGUSER": "postgres", "PGDATABASE": database,
        ]) { $1 }
        let script = "sqlite3 -csv \"$FILE\" \"$SELECT\" | \"$PSQL\" -X -q -v ON_ERROR_STOP=1 -c \"$COPY\""
        let elapsed = try Spawn.time("/bin/sh", ["-c", script], environment: environment)
        let found = try server.psql(["-At", "-c", "SELECT count(*) FROM sessions"], database: database)
        try expect(found.trimmingCharacters(in: .whitespacesAndNewlines) == "\(count)", "the peer lost records")
        return elapsed
    }
}
