import Foundation
import Synchronization

/// A throwaway Postgres server for tests, one for each test process.
///
/// The server and its files go when the process ends, however it ends: a small shell of its own session watches a pipe
/// whose other end only this process holds. With `STOWAGE_TEST_POSTGRES_URL` set, that server is used instead, and only
/// the databases made in it are dropped by those who made them.
package final class TestPostgres: Sendable {
    /// What went wrong while the server was made; a test that needs one fails, and is never skipped.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// A role that has to give ``scramPassword``; every other role is trusted. Only on a server of our own.
    package static let scramRole = "stowage_scram"
    package static let scramPassword = "kestrel-on-the-wire"

    private let base: URLComponents
    private let binaries: String
    private let counter = Atomic<Int>(0)

    private init(base: URLComponents, binaries: String) {
        self.base = base
        self.binaries = binaries
    }

    private static let starting = Task { try await start() }

    /// The server of this process, started by the first call.
    package static func shared() async throws -> TestPostgres { try await starting.value }

    /// The server's port on 127.0.0.1.
    package var port: Int { base.port ?? 5432 }

    /// A URL of this server.
    package func url(database: String, user: String? = nil, password: String? = nil) -> String {
        var parts = base
        parts.path = "/" + database
        if let user { parts.user = user }
        if let password { parts.password = password }
        return parts.string ?? ""
    }

    /// Makes a database of its own and answers its URL.
    package func freshDatabase(template: String? = nil) async throws -> String {
        let number = counter.add(1, ordering: .relaxed).newValue
        let name = "stowage_test_\(ProcessInfo.processInfo.processIdentifier)_\(number)"
        try await psql("CREATE DATABASE \(name)" + (template.map { " TEMPLATE \($0)" } ?? ""))
        return url(database: name)
    }

    /// Drops a database that ``freshDatabase(template:)`` made, whoever is still connected to it.
    package func drop(_ url: String) async throws {
        guard let name = URLComponents(string: url)?.path.dropFirst(), !name.isEmpty else { return }
        try await psql("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    }

    /// Runs SQL as the superuser and answers what `psql -At` prints.
    @discardableResult
    package func psql(_ sql: String, database: String = "postgres") async throws -> String {
        try await Self.run(
            "\(binaries)/psql",
            ["-X", "-At", "-v", "ON_ERROR_STOP=1", "-c", sql, url(database: database)]
        )
    }

    // MARK: Starting

    private static func start() async throws -> TestPostgres {
        let binaries = try findBinaries()
        if let given = ProcessInfo.processInfo.environment["STOWAGE_TEST_POSTGRES_URL"] {
            guard let base = URLComponents(string: given) else {
                throw Failure(description: "STOWAGE_TEST_POSTGRES_URL is not a URL")
            }
            return TestPostgres(base: base, binaries: binaries)
        }
        let port = try freePort()
        let folder = FileManager.default.temporaryDirectory.path + "/stowage-postgres-\(UUID().uuidString.prefix(8))"
        let lifeline = try supervise(folder: folder, port: port, binaries: binaries)
        try await waitUntilReady(folder: folder, lifeline: lifeline)
        var base = URLComponents()
        base.scheme = "postgresql"
        base.host = "127.0.0.1"
        base.port = port
        base.user = "postgres"
        let server = TestPostgres(base: base, binaries: binaries)
        try await server.psql("CREATE ROLE \(scramRole) LOGIN PASSWORD '\(scramPassword)'")
        return server
    }

    private static func findBinaries() throws -> String {
        let root = "/usr/lib/postgresql"
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [])
            .sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }
        for version in versions {
            let folder = "\(root)/\(version)/bin"
            if FileManager.default.isExecutableFile(atPath: folder + "/initdb") { return folder }
        }
        throw Failure(description: "tests need a Postgres server: install one below \(root) (apt install postgresql)")
    }

    /// Lets the operating system choose a port. Another process could take it in between; then the start fails aloud.
    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
            }
        }
        guard code == 0 else { throw Failure(description: "no free port on 127.0.0.1") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Starts the shell that runs the server until our end of its input closes.
    private static func supervise(folder: String, port: Int, binaries: String) throws -> FileHandle {
        let script = """
            trap '' INT TERM HUP
            # Postgres does not run as root.
            if [ "$(id -u)" = 0 ]; then as="setpriv --reuid=postgres --regid=postgres --init-groups"; else as=""; fi
            mkdir -m 700 "$FOLDER" && mkdir -m 700 "$FOLDER/data" || exit 1
            [ -z "$as" ] || chown -R postgres:postgres "$FOLDER"
            cd "$FOLDER"
            finish() { cd /; rm -rf "$FOLDER"; exit 0; }
            LC_ALL=C.UTF-8 $as "$BIN/initdb" -D data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync \
                > initdb.log 2>&1 < /dev/null || { touch failed; read _; finish; }
            { echo "host all \(scramRole) 127.0.0.1/32 scram-sha-256"; cat data/pg_hba.conf; } > hba
            cat hba > data/pg_hba.conf
            $as "$BIN/postgres" -D data -p "$PORT" -h 127.0.0.1 -k "$FOLDER" -c fsync=off -c full_page_writes=off \
                -c max_connections=200 -c shared_buffers=64MB -c log_min_messages=warning \
                > server.log 2>&1 < /dev/null &
            server=$!
            until "$BIN/pg_isready" -q -h 127.0.0.1 -p "$PORT"; do
                kill -0 $server 2> /dev/null || { touch failed; read _; finish; }
                sleep 0.05
            done
            touch ready
            read _
            kill -QUIT $server 2> /dev/null
            wait $server 2> /dev/null
            finish
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/setsid")
        process.arguments = ["/bin/sh", "-c", script]
        process.environment = ProcessInfo.processInfo.environment
            .merging(["FOLDER": folder, "PORT": "\(port)", "BIN": binaries]) { $1 }
        let lifeline = Pipe()
        process.standardInput = lifeline
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        // Other processes that the tests start must not keep our end open.
        _ = fcntl(lifeline.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        try process.run()
        return lifeline.fileHandleForWriting
    }

    private static let lifelines = Mutex<[FileHandle]>([])

    private static func waitUntilReady(folder: String, lifeline: FileHandle) async throws {
        lifelines.withLock { $0.append(lifeline) }
        let limit = ContinuousClock.now + .seconds(60)
        while !FileManager.default.fileExists(atPath: folder + "/ready") {
            let hasFailed = FileManager.default.fileExists(atPath: folder + "/failed")
            if hasFailed || ContinuousClock.now > limit {
                let logs = ["initdb.log", "server.log"].map {
                    try? String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)
                }
                lifelines.withLock { $0 = [] }
                throw Failure(description: "Postgres did not start:\n" + logs.compactMap { $0 }.joined(separator: "\n"))
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    // MARK: Processes

    /// Runs a program without holding a thread of Swift's pool, and answers what it prints.
    private static func run(_ path: String, _ arguments: [String]) async throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        guard status == 0 else { throw Failure(description: "\(arguments.joined(separator: " ")): \(complaint)") }
        return text.trimmingCharacters(in: .newlines)
    }
}
