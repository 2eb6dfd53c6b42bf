import Foundation
import Stowage

/// The program `minsky` beside the SQLite shell.
enum CommandRows {
    static var all: [BenchmarkRow] { [get] }

    private static var get: BenchmarkRow {
        BenchmarkRow(
            name: "cli.get.sqlite",
            unit: "ms",
            what: "wall time of `minsky session get NAME`, as scripts/install builds it; 100,000 sessions in SQLite",
            peers: [.init(name: "sqlite3-cli", what: "wall time of `sqlite3 FILE 'SELECT …'` for the same record")],
            isCost: true
        ) { workbench in
            guard let minsky = workbench.minsky else {
                throw BenchmarkFailure("this row needs --minsky; scripts/bench builds it")
            }
            let json = try await JSONRows.file(workbench)
            let path = workbench.fresh("cli.db")
            let environment = [
                "PATH": "/usr/bin:/bin", "HOME": workbench.folder, "MINSKY_DATABASE_URL": "sqlite:\(path)",
            ]
            let status = try Spawn.run(
                minsky,
                ["session", "import", json],
                environment: environment,
                output: "/dev/null"
            )
            try expect(status == 0, "minsky session import ended with status \(status)")
            let shell = try Spawn.text("/usr/bin/env", ["sh", "-c", "command -v sqlite3"])
                .trimmingCharacters(in: .whitespacesAndNewlines)
            let names = randomNumbers(workbench.isQuick ? 10 : 25, below: JSONRows.records).map(SessionMaker.id)
            @Sendable func milliseconds(_ run: (String) throws -> Double) throws -> Double {
                try names.map(run).reduce(0, +) * 1000 / Double(names.count)
            }
            return Contest {
                try milliseconds { try Spawn.time(minsky, ["session", "get", $0], environment: environment) }
            }.against([
                {
                    try milliseconds {
                        let sql = "SELECT * FROM sessions WHERE session = '\($0)'"
                        return try Spawn.time(shell, [path, sql], environment: environment)
                    }
                }
            ])
        }
    }
}
