internal import Stowage

// TXN-3: many tasks at once.
extension ConformanceCases {
    static let concurrency: [ConformanceCase] = [
        ConformanceCase("txn.lost-update.read-modify-write", ["TXN-3"], level: .stochastic, capability: .transactions) {
            check in
            let accounts = try await check.storage(Account.self)
            try await accounts.create(Account(id: "a"))
            try await together(8) { _ in
                for _ in 0..<8 {
                    try await accounts.transaction { accounts in
                        guard let read = try await accounts.get("a") else { throw Stop() }
                        await Task.yield()
                        try await accounts.update("a") { $0.balance = read.balance + 1 }
                    }
                }
            }
            check.expectEqual(try await accounts.get("a")?.balance, 64, "64 increments by 8 tasks lose none")
        },
        ConformanceCase(
            "txn.lost-update.two-handles",
            ["TXN-3", "TXN-4"],
            level: .stochastic,
            capability: .transactions
        ) { check in
            let first = try await check.storage(Account.self)
            let second = try check.reopen().storage(Account.self)
            try await second.initialize()
            try await first.create(Account(id: "a"))
            try await together(4) { index in
                let accounts = index % 2 == 0 ? first : second
                for _ in 0..<8 {
                    try await accounts.transaction { accounts in
                        guard let read = try await accounts.get("a") else { throw Stop() }
                        try await accounts.update("a") { $0.balance = read.balance + 1 }
                    }
                }
            }
            check.expectEqual(try await first.get("a")?.balance, 32, "increments through two handles lose none")
            check.expectEqual(try await second.get("a")?.balance, 32, "both handles see the sum")
        },
        ConformanceCase(
            "txn.lost-update.by-revision",
            ["TXN-3", "REC-7"],
            level: .stochastic,
            capability: .transactions
        ) { check in
            let accounts = try await check.storage(Account.self)
            try await accounts.create(Account(id: "a"))
            let tries = Tally<Int>()
            try await together(4) { _ in
                var done = 0
                while done < 8 {
                    guard let read = try await accounts.getVersioned("a") else { throw Stop() }
                    do {
                        try await accounts.update("a", ifRevision: read.revision) {
                            $0.balance = read.record.balance + 1
                        }
                        done += 1
                    } catch let error as StorageError where error.code == .conflict {
                        tries.add(1)
                        await Task.yield()
                    }
                }
            }
            check.expectEqual(
                try await accounts.get("a")?.balance,
                32,
                "32 increments by revision lose none (\(tries.all.count) conflicts)"
            )
        },
        ConformanceCase("txn.bank.sum-holds", ["TXN-3", "TXN-1"], level: .stochastic, capability: .transactions) {
            check in
            let accounts = try await check.storage(Account.self)
            try await accounts.createMany((0..<6).map { Account(id: "a\($0)", balance: 100) })
            let isDone = Milestone("the transfers are done")
            let auditor = aside {
                var audits = 0
                while !isDone.isRaised && audits < 500 {
                    let sum = try await accounts.fetch().map(\.balance).reduce(0, +)
                    audits += 1
                    if !check.expect(sum == 600, "the sum of all accounts holds in every query") { break }
                    let inside = try await accounts.transaction(.readOnly) { accounts in
                        var sum = 0
                        for index in 0..<6 { sum += try await accounts.get("a\(index)")?.balance ?? 0 }
                        return sum
                    }
                    if !check.expect(inside == 600, "the sum holds over the reads of one transaction") { break }
                    try await Task.sleep(for: .milliseconds(1))
                }
            }
            do {
                defer { isDone.raise() }
                try await together(6) { index in
                    var generator = SeededGenerator(seed: check.seed, "transfers \(index)")
                    for _ in 0..<8 {
                        let (from, to) = ("a\(generator.below(6))", "a\(generator.below(6))")
                        let amount = generator.below(50) + 1
                        try await accounts.transaction { accounts in
                            guard let source = try await accounts.get(from), source.balance >= amount, from != to else {
                                return
                            }
                            try await accounts.update(from) { $0.balance = source.balance - amount }
                            guard let target = try await accounts.get(to) else { throw Stop() }
                            try await accounts.update(to) { $0.balance = target.balance + amount }
                        }
                    }
                }
            }
            try await auditor.value
            let balances = try await accounts.fetch().map(\.balance)
            check.expectEqual(balances.reduce(0, +), 600, "the sum of all accounts holds at the end")
            check.expect(balances.allSatisfy { $0 >= 0 }, "no account is overdrawn")
        },
        ConformanceCase("txn.single-writes.all-kept", ["TXN-1", "TXN-3"], level: .stochastic) { check in
            let notes = try await check.storage(Note.self)
            try await together(10) { index in
                for number in 0..<8 { try await notes.create(Note(id: "n\(index)-\(number)", text: "\(index)")) }
            }
            check.expectEqual(try await notes.count(), 80, "80 creates by 10 tasks are all kept")
            let winners = Tally<Int>()
            try await together(6) { index in
                do {
                    try await notes.create(Note(id: "one", text: "\(index)"))
                    winners.add(index)
                } catch let error as StorageError where error.code == .alreadyExists {}
            }
            check.expectEqual(winners.all.count, 1, "one of six creates of one id wins", rule: "REC-1")
            let deleted = Tally<Bool>()
            try await together(6) { _ in deleted.add(try await notes.delete("one")) }
            check.expectEqual(
                deleted.all.filter { $0 }.count,
                1,
                "one of six deletes of one record says true",
                rule: "REC-2"
            )
        },
        ConformanceCase("txn.unique.concurrent", ["REC-8", "TXN-1"], level: .stochastic) { check in
            let accounts = try await check.storage(Account.self)
            let winners = Tally<Int>()
            try await together(6) { index in
                do {
                    try await accounts.create(Account(id: "a\(index)", email: "one"))
                    winners.add(index)
                } catch let error as StorageError where error.code == .constraint {}
            }
            check.expectEqual(winners.all.count, 1, "one of six creates with one unique value wins")
            check.expectEqual(try await accounts.count(), 1, "the others left nothing")
        },
        ConformanceCase(
            "txn.conflict.nested-restarts-outermost",
            ["TXN-3", "TXN-2"],
            level: .stochastic,
            capability: .nestedTransactions
        ) { check in
            let accounts = try await check.storage(Account.self)
            try await accounts.createMany([Account(id: "a"), Account(id: "b")])
            try await together(4) { _ in
                for _ in 0..<5 {
                    try await accounts.transaction { outer in
                        guard let a = try await outer.get("a") else { throw Stop() }
                        await Task.yield()
                        // A body that swallows what its nested part throws must not commit its own half.
                        try? await outer.transaction { inner in
                            guard let b = try await inner.get("b") else { throw Stop() }
                            try await inner.update("b") { $0.balance = b.balance + 1 }
                        }
                        try await outer.update("a") { $0.balance = a.balance + 1 }
                    }
                }
            }
            check.expectEqual(try await accounts.get("a")?.balance, 20, "no increment of the outer part is lost")
            check.expectEqual(try await accounts.get("b")?.balance, 20, "no increment of the nested part is lost")
        },
    ]
}
