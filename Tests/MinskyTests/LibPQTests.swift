#if Postgres
import Foundation
import Testing

/// libpq is loaded when it is needed, and not before.
@Suite struct LibPQTests {
    /// The program on a system without libpq.
    private func program(_ settings: [String: String]) throws -> Program {
        try Program(settings.merging(["LD_PRELOAD": Self.shim.get()]) { $1 })
    }

    private static let shim = Result { try Shim.compile("nolibpq") }

    @Test(arguments: ["json", "sqlite", "memory"]) func otherBackendsDoWithoutIt(_ backend: String) throws {
        let program = try program(["MINSKY_SESSION_BACKEND": backend])
        defer { program.remove() }
        let created = try program.run("session", "create", "one", "--repo-name", "a/b")
        #expect(created.status == 0, "\(created.errors)")
        #expect(try program.run("storage", "info").status == 0)
    }

    @Test func postgresNamesWhatIsMissing() throws {
        let program = try program([
            "MINSKY_SESSION_BACKEND": "postgres", "MINSKY_POSTGRES_URL": "postgres://me:secret@localhost/sessions",
        ])
        defer { program.remove() }
        let listed = try program.run("session", "list")
        #expect(listed.status == 78)
        #expect(listed.errors.contains("libpq-is-absent.so"), "\(listed.errors)")
        #expect(listed.errors.contains("apt-get install libpq5"), "\(listed.errors)")
        #expect(!listed.errors.contains("secret"))
    }
}
#endif
