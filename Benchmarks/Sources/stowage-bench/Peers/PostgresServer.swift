import Foundation

/// A throwaway Postgres server with its default settings, fsync included, on a Unix socket. Both sides use it alike.
final class PostgresServer: Sendable {
    let socketFolder: String
    let port = 5432
    private let binaries: String
    private let process: Process

    private init(socketFolder: String, binaries: String, process: Process) {
        self.socketFolder = socketFolder
        self.binaries = binaries
        self.process = process
    }

    static func start(below folder: String) async throws -> PostgresServer {
        let root = "/usr/lib/postgresql"
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [])
            .sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }
        let found = versions.map { "\(root)/\($0)/bin" }.first {
            FileManager.default.isExecutableFile(atPath: $0 + "/initdb")
        }
        guard let binaries = found else { throw BenchmarkFailure("no Postgres server below \(root)") }
        let socketFolder = folder + "/postgres"
        // The shell ends the server when our end of its input closes, however this process ends.
        let script = """
            trap '' INT TERM HUP
            if [ "$(id -u)" = 0 ]; then as="setpriv --reuid=postgres --regid=postgres --init-groups"; else as=""; fi
            mkdir -m 755 "$FOLDER" && mkdir -m 700 "$FOLDER/data" || exit 1
            [ -z "$as" ] || chown -R postgres:postgres "$FOLDER"
            cd "$FOLDER"
            LC_ALL=C.UTF-8 $as "$BIN/initdb" -D data -U postgres -A trust -E UTF8 --locale=C.UTF-8 \
                > initdb.log 2>&1 < /dev/null || exit 1
            $as "$BIN/postgres" -D data -p 5432 -h '' -k "$FOLDER" > server.log 2>&1 < /dev/null &
            server=$!
            read _
            kill -INT $server 2> /dev/null
            wait $server 2> /dev/null
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/setsid")
        process.arguments = ["/bin/sh", "-c", script]
        process.environment = ProcessInfo.processInfo.environment.merging(["FOLDER": socketFolder, "BIN": binaries]) {
            $1
        }
        let lifeline = Pipe()
        process.standardInput = lifeline
        _ = fcntl(lifeline.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        try process.run()
        let server = PostgresServer(socketFolder: socketFolder, binaries: binaries, process: process)
        let limit = ContinuousClock.now + .seconds(90)
        while (try? Spawn.text(server.program("pg_isready"), ["-q"] + server.options)) == nil {
            if ContinuousClock.now > limit || !process.isRunning {
                throw BenchmarkFailure("the Postgres server did not start; see \(socketFolder)")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        return server
    }

    func stop() async throws {
        (process.standardInput as? Pipe)?.fileHandleForWriting.closeFile()
        process.waitUntilExit()
    }

    func program(_ name: String) -> String { "\(binaries)/\(name)" }

    /// The options by which the server's programs find it.
    var options: [String] { ["-h", socketFolder, "-p", "\(port)", "-U", "postgres"] }

    /// The URL of a database, with the same socket.
    func url(_ database: String) -> String {
        let host = socketFolder.replacing("/", with: "%2F")
        return "postgresql://postgres@\(host):\(port)/\(database)"
    }

    @discardableResult
    func psql(_ arguments: [String], database: String = "postgres") throws -> String {
        try Spawn.text(program("psql"), ["-X", "-v", "ON_ERROR_STOP=1"] + options + ["-d", database] + arguments)
    }

    /// A psql that is connected, makes unaligned text of what it reads, and throws it away; `\echo` answers all the same.
    func psqlSession(_ database: String) throws -> LineServer {
        try LineServer(program("psql"), ["-X", "-q", "-At", "-o", "/dev/null"] + options + ["-d", database])
    }

    func createDatabase(_ name: String) throws { try psql(["-c", "CREATE DATABASE \(name)"]) }

    /// Seconds by psql's own clock: its start and its connection are not counted.
    func timed(_ command: String, database: String) throws -> Double {
        let text = try psql(["-At", "-o", "/dev/null", "-c", "\\timing on", "-c", command], database: database)
        guard let line = text.split(separator: "\n").last(where: { $0.hasPrefix("Time: ") }),
            let milliseconds = line.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        else { throw BenchmarkFailure("psql told no time: \(text)") }
        return milliseconds / 1000
    }

    /// Transactions a second of `pgbench -M prepared` with a script.
    func pgbench(_ script: String, database: String, clients: Int, transactions: Int) throws -> Double {
        let text = try Spawn.text(
            program("pgbench"),
            ["-n", "-M", "prepared", "-c", "\(clients)", "-j", "\(min(2, clients))", "-t", "\(transactions / clients)"]
                + ["-f", script] + options + [database]
        )
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("tps = ") }),
            let figure = line.split(separator: " ").dropFirst(2).first.flatMap({ Double($0) })
        else { throw BenchmarkFailure("pgbench told no rate: \(text)") }
        return figure
    }
}
