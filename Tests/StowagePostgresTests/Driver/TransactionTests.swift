#if Postgres
import FoundationEssentials
import Stowage
import StowagePostgres
import Testing

@Suite struct TransactionTests {
    private struct Stop: Error {}

    @Test func nestedOnesRollBackAlone() async throws {
        try await withAccounts { storage, _ in
            await #expect(throws: Stop.self) {
                try await storage.transaction { tx in
                    try await tx.create(Account(name: "x"))
                    throw Stop()
                }
            }
            try await storage.transaction { tx in
                try await tx.create(Account(name: "a", balance: 1))
                await #expect(throws: Stop.self) {
                    try await tx.transaction { inner in
                        try await inner.create(Account(name: "b"))
                        _ = try await inner.transaction { try await $0.create(Account(name: "c")) }
                        throw Stop()
                    }
                }
                try await tx.transaction { inner in
                    try await inner.create(Account(name: "d"))
                    await #expect(throws: Stop.self) {
                        try await inner.transaction { innermost in
                            try await innermost.delete("a")
                            throw Stop()
                        }
                    }
                    #expect(try await inner.get("a") != nil)
                }
                await #expect(throws: Stop.self) { try await tx.transaction { _ in throw Stop() } }
            }
            #expect(try await storage.fetch().map(\.name) == ["a", "d"])
        }
    }

    @Test func aFailedStatementLeavesTheRest() async throws {
        try await withAccounts { storage, _ in
            try await storage.create(Account(name: "a", email: "e"))
            try await storage.transaction { tx in
                #expect(await code { try await tx.create(Account(name: "a")) } == .alreadyExists)
                try await tx.create(Account(name: "b"))
                #expect(await code { try await tx.update("b") { $0.email = "e" } } == .constraint)
                #expect(try await tx.get("b")?.email == nil)
                let error = await storageError {
                    try await tx.createMany([Account(name: "c"), Account(name: "d", email: "e"), Account(name: "a")])
                }
                #expect(error?.code == .constraint && error?.batchIndex == 1)
                #expect(try await tx.count() == 2)
                let many = (0..<500).map { Account(name: "n\($0)", email: $0 == 400 ? "e" : nil) }
                let second = await storageError { try await tx.createMany(many) }
                #expect(second?.code == .constraint && second?.batchIndex == 400)
                #expect(try await tx.count() == 2)
                #expect(await code { _ = try await tx.fetch(.limit(-1)) } == .invalidArgument)
                try await tx.create(Account(name: "last"))
            }
            #expect(try await storage.fetch().map(\.name) == ["a", "b", "last"])
        }
    }

    @Test(arguments: [Isolation.serializable, .snapshot])
    func readModifyWritesLoseNothing(_ isolation: Isolation) async throws {
        try await withAccounts { storage, _ in
            let storage = storage.with(.isolation(isolation))
            try await storage.create(Account(name: "a"))
            try await withThrowingTaskGroup { group in
                for task in 0..<8 {
                    group.addTask {
                        for _ in 0..<10 {
                            try await storage.transaction { tx in
                                let balance = try await tx.get("a")?.balance ?? 0
                                if task % 2 == 0 {
                                    try await tx.update("a") { $0.balance = balance + 1 }
                                } else {
                                    try await tx.upsert(
                                        Account(name: "a", balance: balance + 1, address: .init(street: "\(task)"))
                                    )
                                }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await storage.get("a")?.balance == 80)
        }
    }

    /// Two transactions that each read what the other writes: one of them runs again.
    @Test func writeSkewDoesNotHappen() async throws {
        try await withAccounts { storage, _ in
            try await storage.createMany([Account(name: "a", balance: 1), Account(name: "b", balance: 1)])
            try await withThrowingTaskGroup { group in
                for name in ["a", "b"] {
                    group.addTask {
                        try await storage.transaction { tx in
                            let all = try await tx.fetch(.where { $0.balance == 1 }).count
                            if all == 2 { try await tx.update(name) { $0.balance = 0 } }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await storage.count(.where { $0.balance == 1 }) == 1)
        }
    }

    /// Lookups of different records meet in no sequential scan.
    @Test func writersOfDifferentRecordsDoNotConflict() async throws {
        try await withAccounts { storage, database in
            try await storage.createMany((0..<8).map { Account(name: "\($0)") })
            try await database.psql("ANALYZE")
            let driver = storage.handle.database.driver
            let collection = storage.handle.schema.collection
            var open: [any DriverTransaction] = []
            for number in 0..<8 {
                let transaction = try await driver.begin(.readWrite, context: patient.context())
                try await transaction.get([Key(.text("\(number)"))], in: collection, includingUnknown: false) { _ in }
                open.append(transaction)
            }
            for (number, transaction) in open.enumerated() {
                let update = Mutation.update(Key(.text("\(number)")), [Assignment(field: 3, value: .text("high"))])
                _ = try await transaction.write(WriteBatch([update], in: collection))
            }
            for transaction in open { try await transaction.commit() }
            #expect(try await storage.count(.where { $0.level == .high }) == 8)
        }
    }

    @Test func aReadIsOneSnapshotAndBlocksNobody() async throws {
        try await withAccounts { storage, _ in
            try await storage.createMany((0..<1000).map { Account(name: "n\(1000 + $0)") })
            var seen = 0
            for try await account in storage.stream() {
                if seen == 0 {
                    try await storage.create(Account(name: "zz"))
                    try await storage.deleteAll(.where { $0.name > "n1500" && $0.name < "z" })
                }
                #expect(account.name != "zz")
                seen += 1
            }
            #expect(seen == 1000)
            #expect(try await storage.count() == 502)
            try await storage.handle.database.transaction(.readOnly) { tx in
                let inside = tx.storage(storage)
                try await storage.handle.outsideWrite()
                #expect(try await inside.count() == 502)
                #expect(await code { try await inside.create(Account(name: "no")) } == .readOnly)
            }
            for try await _ in storage.stream() { break }
        }
    }

    @Test func cursorsAndStatementsAlternate() async throws {
        try await withAccounts { storage, _ in
            try await storage.createMany((0..<600).map { Account(name: "n\(1000 + $0)", balance: $0) })
            try await storage.transaction { tx in
                var left = tx.stream(.sort(\.balance)).makeAsyncIterator()
                var right = tx.stream(.sort(\.balance, .descending)).makeAsyncIterator()
                for number in 0..<600 {
                    #expect(try await left.next()?.balance == number)
                    #expect(try await right.next()?.balance == 599 - number)
                    if number % 100 == 0 {
                        await #expect(throws: Stop.self) {
                            try await tx.transaction { inner in
                                _ = try await inner.first()
                                for try await _ in inner.stream() { break }
                                try await inner.create(Account(name: "a\(number)"))
                                throw Stop()
                            }
                        }
                        try await tx.create(Account(name: "b\(number)"))
                    }
                }
                #expect(try await left.next() == nil)
            }
            #expect(try await storage.count() == 606)
        }
    }
}

extension StorageHandle {
    /// Writes on another connection, past the check that a transaction's body uses the transaction alone.
    fileprivate func outsideWrite() async throws {
        let driver = database.driver
        let row = Row(values: [.text("outside"), .null, .int(0), .text("low"), .null, .time(.min)])
        _ = try await driver.write(WriteBatch([.insert(row)], in: schema.collection), context: patient.context())
    }
}
#endif
