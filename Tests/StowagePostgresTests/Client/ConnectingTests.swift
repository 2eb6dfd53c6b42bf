#if Postgres
import Foundation
import Stowage
import StowagePostgres
import StowageTestServers
import Testing

@Suite struct ConnectingTests {
    private let secret = "hunter2-secret"

    private func failure(_ url: String, _ deadline: Deadline = patience) async throws -> StorageError? {
        let error = await storageError {
            let pool = try PostgresPool(url: url)
            _ = try await pool.lease(deadline: deadline)
        }
        #expect(!String(reflecting: error).contains("hunter2"))
        let cause = String(describing: error?.underlying)
        #expect(!cause.contains("hunter2"))
        return error
    }

    @Test func aWrongPasswordIsRefused() async throws {
        let server = try await TestPostgres.shared()
        let role = TestPostgres.scramRole
        let wrong = try await failure(server.url(database: "postgres", user: role, password: secret))
        #expect(wrong?.code == .permission)
        #expect(wrong?.backend?.code == "28P01")
        #expect(try await failure(server.url(database: "postgres", user: role))?.code == .permission)
        let right = server.url(database: "postgres", user: role, password: TestPostgres.scramPassword)
        let pool = try PostgresPool(url: right)
        try await pool.withConnection(deadline: patience) { connection in
            _ = try await connection.query("SELECT 1", deadline: patience)
        }
    }

    @Test func anUnknownDatabaseIsNotFound() async throws {
        let server = try await TestPostgres.shared()
        let error = try await failure(server.url(database: "no_such_database", password: secret))
        #expect(error?.code == .notFound)
        #expect(error?.message.contains("no_such_database") == true)
    }

    @Test func whatIsPlainlyUnavailableFailsAtOnce() async throws {
        // Port 1 is no Postgres server's.
        for host in ["127.0.0.1:1", "127.0.0.1:1,127.0.0.1:2", "no-such-host.invalid:5432"] {
            let error = try await failure("postgresql://someone:\(secret)@\(host)/sessions")
            #expect(error?.code == .unavailable)
            #expect(error?.isRetryable == true)
        }
    }

    @Test(arguments: [
        "sslmode=bogus", "target_session_attrs=readwrite", "connect_timeout=soon", "keepalives=maybe", "port=99999",
    ])
    func aMisspelledSettingIsNamedBeforeConnecting(_ parameter: String) async throws {
        let error = try await failure("postgresql://someone:\(secret)@127.0.0.1/sessions?\(parameter)")
        #expect(error?.code == .configuration)
        #expect(error?.message.contains(parameter.prefix { $0 != "=" }) == true)
    }

    @Test func aSecondHostTakesOver() async throws {
        let server = try await TestPostgres.shared()
        let pool = try PostgresPool(url: "postgresql://postgres@127.0.0.1:1,127.0.0.1:\(server.port)/postgres")
        try await pool.withConnection(deadline: patience) { connection in
            _ = try await connection.query("SELECT 1", deadline: patience)
        }
    }

    @Test func aHostThatSwallowsEverythingEndsWithTheDeadlineOrGivesWayToTheNext() async throws {
        // It listens and never answers.
        let silent = try SilentServer()
        let error = try await failure(
            "postgresql://someone:\(secret)@127.0.0.1:\(silent.port)/sessions",
            .after(.milliseconds(300))
        )
        #expect(error?.code == .timeout)
        #expect(error?.message.contains("127.0.0.1:\(silent.port)") == true)
        let server = try await TestPostgres.shared()
        let both = "127.0.0.1:\(silent.port),127.0.0.1:\(server.port)"
        let pool = try PostgresPool(url: "postgresql://postgres@\(both)/postgres?connect_timeout=2")
        try await pool.withConnection(deadline: patience) { connection in
            _ = try await connection.query("SELECT 1", deadline: patience)
        }
    }

    @Test func aServerThatTakesNoWritesIsRefusedUnlessAskedFor() async throws {
        let server = try await TestPostgres.shared()
        let url = try await server.freshDatabase()
        let name = try #require(URLComponents(string: url)?.path.dropFirst())
        try await server.psql("ALTER DATABASE \(name) SET default_transaction_read_only = on")
        #expect(try await failure(url)?.code == .unavailable)
        let pool = try PostgresPool(url: url + "?target_session_attrs=any")
        try await pool.withConnection(deadline: patience) { connection in
            _ = try await connection.query("SELECT 1", deadline: patience)
        }
        try await pool.close(deadline: patience)
        try await server.drop(url)
    }

    @Test func whenTheServerIsFullTheWaitLastsUntilTheDeadline() async throws {
        let server = try await TestPostgres.shared()
        let url = try await server.freshDatabase()
        let name = try #require(URLComponents(string: url)?.path.dropFirst())
        try await server.psql("CREATE ROLE one_\(name) LOGIN CONNECTION LIMIT 1")
        var parts = try #require(URLComponents(string: url))
        parts.user = "one_\(name)"
        let limited = try #require(parts.string)
        let first = try PostgresPool(url: limited)
        let connection = try await first.lease(deadline: patience)
        let error = try await failure(limited, .after(.milliseconds(300)))
        #expect(error?.code == .timeout || error?.backend?.code == "53300")
        #expect(error?.isRetryable == true)
        async let second: Void = {
            let pool = try PostgresPool(url: limited)
            try await pool.withConnection(deadline: patience) { _ in }
            try await pool.close(deadline: patience)
        }()
        try await Task.sleep(for: .milliseconds(50))
        first.release(connection)
        try await first.close(deadline: patience)
        try await second
        try await server.drop(url)
        try await server.psql("DROP ROLE one_\(name)")
    }

    @Test(arguments: ["postgresql://a:hunter2@[::1/x", "postgresql://a:hunter2@h/x?no_such_word=1", "nonsense hunter2"])
    func urlsThatCannotBeReadAreNotQuoted(_ url: String) async throws {
        #expect(try await failure(url)?.code == .configuration)
    }
}

/// A socket that accepts connections and says nothing.
private final class SilentServer {
    let port: Int
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = descriptor
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && listen(socket, 8) == 0 ? getsockname(socket, $0, &length) : -1
            }
        }
        try #require(code == 0)
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }
}
#endif
