import Stowage
import Testing

@Suite struct SettingValueTests {
    @Test(arguments: [
        ("500ms", Duration.milliseconds(500)), ("30s", .seconds(30)), ("2m", .seconds(120)), ("24h", .seconds(86400)),
    ])
    func timeouts(text: String, expected: Duration) throws {
        let bench = try ConfigurationBench(["MINSKY_SESSION_TIMEOUT": text])
        #expect(try bench.factory().configuration().options.deadline == expected)
        #expect(try bench.factory().database().options.deadline == expected)
    }

    @Test(arguments: [
        "", "30", "abc", "-1s", "+1s", "1.5s", "0s", "25h", "1d", "s", "1 s", "99999999999999999999s", "٣s",
    ])
    func badTimeouts(text: String) throws {
        #expect(try ConfigurationBench(["MINSKY_SESSION_TIMEOUT": text]).refusal().contains("MINSKY_SESSION_TIMEOUT"))
    }

    @Test func aNumberWithoutAUnitNeedsAKeyThatSaysIt() throws {
        let bench = try ConfigurationBench(["MINSKY_SESSION_TIMEOUT_SECONDS": "7"])
        #expect(try bench.factory().configuration().options.deadline == .seconds(7))
        #expect(try bench.setting("session.timeout")?.key == "MINSKY_SESSION_TIMEOUT_SECONDS")
        #expect(
            try ConfigurationBench(["MINSKY_SESSION_TIMEOUT": "30"]).refusal().contains(
                "MINSKY_SESSION_TIMEOUT_SECONDS"
            )
        )
        #expect(try ConfigurationBench(["MINSKY_SESSION_TIMEOUT_SECONDS": "7s"]).refusal().contains("_SECONDS"))
        let both = ["MINSKY_SESSION_TIMEOUT": "7s", "MINSKY_SESSION_TIMEOUT_SECONDS": "7"]
        #expect(try ConfigurationBench(both).refusal().contains("MINSKY_SESSION_TIMEOUT_SECONDS"))
    }

    @Test func poolSizes() throws {
        for text in ["1", "1000"] {
            #expect(
                try ConfigurationBench(["MINSKY_SESSION_POOL_SIZE": text]).setting("session.poolSize")?.value == text
            )
        }
        for text in ["0", "1001", "abc", "-1", "", "1e1", "8 "] {
            #expect(
                try ConfigurationBench(["MINSKY_SESSION_POOL_SIZE": text]).refusal().contains("1 to 1000"),
                "\(text)"
            )
        }
        let bench = try ConfigurationBench(["MINSKY_DATABASE_URL": "postgres://h/d"])
        #expect(try bench.setting("session.poolSize")?.level == .default)
        let driver = try bench.factory().database().driver as? NamedDriver
        #expect(driver?.notes == ["4"])
    }

    @Test func levels() throws {
        let bench = try ConfigurationBench([
            "MINSKY_SESSION_DURABILITY": "relaxed", "MINSKY_SESSION_ISOLATION": "readCommitted",
        ])
        let options = try bench.factory().configuration().options
        #expect(options.durability == .relaxed && options.isolation == .readCommitted)
        #expect(try ConfigurationBench(["MINSKY_SESSION_DURABILITY": "fast"]).refusal().contains("full, relaxed"))
        #expect(
            try ConfigurationBench(["MINSKY_SESSION_ISOLATION": ""]).refusal().contains(
                "serializable, snapshot, readCommitted"
            )
        )
    }

    @Test func aThirdPartyReadsItsOwnKeys() throws {
        let bench = try ConfigurationBench([
            "MINSKY_DATABASE_URL": "lmdb:/x?mode=fast", "MINSKY_LMDB_MAP_SIZE": "8", "MINSKY_LMDB_SYNC_EVERY": "2s",
            "MINSKY_LMDB_KEY": "hunter2", "MINSKY_LMDB_ORDER": "bytes",
        ])
        let driver = try bench.factory().database().driver as? NamedDriver
        #expect(driver?.notes == ["8", "2.0 seconds", "hunter2", "bytes", "fast"])
        #expect(try bench.setting("lmdb.mapSize")?.key == "MINSKY_LMDB_MAP_SIZE")
        #expect(try bench.setting("lmdb.key")?.value == "****")
        var wrong = bench
        wrong.environment["MINSKY_LMDB_MAP_SIZE"] = "65"
        #expect(try wrong.refusal().contains("MINSKY_LMDB_MAP_SIZE"))
        wrong = bench
        wrong.environment["MINSKY_LMDB_ORDER"] = "random"
        #expect(try wrong.refusal().contains("bytes, integers"))
    }

    @Test func anotherAppHasAnotherPrefix() throws {
        let factory = StorageFactory(
            prefix: "ATLAS",
            store: "TASK_GRAPH",
            backends: [ConfigurationBench.file("json"), .memory],
            environment: ["HOME": "/h", "ATLAS_TASK_GRAPH_BACKEND": "json", "MINSKY_SESSION_BACKEND": "oracle"]
        )
        let configuration = try factory.configuration()
        #expect(configuration.location.description == "/h/.local/state/atlas/json-own")
        #expect(configuration.settings.first?.name == "taskGraph.backend")
        #expect(configuration.settings.first?.key == "ATLAS_TASK_GRAPH_BACKEND")
    }
}
