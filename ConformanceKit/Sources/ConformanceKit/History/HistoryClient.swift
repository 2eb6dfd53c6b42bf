internal import Stowage

/// A list that transactions append to.
struct Chain: StorageRecord, Equatable {
    var id: String
    var values: [Int] = []

    static let collection = "chains"
    static var fields: [Field<Chain>] {
        Field("id", \.id).identifier()
        Field("values", \.values)
    }
}

/// One of several clients of a store, in a task or in a process of its own, that writes down what it did.
struct HistoryClient: Sendable {
    let client: Int
    let seed: UInt64
    let operations: Int

    /// Values that no other client writes.
    private func value(_ number: Int) -> Int { client * 1_000_000 + number }

    private func generator(_ kind: String) -> SeededGenerator {
        SeededGenerator(seed: seed, "\(kind) of client \(client)")
    }

    // MARK: Single operations

    static let keys = ["k0", "k1", "k2"]

    /// Creates, changes, reads and deletes a few records.
    func useRegisters(
        _ accounts: RecordStorage<Account, RecordsOnly<Account>>,
        note: (RegisterOperation) throws -> Void
    ) async throws {
        var generator = generator("registers")
        for number in 0..<operations {
            let key = generator.pick(Self.keys)
            let new = value(number)
            let call: RegisterOperation.Call =
                switch generator.below(10) {
                case 0, 1: .create(new)
                case 2: .upsert(new)
                case 3, 4: .update(new)
                case 5: .delete
                default: .get
                }
            let invoked = MonotonicClock.now()
            let answer = try await Self.answer(call, key, accounts)
            try note(
                RegisterOperation(
                    client: client,
                    key: key,
                    call: call,
                    answer: answer,
                    invoked: invoked,
                    returned: MonotonicClock.now()
                )
            )
        }
    }

    private static func answer(
        _ call: RegisterOperation.Call,
        _ key: String,
        _ accounts: RecordStorage<Account, RecordsOnly<Account>>
    ) async throws -> RegisterOperation.Answer {
        do {
            switch call {
            case .create(let value):
                try await accounts.create(Account(id: key, balance: value))
                return .done(true)
            case .upsert(let value):
                try await accounts.upsert(Account(id: key, balance: value))
                return .done(true)
            case .update(let value): return .done(try await accounts.update(key) { $0.balance = value } != nil)
            case .delete: return .done(try await accounts.delete(key))
            case .get: return .value(try await accounts.get(key)?.balance)
            }
        } catch let error as StorageError where error.code == .alreadyExists {
            return .done(false)
        } catch let error as StorageError where error.code == .commitUnknown {
            return .unknown
        }
    }

    // MARK: Transactions

    /// Appends to lists and reads them, several in one transaction.
    func useLists(
        _ chains: RecordStorage<Chain, RecordsOnly<Chain>>,
        note: (ListTransaction) throws -> Void
    ) async throws {
        var generator = generator("lists")
        var last = 0
        for _ in 0..<operations {
            let plan: [(key: String, value: Int?)] = (0..<(1 + generator.below(4))).map { _ in
                last += 1
                return (generator.pick(Self.keys), generator.oneIn(2) ? value(last) : nil)
            }
            let aborts = generator.oneIn(8)
            let isReadOnly = plan.allSatisfy { $0.value == nil }
            let invoked = MonotonicClock.now()
            var done: [ListTransaction.Operation] = []
            var outcome = ListTransaction.Outcome.committed
            do {
                try await chains.transaction(isReadOnly ? .readOnly : .readWrite) { chains in
                    done = []  // the body may run again
                    for (key, value) in plan {
                        let chain = try await chains.get(key)
                        if let value {
                            // To append is to read: what it builds on counts as read.
                            done.append(.read(key, chain?.values ?? []))
                            try await chains.upsert(Chain(id: key, values: (chain?.values ?? []) + [value]))
                            done.append(.append(key, value))
                        } else {
                            done.append(.read(key, chain?.values ?? []))
                        }
                        await Task.yield()
                    }
                    if aborts { throw Stop() }
                }
            } catch is Stop {
                outcome = .aborted
            } catch let error as StorageError where error.code == .commitUnknown {
                outcome = .unknown
            }
            try note(
                ListTransaction(
                    client: client,
                    operations: done,
                    outcome: outcome,
                    invoked: invoked,
                    returned: MonotonicClock.now()
                )
            )
        }
    }

    // MARK: Counters and accounts

    /// Adds one to a counter, by turns in a transaction and by its revision; gives back how often.
    func count(_ accounts: RecordStorage<Account, RecordsOnly<Account>>) async throws -> Int {
        var done = 0
        while done < operations {
            if done % 2 == 0 {
                try await accounts.transaction { accounts in
                    guard let read = try await accounts.get("counter") else { throw Stop() }
                    try await accounts.update("counter") { $0.balance = read.balance + 1 }
                }
                done += 1
                continue
            }
            guard let read = try await accounts.getVersioned("counter") else { throw Stop() }
            do {
                try await accounts.update("counter", ifRevision: read.revision) {
                    $0.balance = read.record.balance + 1
                }
                done += 1
            } catch let error as StorageError where error.code == .conflict {
                await Task.yield()
            }
        }
        return done
    }

    /// How many accounts there are, and what each holds at first.
    static let bank = (accounts: 5, balance: 100)

    /// Moves money between accounts, and notes what a snapshot of all of them sums up to after each.
    func transfer(_ accounts: RecordStorage<Account, RecordsOnly<Account>>, note: (Int) throws -> Void) async throws {
        var generator = generator("transfers")
        for number in 0..<operations {
            let (from, to) = ("b\(generator.below(Self.bank.accounts))", "b\(generator.below(Self.bank.accounts))")
            let amount = 1 + generator.below(60)
            try await accounts.transaction { accounts in
                guard from != to, let source = try await accounts.get(from), source.balance >= amount else { return }
                try await accounts.update(from) { $0.balance = source.balance - amount }
                guard let target = try await accounts.get(to) else { throw Stop() }
                try await accounts.update(to) { $0.balance = target.balance + amount }
            }
            if number % 2 == 0 {
                try note(try await accounts.fetch(.where { $0.id.hasPrefix("b") }).map(\.balance).reduce(0, +))
            } else {
                let sum = try await accounts.transaction(.readOnly) { accounts in
                    var sum = 0
                    for index in 0..<Self.bank.accounts { sum += try await accounts.get("b\(index)")?.balance ?? 0 }
                    return sum
                }
                try note(sum)
            }
        }
    }
}
