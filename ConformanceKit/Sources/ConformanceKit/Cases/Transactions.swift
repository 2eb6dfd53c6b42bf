internal import Stowage

// TXN-1, TXN-2, TXN-6: one transaction by itself.
extension ConformanceCases {
    static let transactions: [ConformanceCase] = [
        ConformanceCase("txn.commit.keeps-all", ["TXN-1", "TXN-4"], capability: .transactions) { check in
            let database = try check.database()
            let notes = try database.storage(Note.self)
            let accounts = try database.storage(Account.self)
            try await database.initialize()
            let balance = try await database.transaction { transaction in
                let inner = (notes: transaction.storage(notes), accounts: transaction.storage(accounts))
                try await inner.notes.create(Note(id: "a", text: "1"))
                try await inner.accounts.create(Account(id: "a", balance: 7))
                try await inner.notes.update("a") { $0.text = "2" }
                return try await inner.accounts.get("a")?.balance
            }
            check.expectEqual(balance, 7, "a transaction returns what its body returns")
            check.expectSame(try await notes.get("a")?.text, "2", "the writes to one record type are kept")
            check.expectEqual(try await accounts.get("a")?.balance, 7, "the writes to another one too")
        },
        ConformanceCase("txn.throw.rolls-back-all", ["TXN-1"], capability: .transactions) { check in
            let database = try check.database()
            let notes = try database.storage(Note.self)
            let accounts = try database.storage(Account.self)
            try await database.initialize()
            try await notes.create(Note(id: "kept", text: "old"))
            do {
                try await database.transaction { transaction in
                    try await transaction.storage(notes).create(Note(id: "a"))
                    try await transaction.storage(notes).update("kept") { $0.text = "new" }
                    try await transaction.storage(accounts).create(Account(id: "a", email: "e"))
                    try await transaction.storage(notes).deleteAll(.where { $0.id == "kept" })
                    throw Stop()
                }
                check.fail("the error of the body is thrown", "nothing was")
            } catch is Stop {}
            check.expectSame(
                try await notes.fetch(),
                [Note(id: "kept", text: "old")],
                "nothing of the transaction is kept"
            )
            check.expectEqual(try await accounts.count(), 0, "nothing in another record type either")
            try await accounts.create(Account(id: "b", email: "e"))
            check.expectEqual(
                try await accounts.count(),
                1,
                "a unique value is free again after the rollback",
                rule: "REC-8"
            )
        },
        ConformanceCase("txn.own-writes.seen", ["TXN-1"], capability: .transactions) { check in
            let accounts = try await check.storage(Account.self)
            try await accounts.createMany((0..<5).map { Account(id: "a\($0)", balance: $0) })
            try await accounts.transaction { accounts in
                try await accounts.create(Account(id: "a9", balance: 9))
                try await accounts.updateAll(.where { $0.balance < 2 }) { $0.balance = 100 }
                try await accounts.delete("a4")
                check.expectEqual(try await accounts.get("a9")?.balance, 9, "get sees a write of its transaction")
                check.expectEqual(try await accounts.count(.where { $0.balance == 100 }), 2, "count sees it")
                check.expectEqual(
                    try await accounts.fetch(.sort(\.balance)).map(\.id),
                    ["a2", "a3", "a9", "a0", "a1"],
                    "a sorted query sees it"
                )
                check.expect(try await !accounts.exists("a4"), "a deleted record does not exist")
                await check.expectError(.alreadyExists, from: "create of an id that the transaction made") {
                    try await accounts.create(Account(id: "a9"))
                }
                let updated = try await accounts.update("a9") { $0.balance = 10 }
                check.expectEqual(updated?.balance, 10, "update sees it")
            }
            check.expectEqual(try await accounts.get("a9")?.balance, 10, "the transaction is kept")
        },
        ConformanceCase("txn.nested.rolls-back-alone", ["TXN-2"], capability: .nestedTransactions) { check in
            let notes = try await check.storage(Note.self)
            try await notes.transaction { outer in
                try await outer.create(Note(id: "a", text: "outer"))
                do {
                    try await outer.transaction { inner in
                        try await inner.create(Note(id: "b"))
                        try await inner.update("a") { $0.text = "inner" }
                        try await inner.transaction { _ = try await $0.delete("a") }
                        throw Stop()
                    }
                } catch is Stop {}
                check.expectSame(
                    try await outer.fetch(),
                    [Note(id: "a", text: "outer")],
                    "the nested transaction is undone alone"
                )
                try await outer.transaction { _ = try await $0.create(Note(id: "c")) }
                do {
                    try await outer.transaction { inner in
                        try await inner.transaction { _ = try await $0.create(Note(id: "d")) }
                        throw Stop()
                    }
                } catch is Stop {}
            }
            check.expectEqual(
                try await notes.fetch().map(\.id),
                ["a", "c"],
                "what was released is kept, unless what is around it rolls back"
            )
        },
        ConformanceCase("txn.nested.outer-rolls-back-all", ["TXN-2"], capability: .nestedTransactions) { check in
            let notes = try await check.storage(Note.self)
            do {
                try await notes.transaction { outer in
                    try await outer.transaction { _ = try await $0.create(Note(id: "inner")) }
                    throw Stop()
                }
            } catch is Stop {}
            check.expectEqual(try await notes.count(), 0, "a released nested transaction goes with its outer one")
        },
        ConformanceCase("txn.nested.deep", ["TXN-2"], capability: .nestedTransactions) { check in
            let accounts = try await check.storage(Account.self)
            try await accounts.create(Account(id: "a"))
            func dive(_ accounts: RecordStorage<Account, RecordsOnly<Account>>, _ depth: Int) async throws {
                guard depth < 12 else { return }
                do {
                    try await accounts.transaction { inner in
                        try await inner.create(Account(id: "d\(depth)", balance: depth))
                        try await dive(inner, depth + 1)
                        // Every third level undoes itself and all below it.
                        if depth % 3 == 2 { throw Stop() }
                    }
                } catch is Stop {}
            }
            try await accounts.transaction { try await dive($0, 0) }
            check.expectEqual(
                try await accounts.fetch().map(\.id),
                ["a", "d0", "d1"],
                "levels undo themselves and what is below"
            )
        },
        ConformanceCase("txn.failed-statement.contained", ["TXN-2"], capability: .transactions) { check in
            let accounts = try await check.storage(Account.self)
            try await accounts.create(Account(id: "taken", email: "e"))
            try await accounts.transaction { accounts in
                try await accounts.create(Account(id: "before"))
                await check.expectError(.alreadyExists, from: "create of an id that exists") {
                    try await accounts.create(Account(id: "taken"))
                }
                await check.expectError(.constraint, from: "a batch with a unique value that is taken") {
                    try await accounts.createMany([Account(id: "half"), Account(id: "x", email: "e")])
                }
                await check.expectError(.constraint, from: "updateAll to one unique value") {
                    try await accounts.updateAll(.all) { $0.email = "same" }
                }
                await check.expectError(.invalidValue, from: "U+0000") {
                    try await accounts.create(Account(id: "n", email: "\0"))
                }
                try await accounts.create(Account(id: "after"))
            }
            check.expectEqual(
                try await accounts.fetch().map(\.id),
                ["after", "before", "taken"],
                "a failed statement is undone whole, and the rest of the transaction is kept"
            )
            check.expectSame(try await accounts.get("taken")?.email, "e", "nothing of a failed statement stays")
        },
        ConformanceCase("txn.failed-statement.uncaught", ["TXN-2"], capability: .transactions) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "taken"))
            await check.expectError(.alreadyExists, from: "a transaction whose statement fails") {
                try await notes.transaction { notes in
                    try await notes.create(Note(id: "a"))
                    try await notes.create(Note(id: "taken"))
                }
            }
            check.expectEqual(try await notes.fetch().map(\.id), ["taken"], "nothing of it is committed")
        },
        ConformanceCase("txn.storage-inside.refused", ["TXN-6"], capability: .transactions) { check in
            let database = try check.database()
            let notes = try database.storage(Note.self)
            try await database.initialize()
            try await notes.create(Note(id: "a"))
            let calls: [(String, @Sendable () async throws -> Void)] = [
                ("get", { _ = try await notes.get("a") }), ("fetch", { _ = try await notes.fetch() }),
                ("count", { _ = try await notes.count() }), ("create", { try await notes.create(Note(id: "b")) }),
                ("update", { try await notes.update("a") { $0.text = "x" } }),
                ("delete", { try await notes.delete("a") }),
                ("readState", { _ = try await notes.readState() }),
                ("writeState", { try await notes.writeState(.init()) }),
                ("a stream", { for try await _ in notes.stream() {} }),
                ("another transaction", { try await notes.transaction { _ = try await $0.count() } }),
                ("a transaction of the database", { try await database.transaction { _ in } }),
                ("close", { try await notes.close() }),
            ]
            let start = ContinuousClock.now
            try await notes.transaction { inner in
                try await inner.create(Note(id: "c"))
                for (what, call) in calls {
                    await check.expectError(
                        .invalidArgument,
                        from: "\(what) on the storage itself inside a transaction",
                        call
                    )
                }
                await check.expectError(.invalidArgument, from: "the storage itself in a child task of the body") {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { _ = try await notes.get("a") }
                        try await group.waitForAll()
                    }
                }
            }
            check.expect(start.duration(to: .now) < .seconds(25), "it is refused at once, not at the deadline")
            check.expectEqual(
                try await notes.fetch().map(\.id),
                ["a", "c"],
                "the transaction itself is kept, and nothing else"
            )
        },
        ConformanceCase("txn.calls-at-once.inside", ["TXN-1"], capability: .transactions) { check in
            let notes = try await check.storage(Note.self)
            let seen = try await notes.transaction { notes in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for index in 0..<20 {
                        group.addTask {
                            try await notes.create(Note(id: "n\(index)"))
                            return try await notes.get(["n\(index)"]).count
                        }
                    }
                    return try await group.reduce(0, +)
                }
            }
            check.expectEqual(seen, 20, "calls of several child tasks in one transaction each see their own write")
            check.expectEqual(try await notes.count(), 20, "all of them are kept")
        },
        ConformanceCase("txn.nested.siblings-at-once", ["TXN-2"], capability: .nestedTransactions) { check in
            let notes = try await check.storage(Note.self)
            let areBothIn = [Milestone("the first has written"), Milestone("the second has written")]
            let wasRefused = Milestone("the second was refused")
            try await notes.transaction { outer in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        do {
                            try await outer.transaction { inner in
                                try await inner.create(Note(id: "undone"))
                                areBothIn[0].raise()
                                // If siblings take turns the second cannot come in: that is right too.
                                try? await areBothIn[1].wait(atMost: .milliseconds(200))
                                throw Stop()
                            }
                        } catch is Stop {}
                    }
                    group.addTask {
                        try await areBothIn[0].wait()
                        do {
                            try await outer.transaction { inner in
                                try await inner.create(Note(id: "kept"))
                                areBothIn[1].raise()
                                try await Task.sleep(for: .milliseconds(20))
                            }
                        } catch let error as StorageError where error.code == .invalidArgument {
                            wasRefused.raise()
                        }
                    }
                    try await group.waitForAll()
                }
            }
            check.expectEqual(
                try await notes.fetch().map(\.id),
                wasRefused.isRaised ? [] : ["kept"],
                "of two nested transactions at once, the one that throws rolls back alone, or the second is refused"
            )
        },
        ConformanceCase("txn.used-after-its-end", ["TXN-1"], capability: .transactions) { check in
            let notes = try await check.storage(Note.self)
            let kept = try await notes.transaction { $0 }
            await check.expectError(.invalidArgument, from: "a write through a transaction that has ended") {
                try await kept.create(Note(id: "late"))
            }
            await check.expectError(.invalidArgument, from: "a read through a transaction that has ended") {
                try await kept.fetch()
            }
            check.expectEqual(try await notes.count(), 0, "nothing is written")
        },
        ConformanceCase("txn.read-only.refuses-writes", ["TXN-6"], capability: .transactions) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "a"))
            let count = try await notes.transaction(.readOnly) { notes in
                await check.expectError(.readOnly, from: "create in a read-only transaction") {
                    try await notes.create(Note(id: "b"))
                }
                await check.expectError(.readOnly, from: "deleteAll in a read-only transaction") {
                    try await notes.deleteAll(.all)
                }
                return try await notes.count()
            }
            check.expectEqual(count, 1, "reading goes on")
            check.expectEqual(try await notes.count(), 1, "nothing is written")
        },
        ConformanceCase("txn.read-only.one-snapshot", ["TXN-6", "TXN-1"], capability: .transactions) { check in
            let accounts = try await check.storage(Account.self)
            try await accounts.createMany([Account(id: "a", balance: 1), Account(id: "b", balance: 1)])
            try await accounts.transaction(.readOnly) { inner in
                check.expectEqual(try await inner.get("a")?.balance, 1, "it reads")
                // A writer that is not of this transaction, and must not have to wait for it.
                try await aside {
                    try await accounts.with(.deadline(.seconds(20))).transaction { outside in
                        try await outside.updateAll(.all) { $0.balance = 2 }
                        try await outside.create(Account(id: "c", balance: 2))
                    }
                }.value
                check.expectEqual(try await inner.get("b")?.balance, 1, "get sees the snapshot")
                check.expectEqual(try await inner.count(), 2, "count sees the snapshot")
                check.expectEqual(try await inner.fetch().map(\.balance), [1, 1], "fetch sees the snapshot")
            }
            check.expectEqual(try await accounts.fetch().map(\.balance), [2, 2, 2], "the writer did not wait")
        },
    ]
}
