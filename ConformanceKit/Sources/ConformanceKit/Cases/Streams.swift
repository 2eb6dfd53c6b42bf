internal import Stowage

// QRY-8: streams.
extension ConformanceCases {
    static let streams: [ConformanceCase] = [
        ConformanceCase("qry.stream.whole-answer", ["QRY-8"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.createMany(
                (0..<1_500).map { Note(id: "n\($0)", text: "\($0 % 7)", tag: $0 % 3 == 0 ? nil : "t") }
            )
            let query = Query<Note>.where { $0.tag == "t" }.sort(\.text, .descending)
            var streamed: [String] = []
            for try await note in notes.stream(query) { streamed.append(note.id) }
            check.expectEqual(streamed, try await notes.fetch(query).map(\.id), "a stream is the answer in its order")
            var some: [String] = []
            for try await note in notes.stream(query.offset(5).limit(700)) { some.append(note.id) }
            check.expectEqual(some, Array(streamed[5..<705]), "a stream counts limit and offset")
            for try await _ in notes.stream(.limit(0)) {
                check.fail("a stream of none ends at once", "it gave a record")
            }
        },
        ConformanceCase("qry.stream.one-snapshot", ["QRY-8", "TXN-6"]) { check in
            let accounts = try await check.storage(Account.self)
            try await accounts.createMany((0..<1_200).map { Account(id: "a\($0 + 10_000)", balance: 1) })
            var sum = 0
            var seen = 0
            for try await account in accounts.stream(.sort(\.id)) {
                sum += account.balance
                seen += 1
                if seen == 1 {
                    // Writers go on while the stream is open.
                    try await accounts.updateAll(.where { $0.id >= "a10600" }) { $0.balance = 100 }
                    try await accounts.deleteAll(.where { $0.id >= "a11000" })
                    try await accounts.create(Account(id: "a10001x", balance: 1_000))
                }
            }
            check.expectEqual(seen, 1_200, "a stream sees the records that were there when it began")
            check.expectEqual(sum, 1_200, "a stream sees what the records were when it began")
            check.expectEqual(try await accounts.count(), 1_001, "the writes went on beside it")
        },
        ConformanceCase("qry.stream.stops-with-its-consumer", ["QRY-8", "LIF-1"]) { check in
            let notes = try await check.storage(Note.self, options: .init(deadline: .seconds(20)))
            try await notes.createMany((0..<1_000).map { Note(id: "n\($0)") })
            for round in 0..<40 {
                for try await _ in notes.stream() { break }
                try await notes.update("n0") { $0.text = "\(round)" }
            }
            check.expectSame(try await notes.get("n0")?.text, "39", "streams that were left hold nothing up")
            // Closing waits for open cursors: one that was left open would end this in a timeout.
            try await notes.close()
        },
        ConformanceCase("qry.stream.several-at-once", ["QRY-8"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.createMany((0..<700).map { Note(id: "n\($0 + 1_000)") })
            var first = notes.stream().makeAsyncIterator()
            var second = notes.stream(.sort(\.id, .descending)).makeAsyncIterator()
            var pairs = 0
            while let left = try await first.next(), let right = try await second.next() {
                if pairs == 0 {
                    check.expectEqual([left.id, right.id], ["n1000", "n1699"], "each stream has an order of its own")
                }
                pairs += 1
            }
            check.expectEqual(pairs, 700, "two streams can be read in step")
        },
        ConformanceCase("qry.stream.in-transaction", ["QRY-8", "TXN-1"], capability: .transactions) { check in
            let notes = try await check.storage(Note.self)
            try await notes.createMany((0..<300).map { Note(id: "n\($0)") })
            let seen = try await notes.transaction { notes in
                try await notes.deleteAll(.where { $0.id.hasPrefix("n1") })
                try await notes.create(Note(id: "own"))
                var seen = 0
                for try await _ in notes.stream() { seen += 1 }
                return seen
            }
            check.expectEqual(seen, 190, "a stream inside a transaction sees the transaction's writes")
        },
        ConformanceCase("qry.stream.idle-consumer", ["LIF-2", "QRY-8"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.createMany((0..<1_200).map { Note(id: "n\($0)") })
            await check.expectError(.timeout, from: "a stream whose consumer is idle beyond the deadline") {
                var seen = 0
                for try await _ in notes.with(.deadline(.milliseconds(300))).stream() {
                    seen += 1
                    if seen == 1 { try await Task.sleep(for: .milliseconds(1_200)) }
                }
            }
            try await notes.create(Note(id: "after"))
            check.expectEqual(try await notes.count(), 1_201, "the store goes on")
        },
    ]
}
