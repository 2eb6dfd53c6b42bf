internal import Stowage

// TXN-1, TXN-4: what transactions see of each other.
extension ConformanceCases {
    static let isolation: [ConformanceCase] = [
        ConformanceCase("txn.dirty-read.none", ["TXN-1"], capability: .transactions) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "a", text: "old"))
            let hasWritten = Milestone("the transaction has written")
            let mayEnd = Milestone("the reader has looked")
            let writer = aside {
                try await notes.transaction { notes in
                    try await notes.update("a") { $0.text = "new" }
                    try await notes.create(Note(id: "b"))
                    hasWritten.raise()
                    try await mayEnd.wait()
                    throw Stop()
                }
            }
            try await hasWritten.wait()
            let reader = notes.with(.deadline(.seconds(15)))
            check.expectSame(try await reader.get("a")?.text, "old", "get does not see what is not committed")
            check.expectSame(try await reader.fetch().map(\.text), ["old"], "fetch does not see what is not committed")
            check.expectEqual(try await reader.count(), 1, "count does not see what is not committed")
            mayEnd.raise()
            do {
                try await writer.value
                check.fail("the body's error is thrown", "it was not")
            } catch is Stop {}
            check.expectSame(try await notes.fetch(), [Note(id: "a", text: "old")], "what was rolled back never was")
        },
        ConformanceCase("txn.committed.seen-by-all", ["TXN-4"]) { check in
            let first = try await check.storage(Note.self)
            let second = try check.reopen().storage(Note.self)
            try await second.initialize()
            for round in 0..<10 {
                let (writer, reader) = round % 2 == 0 ? (first, second) : (second, first)
                try await writer.upsert(Note(id: "a", text: "\(round)"))
                try await writer.create(Note(id: "n\(round)"))
                check.expectSame(
                    try await reader.get("a")?.text,
                    "\(round)",
                    "another handle sees a write once it is acknowledged"
                )
                check.expectEqual(try await reader.count(), round + 2, "in queries too")
                check.expectSame(try await writer.get("a")?.text, "\(round)", "so does the writer")
            }
            try await first.deleteAll(.all)
            check.expectEqual(try await second.count(), 0, "another handle sees a deletion")
        },
        ConformanceCase("txn.write-skew.none", ["TXN-1", "TXN-3"], level: .stochastic, capability: .transactions) {
            check in
            let accounts = try await check.storage(Account.self)
            for round in 0..<6 {
                try await accounts.upsert(Account(id: "x", balance: 50))
                try await accounts.upsert(Account(id: "y", balance: 50))
                // Each may take 80 if both together hold it; serially, only one of the two can.
                try await together(2) { index in
                    try await accounts.transaction { accounts in
                        let all = try await accounts.get(["x", "y"]).map(\.balance).reduce(0, +)
                        try await Task.sleep(for: .milliseconds(5))
                        guard all >= 80 else { return }
                        let id = index == 0 ? "x" : "y"
                        let own = try await accounts.get(id)?.balance ?? 0
                        try await accounts.update(id) { $0.balance = own - 80 }
                    }
                }
                let sum = try await accounts.fetch().map(\.balance).reduce(0, +)
                check.expectEqual(
                    sum,
                    20,
                    "two transactions that read both and write one each are put in an order (round \(round))"
                )
            }
        },
        ConformanceCase(
            "txn.read-only.serializable",
            ["TXN-1", "TXN-6"],
            level: .stochastic,
            capability: .transactions
        ) { check in
            // Fekete, O'Neil and O'Neil 2004: a deposit to y, a withdrawal from x with a fee when both together would
            // be below zero, and a statement between the two.
            let accounts = try await check.storage(Account.self)
            try await accounts.createMany([Account(id: "x"), Account(id: "y")])
            let hasRead = Milestone("the withdrawal has read both accounts")
            let hasStatement = Milestone("the statement is made")
            let withdrawal = aside {
                try await accounts.transaction { accounts in
                    let sum = try await accounts.get(["x", "y"]).map(\.balance).reduce(0, +)
                    hasRead.raise()
                    // Where writers take turns the deposit waits for this one: then it goes on after a moment.
                    try? await hasStatement.wait(atMost: .milliseconds(500))
                    try await accounts.update("x") { $0.balance = sum >= 10 ? -10 : -11 }
                }
            }
            try await hasRead.wait()
            try await accounts.transaction { try await $0.update("y") { $0.balance = 20 } }
            let statement = try await accounts.transaction(.readOnly) { accounts in
                let x = try await accounts.get("x")?.balance
                return [x, try await accounts.get("y")?.balance]
            }
            hasStatement.raise()
            try await withdrawal.value
            let x = try await accounts.get("x")?.balance
            if statement == [0, 20] {
                check.expectEqual(x, -10, "a withdrawal after a statement that shows the deposit takes no fee")
            } else {
                check.expectEqual(statement, [x, 20], "a statement shows what is committed")
            }
        },
        ConformanceCase("txn.phantom.none", ["TXN-1"], level: .stochastic, capability: .transactions) { check in
            let accounts = try await check.storage(Account.self)
            try await together(4) { index in
                for round in 0..<3 {
                    // A record is added only while there are fewer than five.
                    try await accounts.transaction { accounts in
                        let count = try await accounts.count(.where { $0.balance == 1 })
                        await Task.yield()
                        if count < 5 { try await accounts.create(Account(id: "a\(index)-\(round)", balance: 1)) }
                    }
                }
            }
            check.expectEqual(try await accounts.count(), 5, "what a transaction counted stays true until it commits")
        },
    ]
}
