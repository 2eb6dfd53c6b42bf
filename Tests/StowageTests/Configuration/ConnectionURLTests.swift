import Stowage
import Testing

@Suite struct ConnectionURLTests {
    private func url(_ text: String) throws -> ConnectionURL {
        let bench = try ConfigurationBench(["MINSKY_POSTGRES_URL": text, "MINSKY_SESSION_BACKEND": "postgres"])
        let seen = Seen()
        let backend = StorageBackend(
            name: "postgres",
            schemes: ["postgres", "postgresql"],
            place: .server(parameters: { ["sslmode", "password", "sslpassword", "host", "application_name"] })
        ) { settings in
            seen.url = try settings.url()
            return NamedDriver("postgres", try settings.url().description)
        }
        _ = try StorageFactory(
            prefix: "MINSKY",
            store: "SESSION",
            backends: [backend],
            environment: bench.environment
        ).configuration()
        return try #require(seen.url)
    }
    private final class Seen: @unchecked Sendable { var url: ConnectionURL? }

    @Test func parts() throws {
        let url = try url("postgresql://ada:p%40ss@one:1,[::1]:2,three/data%20base?sslmode=require&host=%2Ftmp")
        #expect(url.user == "ada" && url.hasPassword && url.database == "data base")
        #expect(url.hosts.map(\.name) == ["one", "::1", "three"] && url.hosts.map(\.port) == [1, 2, nil])
        #expect(url.parameters.map(\.value) == ["require", "/tmp"])
        #expect(url.description == "postgresql://ada:****@one:1,[::1]:2,three/data%20base?sslmode=require&host=%2Ftmp")
        #expect(try self.url("postgres://").hosts.isEmpty)
        #expect(try self.url("postgres:///d").database == "d")
        #expect(try self.url("postgres://h:/d").hosts.first?.port == nil)
    }

    @Test(arguments: [
        "postgres://ada:hunter2@h/d", "postgres://ada:hun%74er2@h/d", "postgres://h/d?password=hunter2",
        "postgres://h/d?%70assword=hunter2", "postgres://h/d?sslpassword=hunter2", "postgres://:hunter2@h/d",
        "postgres://h/host%3Dx%20password%3Dhunter2", "postgres://h/d?application_name=password%3Dhunter2",
        "postgres://h/d?host=x%20password%3Dhunter2",
    ])
    func passwordsAreMaskedEverywhere(text: String) throws {
        let url = try url(text)
        #expect(url.text == text)
        var dumped = ""
        dump(url, to: &dumped)
        for shown in ["\(url)", String(reflecting: url), dumped] {
            #expect(!shown.contains("hunter2") && !shown.contains("hun%74er2"), "\(shown)")
            #expect(shown.contains("****"))
        }
    }

    @Test(arguments: [
        ("host=h password=hunter2", "not a URL"), ("mysql://ada:hunter2@h/d", "postgres://USER@HOST/DATABASE"),
        ("postgres:hunter2", "no URL"), ("postgres://ada:hun/ter2@h/d", "port"), ("postgres://h:0/hunter2", "port"),
        ("postgres://ada:hunter2@h:port/d", "port"), ("postgres://ada:hunter2@[::1/d", "bracket"),
        ("postgres://ada:hunter2%2@h/d", "percent"), ("postgres://ada:hunter2@h/d?sslmod=require", "\"sslmod\""),
        ("postgres://h/d?password", "password"), ("postgres://h/d?hunter2%20x=1", "parameter"),
        ("postgres://ada:hunter2@h/d e", "space"), ("postgres://h/d?sslmode=a=hunter2", "sslmode"),
    ])
    func badURLsAreRefusedWithoutTheirText(text: String, word: String) throws {
        let error = try #require(#expect(throws: StorageError.self) { _ = try url(text) })
        #expect(error.code == .configuration && error.description.contains("MINSKY_POSTGRES_URL"))
        #expect(error.description.contains(word), "\(error)")
        #expect(!error.description.contains("hunter2") && !error.description.contains("ter2"))
    }
}
