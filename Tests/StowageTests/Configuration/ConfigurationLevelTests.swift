import Stowage
import Testing

@Suite struct ConfigurationLevelTests {
    @Test func aHigherLevelReplacesALowerOne() throws {
        var bench = try ConfigurationBench()
        try bench.configure(
            #"{"session": {"backend": "sqlite", "timeout": "5s", "poolSize": 8}, "sqlite": {"path": "/file"}}"#
        )
        #expect(try bench.place() == "sqlite /file")
        bench.environment["MINSKY_SQLITE_PATH"] = "/environment"
        #expect(try bench.place() == "sqlite /environment", "the place alone")
        bench.environment["MINSKY_DATABASE_URL"] = "json:/url"
        #expect(try bench.place() == "json /url", "the whole decision")
        #expect(try bench.place(["session.backend": "lmdb", "lmdb.path": "/argument"]) == "lmdb /argument")
        #expect(try bench.place(["database.url": "sqlite:/argument"]) == "sqlite /argument")
        #expect(try bench.factory().configuration().options.deadline == .seconds(5))
        bench.environment["MINSKY_SESSION_TIMEOUT"] = "2m"
        #expect(try bench.factory().configuration().options.deadline == .seconds(120))
        #expect(try bench.factory().with("session.timeout", "1h").configuration().options.deadline == .seconds(3600))
    }

    @Test func aBackendNamedAboveTakesThePlaceThatAURLBelowGivesIt() throws {
        let bench = try ConfigurationBench(["MINSKY_SESSION_BACKEND": "sqlite"])
        try bench.configure(#"{"session": {"backend": "json"}, "database": {"url": "sqlite:/file"}}"#)
        #expect(try bench.place() == "sqlite /file")
        let conflict = try ConfigurationBench()
        try conflict.configure(#"{"session": {"backend": "json"}, "database": {"url": "sqlite:/file"}}"#)
        let text = try conflict.refusal()
        #expect(text.contains("database.url") && text.contains("session.backend") && text.contains("config.json"))
    }

    @Test func everyValueTellsWhereItCameFrom() throws {
        let bench = try ConfigurationBench(["MINSKY_SESSION_BACKEND": "postgres", "MINSKY_SESSION_TIMEOUT": "500ms"])
        try bench.configure(
            #"{"postgres": {"url": "postgres://u:hunter2@h:1/d?password=hunter2"}, "session": {"poolSize": 8}}"#
        )
        let settings = try bench.factory().report()
        #expect(
            settings.map { "\($0.name) \($0.value) \($0.level) \($0.key)" } == [
                "session.backend postgres environment MINSKY_SESSION_BACKEND",
                "postgres.url postgres://u:****@h:1/d?password=**** file postgres.url",
                "session.timeout 500ms environment MINSKY_SESSION_TIMEOUT",
                "session.durability full default MINSKY_SESSION_DURABILITY",
                "session.isolation serializable default MINSKY_SESSION_ISOLATION",
                "session.poolSize 8 file session.poolSize",
                "config \(bench.home)/.config/minsky/config.json default MINSKY_CONFIG",
            ]
        )
        #expect(try ConfigurationBench().setting("json.path")?.level == .default)
        #expect(
            try ConfigurationBench(["MINSKY_DATABASE_URL": "json:/x"]).setting("json.path")?.key
                == "MINSKY_DATABASE_URL"
        )
    }

    @Test func theFileIsNamedOrAtItsPlace() throws {
        var bench = try ConfigurationBench()
        try bench.write(
            #"{"session": {"backend": "sqlite"}, "sqlite": {"path": "x.db"}}"#,
            to: "\(bench.home)/other/c.json"
        )
        bench.environment["MINSKY_CONFIG"] = "~/other/c.json"
        #expect(try bench.place() == "sqlite \(bench.home)/other/x.db", "relative to the file")
        #expect(try bench.setting("config")?.level == .environment)
        bench.environment["MINSKY_CONFIG"] = "~/absent.json"
        let absent = try bench.refusal()
        #expect(absent.contains("MINSKY_CONFIG") && absent.contains("absent.json"))
        bench.environment["MINSKY_CONFIG"] = ""
        #expect(try bench.refusal().contains("MINSKY_CONFIG"))
        bench.environment["MINSKY_CONFIG"] = nil
        #expect(try bench.place().hasPrefix("json "))
        bench.environment["XDG_CONFIG_HOME"] = "\(bench.home)/xdg"
        try bench.write(#"{"session": {"backend": "memory"}}"#, to: "\(bench.home)/xdg/minsky/config.json")
        #expect(try bench.place() == "memory memory")
        bench.environment["MINSKY_CONFIG"] = bench.home
        #expect(try bench.refusal().contains("directory"))
    }

    @Test(arguments: [
        ("", "not valid JSON"), ("[1]", "not a JSON object"), (#"{"a": 1, "a": 2}"#, "twice"),
        ("{\n\"a\" 1}", "line 2"),
        (#"{"session": "sqlite"}"#, "session.backend"), (#"{"session": {"backend": ["sqlite"]}}"#, "session.backend"),
        (#"{"session": {"backend": true}}"#, "session.backend"), (#"{"session": {"timeout": 30}}"#, "session.timeout"),
        (#"{"session": {"poolSize": 8.5}}"#, "session.poolSize"), (#"{"json": {"path": ""}}"#, "json.path"),
    ])
    func aBadFileIsRefused(text: String, word: String) throws {
        let bench = try ConfigurationBench()
        try bench.configure(text)
        let refusal = try bench.refusal()
        #expect(refusal.contains(word) && refusal.contains("config.json"), "\(refusal)")
    }

    @Test func nullIsNothingAndNumbersAreExact() throws {
        let bench = try ConfigurationBench()
        try bench.configure(#"{"session": {"backend": null, "poolSize": 8}, "json": null, "sqlite": {"path": "/s"}}"#)
        #expect(try bench.place().hasPrefix("json "))
        #expect(try bench.setting("session.poolSize")?.value == "8")
    }
}
