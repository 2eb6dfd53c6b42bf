#if Postgres
import FoundationEssentials
import Stowage
import StowagePostgres
import Testing

@Suite struct RecordTests {
    @Test func everydayVerbs() async throws {
        try await withAccounts { storage, _ in
            let a = try await storage.create(Account(name: "a", email: "a@x", balance: 5))
            #expect(try await storage.get("a") == a)
            #expect(try await storage.get("b") == nil)
            #expect(await code { try await storage.create(Account(name: "a")) } == .alreadyExists)
            let updated = try await storage.update("a") {
                $0.email = nil
                $0.address = Address(street: "s", number: nil)
                $0.level = .high
            }
            #expect(updated?.email == nil && updated?.balance == 5 && updated?.address?.street == "s")
            #expect(try await storage.get("a") == updated)
            #expect(try await storage.update("zz") { $0.balance = 1 } == nil)
            try await storage.createMany((1...5).map { Account(name: "n\($0)", balance: $0) })
            #expect(try await storage.count() == 6)
            #expect(try await storage.count(.where { $0.balance > 3 }) == 3)
            #expect(try await storage.get(["n3", "zz", "n1"]).map(\.name) == ["n3", "n1"])
            let rich = try await storage.fetch(
                .where { $0.balance >= 3 && $0.level == .low || $0.email == "q" }.sort(\.balance, .descending).limit(2)
            )
            #expect(rich.map(\.name) == ["n5", "n4"])
            #expect(try await storage.updateAll(.where { $0.balance < 3 }) { $0.balance = 10 } == 2)
            #expect(try await storage.deleteAll(.where { $0.balance == 10 }) == 2)
            #expect(try await storage.delete("a"))
            #expect(try await !storage.delete("a"))
            var seen: [String] = []
            for try await account in storage.stream(.sort(\.name)) { seen.append(account.name) }
            #expect(seen == ["n3", "n4", "n5"])
            let health = try await storage.health()
            #expect(health.backendVersion.hasPrefix("PostgreSQL 1"))
        }
    }

    @Test func insertsThatMayFindARecord() async throws {
        try await withAccounts { storage, _ in
            #expect(try await storage.createIfAbsent(Account(name: "a", email: "e", balance: 1)))
            #expect(try await !storage.createIfAbsent(Account(name: "a", email: "e", balance: 2)))
            #expect(try await storage.get("a")?.balance == 1)
            #expect(await code { try await storage.createIfAbsent(Account(name: "b", email: "e")) } == .constraint)
            try await storage.upsert(Account(name: "a", balance: 3))
            try await storage.upsert(Account(name: "c", balance: 4))
            #expect(try await storage.fetch().map(\.balance) == [3, 4])
            let driver = storage.handle.database.driver
            let collection = storage.handle.schema.collection
            func row(_ name: String) -> Row {
                Row(values: [.text(name), .null, .int(1), .text("low"), .null, .time(.min)])
            }
            let outcomes = try await driver.write(
                WriteBatch(
                    [.insertIfAbsent(row("a")), .insertIfAbsent(row("n")), .upsert(row("a")), .upsert(row("u"))]
                        + [.upsert(row("u")), .update(Key(.text("u")), []), .update(Key(.text("?")), [])]
                        + [.delete(Key(.text("?")))],
                    in: collection,
                    returnsRows: true
                ),
                context: patient.context()
            )
            #expect(outcomes.map(\.inserted) == [false, true, false, true, false, false, false, false])
            #expect(outcomes.map(\.affected) == [0, 1, 1, 1, 1, 1, 0, 0])
            #expect(outcomes[5].row?.values.first == .text("u"))
        }
    }

    @Test func revisions() async throws {
        try await withAccounts { storage, _ in
            try await storage.create(Account(name: "a"))
            let versioned = try #require(try await storage.getVersioned("a"))
            try await storage.update("a", ifRevision: versioned.revision) { $0.balance = 1 }
            #expect(
                await code { try await storage.update("a", ifRevision: versioned.revision) { $0.balance = 2 } }
                    == .conflict
            )
            #expect(await code { try await storage.delete("a", ifRevision: versioned.revision) } == .conflict)
            #expect(try await storage.get("a")?.balance == 1)
        }
    }

    @Test func theKeyComesBeforeOtherUniqueValues() async throws {
        try await withAccounts { storage, _ in
            try await storage.create(Account(name: "a", email: "e"))
            let error = await storageError { try await storage.create(Account(name: "a", email: "e")) }
            #expect(error?.code == .alreadyExists && error?.recordID == "a")
            let other = await storageError { try await storage.create(Account(name: "b", email: "e")) }
            #expect(other?.code == .constraint && other?.field == "email" && other?.recordID == "b")
            #expect(other?.backend?.constraint == "accounts_email_key")
            #expect(await code { try await storage.update("a") { $0.email = "e" } } == nil)
        }
    }

    /// A table of another program may have its unique index older than its key.
    @Test func theKeyComesFirstWhateverTheServerMeetsFirst() async throws {
        try await withDatabase { database in
            try await database.psql(
                """
                CREATE TABLE accounts (name text COLLATE "C" NOT NULL, email text COLLATE "C", balance bigint NOT NULL,
                  level text COLLATE "C" NOT NULL, address json, "openedAt" timestamptz NOT NULL);
                CREATE UNIQUE INDEX accounts_email_key ON accounts (email);
                ALTER TABLE accounts ADD PRIMARY KEY (name)
                """
            )
            let storage = try await database.storage(Accounts.self)
            try await storage.create(Account(name: "a", email: "e"))
            #expect(await code { try await storage.create(Account(name: "a", email: "e")) } == .alreadyExists)
            #expect(await code { try await storage.create(Account(name: "b", email: "e")) } == .constraint)
            try await storage.transaction { tx in
                #expect(await code { try await tx.create(Account(name: "a", email: "e")) } == .alreadyExists)
                #expect(await code { try await tx.create(Account(name: "b", email: "e")) } == .constraint)
                try await tx.create(Account(name: "c", email: "c"))
            }
            #expect(try await storage.count() == 2)
            try await storage.close()
        }
    }

    @Test(arguments: [3, 100, 400, 2000])
    func aBatchIsAllOrNothing(_ count: Int) async throws {
        try await withAccounts { storage, _ in
            try await storage.create(Account(name: "taken", email: "e"))
            var batch = (0..<count).map {
                Account(name: "n\($0)", email: "\($0)", address: .init(street: "\t\\\n\($0)"))
            }
            batch[count - 2].email = "e"
            batch[count - 1].name = "taken"
            let error = await storageError { try await storage.createMany(batch) }
            #expect(error?.code == .constraint && error?.batchIndex == count - 2 && error?.recordID == "n\(count - 2)")
            #expect(error?.field == "email")
            batch[count - 2].email = nil
            let second = await storageError { try await storage.createMany(batch) }
            #expect(second?.code == .alreadyExists && second?.batchIndex == count - 1 && second?.recordID == "taken")
            #expect(try await storage.count() == 1)
            batch.removeLast()
            try await storage.createMany(batch)
            #expect(try await storage.count() == count)
            #expect(try await storage.get("n1") == batch[1])
            try await storage.createMany([])
        }
    }
}
#endif
