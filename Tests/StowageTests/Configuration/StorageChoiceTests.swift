import Stowage
import Testing

@Suite struct StorageChoiceTests {
    @Test func theDefaultIsTheFirstBackendInTheStateFolder() throws {
        let bench = try ConfigurationBench()
        #expect(try bench.place() == "json \(bench.home)/.local/state/minsky/session-db.json")
        #expect(
            try ConfigurationBench(["XDG_STATE_HOME": "/state/"]).place() == "json /state/minsky/session-db.json"
        )
        #expect(
            try ConfigurationBench(["XDG_STATE_HOME": ""]).place().hasSuffix("/.local/state/minsky/session-db.json")
        )
        #expect(try ConfigurationBench(["XDG_STATE_HOME": "state"]).refusal().contains("XDG_STATE_HOME"))
        #expect(
            try ConfigurationBench(["HOME": "", "MINSKY_JSON_PATH": "/a"]).place() == "json /a",
            "without a home, a whole path is enough"
        )
        #expect(try ConfigurationBench(["HOME": ""]).refusal().contains("HOME"))
    }

    @Test func aBackendIsNamed() throws {
        let sqlite = try ConfigurationBench(["MINSKY_SESSION_BACKEND": "sqlite"])
        #expect(try sqlite.place() == "sqlite \(sqlite.home)/.local/state/minsky/sessions.db")
        #expect(try ConfigurationBench(["MINSKY_SESSION_BACKEND": "memory"]).place() == "memory memory")
        let lmdb = try ConfigurationBench(["MINSKY_SESSION_BACKEND": "lmdb"])
        #expect(try lmdb.place() == "lmdb \(lmdb.home)/.local/state/minsky/session.lmdb")
    }

    @Test func anUnknownBackendNamesTheKeyAndTheChoices() throws {
        let text = try ConfigurationBench(["MINSKY_SESSION_BACKEND": "oracle"]).refusal()
        for word in [
            "MINSKY_SESSION_BACKEND", "environment", "\"oracle\"", "json", "sqlite", "postgres", "memory", "lmdb",
        ] {
            #expect(text.contains(word), "\(word)")
        }
        #expect(try ConfigurationBench(["MINSKY_SESSION_BACKEND": ""]).refusal().contains("empty"))
        #expect(try ConfigurationBench(["MINSKY_SESSION_BACKEND": "SQLite"]).refusal().contains("sqlite"))
        #expect(
            try !ConfigurationBench(["MINSKY_SESSION_BACKEND": "postgres://u:hunter2@h/d"]).refusal().contains(
                "hunter2"
            )
        )
    }

    @Test func aServerNeedsAURL() throws {
        let text = try ConfigurationBench(["MINSKY_SESSION_BACKEND": "postgres"]).refusal()
        #expect(text.contains("MINSKY_POSTGRES_URL") && text.contains("MINSKY_SESSION_BACKEND"))
        #expect(
            try ConfigurationBench(["MINSKY_SESSION_BACKEND": "postgres", "MINSKY_POSTGRES_URL": ""]).refusal()
                .contains("empty")
        )
        #expect(
            try ConfigurationBench(["MINSKY_SESSION_BACKEND": "postgres", "MINSKY_POSTGRES_URL": "postgres://h/d"])
                .place() == "postgres postgres://h/d"
        )
    }

    @Test(arguments: [
        ("json:/a/b.json", "json /a/b.json"), ("sqlite:/a b/ü.db", "sqlite /a b/ü.db"),
        ("sqlite:///a/b.db", "sqlite /a/b.db"), ("SQLite:/a", "sqlite /a"),
        ("sqlite:/a%20b%2Fc%25", "sqlite /a b/c%"), ("sqlite:~/x", "sqlite ~/x"), ("sqlite://~/x%3F", "sqlite ~/x?"),
        ("postgres://u@h/d", "postgres postgres://u@h/d"), ("postgresql://u@h/d", "postgres postgresql://u@h/d"),
        ("memory:", "memory memory"), ("lmdb:/x?mode=fast", "lmdb /x"),
    ])
    func aURLPicksTheBackend(url: String, expected: String) throws {
        let bench = try ConfigurationBench(["MINSKY_DATABASE_URL": url])
        #expect(try bench.place() == expected.replacing(" ~/", with: " \(bench.home)/"))
        #expect(
            try ConfigurationBench().place(at: url) == bench.place().replacing(bench.home, with: bench.home)
                || url.contains("~")
        )
    }

    @Test(arguments: [
        ("sqlite:", "empty path"), ("sqlite://", "empty path"), ("sqlite://host/a", "host"), ("oracle:x", "scheme"),
        ("", "empty"), ("/a/b.db", "not a URL"), ("sqlite:/a%2", "percent"), ("sqlite:/a%00b", "percent"),
        ("sqlite:/a%ff", "percent"), ("sqlite:/a?mode=ro", "\"mode\""), ("sqlite:/a#b", "%23"),
        ("lmdb:/a?mode", "mode"), ("lmdb:/a?size=1", "mode"), ("memory:x", "memory:"), ("sqlite:~ada/x", "~"),
    ])
    func aBadURLIsRefused(url: String, word: String) throws {
        let text = try ConfigurationBench(["MINSKY_DATABASE_URL": url]).refusal()
        #expect(text.contains("MINSKY_DATABASE_URL") && text.contains(word), "\(text)")
    }

    @Test func twoKeysOfOneLevelMustAgree() throws {
        let other = try ConfigurationBench(["MINSKY_SESSION_BACKEND": "json", "MINSKY_DATABASE_URL": "sqlite:/a"])
        #expect(try other.refusal().contains("MINSKY_SESSION_BACKEND"))
        let path = try ConfigurationBench(["MINSKY_SQLITE_PATH": "/b", "MINSKY_DATABASE_URL": "sqlite:/a"]).refusal()
        #expect(path.contains("MINSKY_SQLITE_PATH") && path.contains("MINSKY_DATABASE_URL"))
        let same = [
            "MINSKY_SESSION_BACKEND": "sqlite", "MINSKY_SQLITE_PATH": "/a", "MINSKY_DATABASE_URL": "sqlite:///a",
        ]
        #expect(try ConfigurationBench(same).place() == "sqlite /a")
        let urls = ["MINSKY_POSTGRES_URL": "postgres://h/a", "MINSKY_DATABASE_URL": "postgres://h/b"]
        #expect(try ConfigurationBench(urls).refusal().contains("MINSKY_POSTGRES_URL"))
    }

    @Test func keysOfOtherBackendsAreIgnored() throws {
        let bench = try ConfigurationBench([
            "MINSKY_SESSION_BACKEND": "json", "MINSKY_JSON_PATH": "/a", "MINSKY_SQLITE_PATH": "",
            "MINSKY_POSTGRES_URL": "nonsense", "MINSKY_LMDB_MAP_SIZE": "many",
        ])
        #expect(try bench.place() == "json /a")
    }

    @Test func pathsAreMadeAbsolute() throws {
        func place(_ path: String) throws -> String {
            let bench = try ConfigurationBench(["MINSKY_JSON_PATH": path])
            return try bench.place().replacing(bench.home, with: "HOME")
        }
        #expect(try place("~/x/y.db") == "json HOME/x/y.db")
        #expect(try place("/x%20y") == "json /x%20y", "a path is no URL")
        #expect(try place("x.db").hasSuffix("/x.db") && place("./x.db") == place("x.db"))
        #expect(try place("./~x").hasSuffix("/~x"))
        #expect(try ConfigurationBench(["MINSKY_JSON_PATH": ""]).refusal().contains("MINSKY_JSON_PATH"))
        #expect(try ConfigurationBench(["MINSKY_JSON_PATH": "~ada/x"]).refusal().contains("~/"))
        #expect(try ConfigurationBench(["HOME": "", "MINSKY_JSON_PATH": "~/x"]).refusal().contains("HOME"))
    }

    @Test func aLocationIsABackendOrAURL() throws {
        let bench = try ConfigurationBench([
            "MINSKY_SESSION_BACKEND": "json", "MINSKY_SQLITE_PATH": "/s", "MINSKY_DATABASE_URL": "json:/j",
        ])
        #expect(try bench.place(at: "sqlite") == "sqlite /s")
        #expect(try bench.place(at: "json") == "json /j")
        #expect(try bench.place(at: "sqlite:/other") == "sqlite /other")
        #expect(try bench.refusal(at: "oracle").contains("the location"))
        #expect(try bench.refusal(at: "./x.db").contains("sqlite:PATH"))
        #expect(try bench.refusal(at: "postgres").contains("MINSKY_POSTGRES_URL"))
        #expect(try bench.factory().database(at: "sqlite:/x", access: .readOnly).access == .readOnly)
    }
}
