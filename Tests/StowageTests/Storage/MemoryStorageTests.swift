import FoundationEssentials
import Stowage
import Testing

@Suite struct MemoryStorageTests {
    let storage: any DatabaseStorage<Account, RecordsOnly<Account>>

    init() async throws {
        storage = try MemoryStorage<Account, RecordsOnly<Account>>()
        try await storage.initialize()
    }

    @Test func everydayVerbs() async throws {
        let a = try await storage.create(Account(name: "a", email: "a@x", balance: 5))
        #expect(try await storage.get("a") == a)
        #expect(try await storage.get("b") == nil)
        await #expect(throws: StorageError.self) { try await storage.create(Account(name: "a")) }
        let updated = try await storage.update("a") {
            $0.email = nil
            $0.address = Address(street: "s", number: nil)
            $0.level = .high
        }
        #expect(updated?.email == nil && updated?.balance == 5 && updated?.address?.street == "s")
        #expect(try await storage.update("zz") { $0.balance = 1 } == nil)
        try await storage.createMany((1...5).map { Account(name: "n\($0)", balance: $0) })
        #expect(try await storage.count() == 6)
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
    }

    @Test func uniqueAndBatches() async throws {
        try await storage.create(Account(name: "a", email: "e"))
        do {
            try await storage.createMany([Account(name: "b"), Account(name: "c", email: "e")])
            Issue.record("a unique value was stored twice")
        } catch let error as StorageError {
            #expect(error.code == .constraint && error.field == "email" && error.batchIndex == 1)
            #expect(error.recordID == "c")
        }
        #expect(try await storage.count() == 1)
    }

    @Test func aStateNamesTheFirstRecordThatClashesWithOneBeforeIt() async throws {
        try await storage.create(Account(name: "a", email: "e"))
        let taken = await #expect(throws: StorageError.self) {
            // What the store holds of a does not count: a state replaces it.
            try await storage.writeState(.init([Account(name: "b", email: "e"), Account(name: "a", email: "e")]))
        }
        #expect(taken?.code == .constraint && taken?.batchIndex == 1 && taken?.recordID == "a")
        let first = await #expect(throws: StorageError.self) {
            try await storage.writeState(
                .init([Account(name: "c", email: "x"), Account(name: "d", email: "x"), Account(name: "c")])
            )
        }
        #expect(first?.code == .constraint && first?.batchIndex == 1 && first?.recordID == "d")
        #expect(try await storage.fetch().map(\.name) == ["a"])
    }

    @Test func transactionsNestAndRollBack() async throws {
        struct Stop: Error {}
        await #expect(throws: Stop.self) {
            try await storage.transaction { tx in
                try await tx.create(Account(name: "x"))
                throw Stop()
            }
        }
        #expect(try await storage.count() == 0)
        try await storage.transaction { tx in
            try await tx.create(Account(name: "x"))
            await #expect(throws: Stop.self) {
                try await tx.transaction { inner in
                    try await inner.update("x") { $0.balance = 7 }
                    try await inner.create(Account(name: "y"))
                    throw Stop()
                }
            }
            #expect(try await tx.get("x")?.balance == 0)
        }
        #expect(try await storage.fetch().map(\.name) == ["x"])
        await #expect(throws: StorageError.self) {
            try await storage.transaction { _ in _ = try await storage.count() }
        }
    }

    @Test func revisions() async throws {
        try await storage.create(Account(name: "a"))
        let read = try #require(try await storage.getVersioned("a"))
        try await storage.update("a", ifRevision: read.revision) { $0.balance = 1 }
        do {
            try await storage.update("a", ifRevision: read.revision) { $0.balance = 2 }
            Issue.record("an old revision was accepted")
        } catch let error as StorageError { #expect(error.code == .conflict) }
        #expect(try await storage.get("a")?.balance == 1)
    }

    @Test func closing() async throws {
        try await storage.close()
        try await storage.close()
        for call: () async throws -> Void in [
            { _ = try await storage.count(.limit(0)) }, { try await storage.createMany([]) },
            { _ = try await storage.get([String]()) }, { _ = try await storage.page(.limit(0)) },
        ] {
            await #expect(throws: StorageError.self) { try await call() }
        }
        do {
            _ = try await storage.get("a")
            Issue.record("a closed storage answered")
        } catch let error as StorageError { #expect(error.code == .closed) }
    }

    @Test func pages() async throws {
        try await storage.createMany(
            (0..<25).map { Account(name: "n\($0)", email: $0 % 3 == 0 ? nil : "e\($0 / 2)\($0)", balance: $0 % 4) }
        )
        var names: [String] = []
        let query = Query<Account>.sort(\.email, .descending).limit(4)
        var page = try await storage.page(query)
        names += page.records.map(\.name)
        while let next = page.next {
            page = try await storage.page(query.after(#require(PageToken(next.description))))
            names += page.records.map(\.name)
        }
        #expect(names == (try await storage.fetch(.sort(\.email, .descending)).map(\.name)))
        #expect(Set(names).count == 25)
    }
}
