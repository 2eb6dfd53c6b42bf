#if Postgres
import FoundationEssentials
import Stowage
import StowagePostgres
import Testing

/// Queries without values that answered many rows the last time go by COPY: nothing else may change.
@Suite struct LongScanTests {
    private static func accounts(_ count: Int) -> [Account] {
        var accounts: [Account] = []
        for number in 0..<count {
            var account = Account(name: "a\(10_000 + number)", balance: number % 7 == 0 ? Int.min : number)
            if number % 3 != 0 { account.email = "é\(number)\t\\N" }
            if number % 2 != 0 { account.level = .high }
            if number % 5 == 0 { account.address = Address(street: "\"\n", number: number) }
            account.openedAt = Date(timeIntervalSince1970: Double(number) / 4)
            accounts.append(account)
        }
        return accounts
    }

    @Test func rowsAreTheSameEitherWay() async throws {
        try await withAccounts { storage, _ in
            let accounts = Self.accounts(5_000)
            try await storage.createMany(accounts)
            // The first way tells how long it was, the second and third go by it.
            for _ in 0..<3 { #expect(try await storage.fetch() == accounts) }
            let byBalance = try await storage.fetch(.sort(\.balance, .descending).sort(\.name))
            #expect(byBalance == accounts.sorted { ($1.balance, $0.name) < ($0.balance, $1.name) })
            #expect(try await storage.fetch(.where { $0.balance >= 4_990 }).count == 8)
            #expect(try await storage.fetch(.limit(3)) == Array(accounts.prefix(3)))
            let before = try await StoreExport.bytes(of: storage)
            try await storage.deleteAll(.all)
            #expect(try await storage.fetch().isEmpty)
            #expect(try await storage.fetch().isEmpty)
            try await storage.createMany(accounts)
            for _ in 0..<2 { #expect(try await StoreExport.bytes(of: storage) == before) }
        }
    }

    @Test func aColumnOfAnotherTypeIsNotMisread() async throws {
        try await withAccounts { storage, database in
            try await storage.createMany(Self.accounts(3_000))
            #expect(try await storage.fetch().count == 3_000)
            #expect(try await storage.fetch().count == 3_000)
            // As many bytes as before, and others.
            try await database.psql("ALTER TABLE accounts ALTER COLUMN balance TYPE double precision")
            let error = await storageError { _ = try await storage.fetch() }
            #expect(error?.code == .corrupt && error?.field == "balance" && error?.collection == "accounts")
        }
    }

    @Test func aValueThatCannotBeReadNamesItsRecord() async throws {
        try await withAccounts { storage, database in
            try await storage.createMany(Self.accounts(3_000))
            #expect(try await storage.fetch().count == 3_000)
            try await database.psql("UPDATE accounts SET \"openedAt\" = 'infinity' WHERE name = 'a12345'")
            for _ in 0..<2 {
                let error = await storageError { _ = try await storage.fetch() }
                #expect(error?.code == .corrupt && error?.field == "openedAt" && error?.recordID == "a12345")
            }
            // The connection that was left in the middle is clean again.
            try await database.psql("UPDATE accounts SET \"openedAt\" = now() WHERE name = 'a12345'")
            #expect(try await storage.fetch().count == 3_000)
        }
    }

    @Test func aCancelledScanGivesItsConnectionBack() async throws {
        try await withAccounts { storage, database in
            try await storage.createMany(Self.accounts(3_000))
            for _ in 0..<2 { #expect(try await storage.fetch().count == 3_000) }
            for _ in 0..<20 {
                let task = Task { try await storage.fetch() }
                await Task.yield()
                task.cancel()
                do { #expect(try await task.value.count == 3_000) } catch let error as StorageError {
                    #expect(error.code == .cancelled)
                }
            }
            #expect(try await storage.fetch().count == 3_000)
        }
    }

    @Test func aTableThatIsGoneIsAnErrorAndNotEmpty() async throws {
        try await withAccounts { storage, database in
            try await storage.createMany(Self.accounts(3_000))
            for _ in 0..<2 { #expect(try await storage.fetch().count == 3_000) }
            try await database.psql("ALTER TABLE accounts RENAME TO others")
            #expect(await code { _ = try await storage.fetch() } == .schemaMismatch)
            try await database.psql("ALTER TABLE others RENAME TO accounts")
            #expect(try await storage.fetch().count == 3_000)
        }
    }
}
#endif
