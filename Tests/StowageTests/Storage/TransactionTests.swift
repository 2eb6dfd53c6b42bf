import FoundationEssentials
import Stowage
import Testing

struct Ledger: StorageRecord, Equatable {
    typealias ID = Int64
    var number: Int64
    var text: String
    static let collection = "ledger"
    static var fields: [Field<Ledger>] {
        Field("number", \.number).identifier()
        Field("text", \.text)
    }
}

private struct Stop: Error {}

private func code(_ body: () async throws -> Void) async -> StorageError.Code? {
    do {
        try await body()
        return nil
    } catch { return (error as? StorageError)?.code }
}

@Suite struct TransactionTests {
    let database = StorageDatabase.memory(options: .init(deadline: .seconds(300)))

    private func accounts() async throws -> RecordStorage<Account, RecordsOnly<Account>> {
        let accounts = try database.storage(Account.self)
        try await database.initialize()
        return accounts
    }

    @Test func aStorageHandedOutLateOrElsewhereIsRefused() async throws {
        _ = try await accounts()
        let late = try database.storage(Ledger.self)
        let other = try StorageDatabase.memory().storage(Account.self)
        try await database.transaction { transaction in
            #expect(
                await code { try await transaction.storage(late).create(Ledger(number: 1, text: "t")) }
                    == .invalidArgument
            )
            #expect(await code { _ = try await transaction.storage(other).count() } == .invalidArgument)
        }
        try await database.initialize()
        try await database.transaction { try await $0.storage(late).create(Ledger(number: 1, text: "t")) }
        #expect(try await late.get(1)?.text == "t")
    }

    @Test func nestedPartsSideBySideRollBackAlone() async throws {
        let accounts = try await accounts()
        for _ in 0..<20 {
            try await accounts.deleteAll(.all)
            try await accounts.transaction { accounts in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<6 {
                        group.addTask {
                            do {
                                try await accounts.transaction { nested in
                                    try await nested.create(Account(name: "n\(index)"))
                                    await Task.yield()
                                    try await nested.update("n\(index)") { $0.balance = index }
                                    if index % 2 == 0 { throw Stop() }
                                }
                            } catch is Stop {}
                        }
                        group.addTask { try await accounts.create(Account(name: "plain\(index)")) }
                    }
                    try await group.waitForAll()
                }
            }
            let kept = try await accounts.fetch(.where { $0.name.hasPrefix("n") })
            #expect(kept.map(\.name) == ["n1", "n3", "n5"] && kept.map(\.balance) == [1, 3, 5])
            #expect(try await accounts.count(.where { $0.name.hasPrefix("plain") }) == 6)
        }
    }

    @Test func aCancelledChildDoesNotDoomTheTransaction() async throws {
        let accounts = try await accounts()
        try await accounts.transaction { accounts in
            try await accounts.create(Account(name: "a"))
            let child = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await accounts.count()
            }
            #expect(await code { _ = try await child.value } == .cancelled)
            try await accounts.create(Account(name: "b"))
        }
        #expect(try await accounts.count() == 2)
    }

    @Test func lifecycleCallsAreRefusedInABody() async throws {
        let accounts = try await accounts()
        try await accounts.transaction { _ in
            #expect(await code { try await accounts.initialize() } == .invalidArgument)
            #expect(await code { _ = try await accounts.health() } == .invalidArgument)
            #expect(await code { try await accounts.close() } == .invalidArgument)
        }
    }

    @Test func closingEndsWhenTheLastCallDoes() async throws {
        let accounts = try StorageDatabase.memory(options: .init(deadline: .milliseconds(150))).storage(Account.self)
        try await accounts.initialize()
        try await accounts.createMany((0..<600).map { Account(name: "n\($0)") })
        var stream: RecordStream<Account, RecordsOnly<Account>>.AsyncIterator? =
            accounts.with(.deadline(.seconds(20))).stream().makeAsyncIterator()
        _ = try await stream?.next()
        #expect(await code { try await accounts.close() } == .timeout)
        #expect(await code { _ = try await accounts.count() } == .closed)
        stream = nil
        // The stream's end gives the driver back; a later close waits for that and succeeds.
        while await code({ try await accounts.close() }) == .timeout {}
        #expect(await code { try await accounts.close() } == nil)
    }

    @Test func aBodyPastItsDeadlineGivesTheLocksBack() async throws {
        let accounts = try await accounts()
        let slow = Task {
            await code {
                try await accounts.with(.deadline(.milliseconds(100))).transaction { accounts in
                    try await accounts.create(Account(name: "late"))
                    try? await Task.sleep(for: .seconds(1))
                }
            }
        }
        while await code({ try await accounts.with(.deadline(.milliseconds(50))).create(Account(name: "x")) })
            == .timeout
        {}
        #expect(await slow.value == .timeout)
        #expect(try await accounts.get("late") == nil)
    }
}
