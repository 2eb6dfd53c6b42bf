internal import Stowage

// DUR-1 as far as reopening shows it, and LIF-1.
extension ConformanceCases {
    static let durability: [ConformanceCase] = [
        ConformanceCase("dur.reopen.sees-every-write", ["DUR-1"]) { check in
            let database = try check.database()
            let zoo = try database.storage(Zoo.self)
            let accounts = try database.storage(Account.self)
            try await database.initialize()
            var generator = check.generator()
            let records = (0..<30).map { ZooMaker.record("z\($0 + 10)", &generator) }
            try await zoo.createMany(records)
            try await accounts.create(Account(id: "a", email: "e"))
            try await accounts.create(Account(id: "gone"))
            try await accounts.delete("gone")
            try await accounts.update("a") { $0.balance = 5 }
            try await accounts.upsert(Account(id: "b", balance: 6))
            let revision = try await zoo.getVersioned("z10")?.revision
            try await database.close()

            let again = try check.reopen()
            let zooAgain = try again.storage(Zoo.self)
            let accountsAgain = try again.storage(Account.self)
            try await again.initialize()
            check.expectSame(try await zooAgain.fetch(), records, "every record is there after reopening, to the bit")
            check.expectSame(
                try await accountsAgain.fetch(),
                [Account(id: "a", balance: 5, email: "e"), Account(id: "b", balance: 6)],
                "every kind of write is there after reopening"
            )
            check.expect(
                try await zooAgain.getVersioned("z10")?.revision == revision,
                "a revision is the same after reopening",
                rule: "REC-7"
            )
            await check.expectError(.constraint, from: "a unique value that was taken before reopening", rule: "REC-8")
            {
                try await accountsAgain.create(Account(id: "c", email: "e"))
            }
        },
        ConformanceCase("dur.reopen.without-close", ["DUR-1", "TXN-4"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.createMany((0..<20).map { Note(id: "n\($0)") })
            let again = try check.reopen().storage(Note.self)
            try await again.initialize()
            check.expectEqual(try await again.count(), 20, "an acknowledged write does not wait for close")
        },
        ConformanceCase("dur.reopen.rolled-back-stays-away", ["DUR-1", "TXN-1"], capability: .transactions) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "a"))
            do {
                try await notes.transaction { notes in
                    try await notes.create(Note(id: "b"))
                    throw Stop()
                }
            } catch is Stop {}
            try await notes.close()
            let again = try check.reopen().storage(Note.self)
            try await again.initialize()
            check.expectEqual(
                try await again.fetch().map(\.id),
                ["a"],
                "what was rolled back is not there after reopening"
            )
        },
    ]

    static let lifecycle: [ConformanceCase] = [
        ConformanceCase("lif.initialize.idempotent", ["LIF-1"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "a"))
            try await notes.initialize()
            try await notes.initialize()
            check.expectEqual(try await notes.count(), 1, "initializing again changes nothing")
            let other = try notes.handle.database.storage(Account.self)
            try await other.initialize()
            try await other.create(Account(id: "a"))
            check.expectEqual(try await notes.count(), 1, "a further record type can be added later")
        },
        ConformanceCase("lif.initialize.many-at-once", ["LIF-1"], level: .stochastic) { check in
            let storages = try (0..<8).map { _ in try check.database().storage(Note.self) }
            try await together(8) { index in
                try await storages[index].initialize()
                try await storages[index].create(Note(id: "n\(index)"))
            }
            check.expectEqual(
                try await storages[0].count(),
                8,
                "eight handles on a new store initialize at once and lose nothing"
            )
        },
        ConformanceCase("lif.initialize.needed", ["LIF-1"]) { check in
            let notes = try check.database().storage(Note.self)
            await check.expectError(.invalidArgument, from: "a call before initialize") { try await notes.count() }
        },
        ConformanceCase("lif.close.idempotent", ["LIF-1"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.close()
            try await notes.close()
            let other = try check.reopen().storage(Note.self)
            try await other.initialize()
            try await together(4) { _ in try await other.close() }
        },
        ConformanceCase("lif.close.later-calls", ["LIF-1"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "a"))
            try await notes.close()
            let calls: [(String, @Sendable () async throws -> Void)] = [
                ("get", { _ = try await notes.get("a") }), ("fetch", { _ = try await notes.fetch() }),
                ("count", { _ = try await notes.count() }), ("create", { try await notes.create(Note(id: "b")) }),
                ("update", { try await notes.update("a") { $0.text = "x" } }),
                ("delete", { try await notes.delete("a") }),
                ("deleteAll", { try await notes.deleteAll(.all) }),
                ("a stream", { for try await _ in notes.stream() {} }),
                ("initialize", { try await notes.initialize() }), ("health", { _ = try await notes.health() }),
            ]
            for (what, call) in calls { await check.expectError(.closed, from: "\(what) after close", call) }
            if notes.capabilities.contains(.transactions) {
                await check.expectError(.closed, from: "a transaction after close") {
                    try await notes.transaction { _ = try await $0.count() }
                }
            }
        },
        ConformanceCase("lif.close.waits-for-what-runs", ["LIF-1"], capability: .transactions) { check in
            let notes = try await check.storage(Note.self)
            let isInside = Milestone("the transaction is inside")
            let isClosing = Milestone("close was called")
            let writer = aside {
                try await notes.transaction { notes in
                    try await notes.create(Note(id: "a"))
                    isInside.raise()
                    try await isClosing.wait()
                    try await Task.sleep(for: .milliseconds(50))
                    try await notes.create(Note(id: "b"))
                }
            }
            try await isInside.wait()
            let closer = aside {
                isClosing.raise()
                try await notes.close()
            }
            try await writer.value
            try await closer.value
            let again = try check.reopen().storage(Note.self)
            try await again.initialize()
            check.expectEqual(try await again.count(), 2, "a transaction that was running is finished, not cut off")
        },
        ConformanceCase("lif.read-only.refuses-writes", ["LIF-1", "LIF-3"], capability: .readOnlyAccess) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "a", text: "x"))
            let reader = try check.reopen(access: .readOnly).storage(Note.self)
            try await reader.initialize()
            check.expectSame(try await reader.get("a")?.text, "x", "a read-only handle reads")
            await check.expectError(.readOnly, from: "create on a read-only handle") {
                try await reader.create(Note(id: "b"))
            }
            await check.expectError(.readOnly, from: "updateAll on a read-only handle") {
                try await reader.updateAll(.all) { $0.text = "y" }
            }
            await check.expectError(.readOnly, from: "delete on a read-only handle") { try await reader.delete("a") }
            if reader.capabilities.contains(.transactions) {
                await check.expectError(.readOnly, from: "writeState on a read-only handle") {
                    try await reader.writeState(.init())
                }
                await check.expectError(.readOnly, from: "a writing transaction on a read-only handle") {
                    try await reader.transaction { _ = try await $0.count() }
                }
                let seen = try await reader.transaction(.readOnly) { try await $0.count() }
                check.expectEqual(seen, 1, "a read-only handle has read-only transactions")
            }
            try await notes.create(Note(id: "c"))
            check.expectEqual(try await reader.count(), 2, "a read-only handle sees later writes", rule: "TXN-4")
            check.expectSame(try await notes.get("a")?.text, "x", "nothing was written")
        },
        ConformanceCase("lif.read-only.absent-store", ["LIF-3", "LIF-1"], capability: .readOnlyAccess) { check in
            let reader = try check.database(access: .readOnly).storage(Note.self)
            await check.expectError(.notFound, from: "opening an absent store read-only") {
                try await reader.initialize()
            }
            let second = try check.reopen(access: .readOnly).storage(Note.self)
            await check.expectError(.notFound, from: "opening it again, since nothing was created") {
                try await second.initialize()
            }
        },
        ConformanceCase("lif.health.answers", ["LIF-1"]) { check in
            let notes = try await check.storage(Note.self)
            check.expect(!(try await notes.health()).backendVersion.isEmpty, "a healthy store says what it runs on")
            check.expect(
                !notes.location.description.isEmpty && !notes.location.backend.isEmpty,
                "a store says where it is"
            )
        },
    ]
}
