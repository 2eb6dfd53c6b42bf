internal import FoundationEssentials
internal import Stowage

// TXN-1, TXN-3, TXN-4: what many clients saw at once, checked as a whole afterwards.
extension ConformanceCases {
    static let histories: [ConformanceCase] = [
        ConformanceCase("txn.history.registers", ["TXN-4", "TXN-1"], level: .stochastic) { check in
            try await rounds(check) { round, seed in
                let first = try await check.storage(Account.self, store: round)
                let second = try await check.storage(Account.self, store: round)
                let seen = Tally<RegisterOperation>()
                try await together(5) { index in
                    let client = HistoryClient(client: index, seed: seed, operations: 40)
                    try await client.useRegisters(index % 2 == 0 ? first : second) { seen.add($0) }
                }
                expectLinearizable(check, seen.all)
            }
        },
        ConformanceCase(
            "txn.history.lists",
            ["TXN-1", "TXN-3", "TXN-4"],
            level: .stochastic,
            capability: .transactions
        ) { check in
            try await rounds(check) { round, seed in
                let first = try await check.storage(Chain.self, store: round)
                let second = try await check.storage(Chain.self, store: round)
                let seen = Tally<ListTransaction>()
                try await together(4) { index in
                    let client = HistoryClient(client: index, seed: seed, operations: 15)
                    try await client.useLists(index % 2 == 0 ? first : second) { seen.add($0) }
                }
                try await expectSerializable(check, seen.all, chains: first)
            }
        },
    ]

    static let processHistories: [ConformanceCase] = [
        ConformanceCase(
            "txn.processes.registers",
            ["TXN-4", "TXN-1"],
            level: .stochastic,
            capability: .multipleProcesses,
            needs: .workers
        ) { check in
            try await rounds(check) { round, seed in
                try await opened(check, round)
                let lines = try await processes(check, .registers, round, seed, operations: 60)
                expectLinearizable(check, try lines.flatMap { try $0.map(read) })
            }
        },
        ConformanceCase(
            "txn.processes.lists",
            ["TXN-3", "TXN-1", "TXN-4"],
            level: .stochastic,
            capability: .multipleProcesses,
            needs: .workers
        ) { check in
            try await rounds(check) { round, seed in
                let chains = try await opened(check, round).storage(Chain.self)
                let lines = try await processes(check, .lists, round, seed, operations: 25)
                try await expectSerializable(check, try lines.flatMap { try $0.map(read) }, chains: chains)
            }
        },
        ConformanceCase(
            "txn.processes.counter",
            ["TXN-3", "REC-7"],
            level: .stochastic,
            capability: .multipleProcesses,
            needs: .workers
        ) { check in
            try await rounds(check) { round, seed in
                let accounts = try await opened(check, round).storage(Account.self)
                try await accounts.create(Account(id: "counter"))
                let lines = try await processes(check, .count, round, seed, operations: 20)
                check.expectEqual(
                    try await accounts.get("counter")?.balance,
                    lines.joined().compactMap { Int($0) }.reduce(0, +),
                    "a counter that processes add to, in transactions and by revision, loses nothing"
                )
            }
        },
        ConformanceCase(
            "txn.processes.bank",
            ["TXN-1", "TXN-3"],
            level: .stochastic,
            capability: .multipleProcesses,
            needs: .workers
        ) { check in
            try await rounds(check) { round, seed in
                let accounts = try await opened(check, round).storage(Account.self)
                let bank = HistoryClient.bank
                try await accounts.createMany((0..<bank.accounts).map { Account(id: "b\($0)", balance: bank.balance) })
                let lines = try await processes(check, .transfer, round, seed, operations: 20)
                let whole = bank.accounts * bank.balance
                let sums = lines.joined().compactMap { Int($0) }
                check.expectEqual(
                    sums.filter { $0 != whole },
                    [],
                    "the sum of all accounts holds in every snapshot of every process"
                )
                let balances = try await accounts.fetch().map(\.balance)
                check.expectEqual(balances.reduce(0, +), whole, "the sum holds at the end")
                check.expect(balances.allSatisfy { $0 >= 0 }, "no account is overdrawn")
            }
        },
    ]

    /// One round, and more of them in a deep run, each on a store and with a seed of its own; a round that fails is the
    /// last.
    static func rounds(_ check: CaseContext, _ body: (_ round: Int, _ seed: UInt64) async throws -> Void) async throws {
        var generator = check.generator()
        var round = 0
        repeat {
            try Task.checkCancellation()
            // What a worker's name can hold.
            try await body(round, generator.next() >> 1)
            round += 1
        } while check.mayGoDeeper && check.failures.isEmpty
    }

    /// The store of a round with all that its clients use.
    @discardableResult
    private static func opened(_ check: CaseContext, _ round: Int) async throws -> StorageDatabase {
        let database = try check.database(store: round)
        _ = try database.storage(Note.self)
        _ = try database.storage(Account.self)
        _ = try database.storage(Chain.self)
        try await database.initialize()
        if !database.driver.capabilities.contains(.transactions) { try check.skip("there are no transactions") }
        return database
    }

    /// Runs three processes at once, and gives what each said.
    private static func processes(
        _ check: CaseContext,
        _ job: ConformanceWorker.Job,
        _ round: Int,
        _ seed: UInt64,
        operations: Int
    ) async throws -> [[String]] {
        let tasks = (0..<3).map { HistoryWorker.Task(client: $0, seed: seed, count: operations, clients: 3) }
        let workers = try tasks.map { try check.worker(job, $0.name, store: round) }
        var lines: [[String]] = []
        for worker in workers {
            check.expect(try await worker.waitForEnd(), "a process beside others ends")
            let said = worker.lines
            check.expectSame(said.last, "done", "a process beside others does all its work")
            lines.append(Array(said.dropLast()))
            worker.removeOutput()
        }
        return lines
    }

    private static func read<T: Decodable>(_ line: String) throws -> T {
        try JSONDecoder().decode(T.self, from: Data(line.utf8))
    }

    private static func expectLinearizable(_ check: CaseContext, _ operations: [RegisterOperation]) {
        check.expect(!operations.isEmpty, "the clients did something")
        for (key, all) in Dictionary(grouping: operations, by: \.key).sorted(by: { $0.key < $1.key }) {
            switch Linearizability.check(all) {
            case .linearizable: break
            case .undecided:
                check.fail("an order of the operations on \(key) is searched to the end", "it takes too many steps")
            case .violated(let few):
                check.fail(
                    "the operations on one record could have happened one after the other, each between its call and its return",
                    "\(few.count) of \(all.count) on \(key) could not:\n"
                        + few.map { "  \($0)" }.joined(separator: "\n")
                )
            }
        }
    }

    private static func expectSerializable(
        _ check: CaseContext,
        _ transactions: [ListTransaction],
        chains: RecordStorage<Chain, RecordsOnly<Chain>>
    ) async throws {
        check.expect(!transactions.isEmpty, "the clients did something")
        let invoked = MonotonicClock.now()
        let last = try await chains.fetch().map { ListTransaction.Operation.read($0.id, $0.values) }
        let reader = ListTransaction(
            client: -1,
            operations: last,
            outcome: .committed,
            invoked: invoked,
            returned: MonotonicClock.now()
        )
        if let anomaly = ListHistory(transactions + [reader]).anomaly() {
            check.fail("some order of the transactions explains what each of them read", "\(anomaly)")
        }
    }
}
