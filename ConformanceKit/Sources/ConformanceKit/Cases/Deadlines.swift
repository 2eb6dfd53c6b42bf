internal import Stowage

// LIF-2: deadlines and cancellation. Times are generous: only their order decides.
extension ConformanceCases {
    static let deadlines: [ConformanceCase] = [
        ConformanceCase("lif.deadline.body-that-sleeps", ["LIF-2", "TXN-1"], capability: .transactions) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "a", text: "old"))
            let other = Milestone("another writer got in")
            let isInside = Milestone("the transaction has written")
            let sleeper = aside {
                try await notes.with(.deadline(.milliseconds(400))).transaction { notes in
                    try await notes.update("a") { $0.text = "slept" }
                    isInside.raise()
                    // Far past the deadline: until another writer has had the lock.
                    try await other.wait()
                }
            }
            try? await isInside.wait(atMost: .seconds(5))
            try await notes.update("a") { $0.text = "other" }
            other.raise()
            await check.expectError(.timeout, from: "a transaction whose body sleeps past the deadline") {
                try await sleeper.value
            }
            check.expectSame(
                try await notes.get("a")?.text,
                "other",
                "its writes are undone, and its locks given back at the deadline"
            )
        },
        ConformanceCase("lif.deadline.second-writer", ["LIF-2"], capability: .transactions) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "a", text: "old"))
            let isInside = Milestone("the first writer is inside")
            let mayEnd = Milestone("the second writer gave up")
            let first = aside {
                try await notes.transaction { notes in
                    try await notes.update("a") { $0.text = "first" }
                    isInside.raise()
                    try await mayEnd.wait()
                }
            }
            try await isInside.wait()
            let impatient = notes.with(.deadline(.milliseconds(300)))
            let error = await check.expectError(.timeout, from: "a write that waits for another past its deadline") {
                try await impatient.update("a") { $0.text = "second" }
            }
            check.expect(error.map { !$0.message.isEmpty } ?? true, "a timeout says what it waited for")
            await check.expectError(.timeout, from: "a transaction that waits for another past its deadline") {
                try await impatient.transaction { try await $0.update("a") { $0.text = "third" } }
            }
            mayEnd.raise()
            try await first.value
            check.expectSame(try await notes.get("a")?.text, "first", "the first writer is not disturbed")
            try await notes.update("a") { $0.text = "after" }
            check.expectSame(try await notes.get("a")?.text, "after", "the next writer gets in")
        },
        ConformanceCase("lif.deadline.passed-already", ["LIF-2"]) { check in
            let notes = try await check.storage(Note.self)
            let late = notes.with(.deadline(.zero))
            await check.expectError(.timeout, from: "a write without any time") { try await late.create(Note(id: "a")) }
            check.expectEqual(try await notes.count(), 0, "it changes nothing")
        },
        ConformanceCase("lif.cancel.body", ["LIF-2", "TXN-1"], capability: .transactions) { check in
            let notes = try await check.storage(Note.self)
            let isInside = Milestone("the transaction has written")
            let task = aside {
                try await notes.transaction { notes in
                    try await notes.create(Note(id: "a"))
                    isInside.raise()
                    try await Task.sleep(for: .seconds(25))
                }
            }
            try await isInside.wait()
            let start = ContinuousClock.now
            task.cancel()
            await check.expectError(.cancelled, from: "a transaction whose task is cancelled") { try await task.value }
            check.expect(start.duration(to: .now) < .seconds(15), "it ends promptly")
            check.expectEqual(try await notes.count(), 0, "it is rolled back")
            try await notes.create(Note(id: "b"))
            check.expectEqual(try await notes.fetch().map(\.id), ["b"], "the next writer finds everything clean")
        },
        ConformanceCase("lif.cancel.swallowed-by-body", ["LIF-2", "TXN-1"], capability: .transactions) { check in
            let notes = try await check.storage(Note.self)
            let isInside = Milestone("the transaction has written")
            let task = aside {
                try await notes.transaction { notes in
                    try await notes.create(Note(id: "a"))
                    isInside.raise()
                    try? await Task.sleep(for: .seconds(25))
                }
            }
            try await isInside.wait()
            task.cancel()
            await check.expectError(.cancelled, from: "a cancelled transaction whose body takes no notice") {
                try await task.value
            }
            check.expectEqual(try await notes.count(), 0, "it is rolled back")
        },
        ConformanceCase("lif.cancel.waiting-writer", ["LIF-2"], capability: .transactions) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "a", text: "old"))
            let isInside = Milestone("the first writer is inside")
            let mayEnd = Milestone("the second writer was cancelled")
            let first = aside {
                try await notes.transaction { notes in
                    try await notes.update("a") { $0.text = "first" }
                    isInside.raise()
                    try await mayEnd.wait()
                }
            }
            try await isInside.wait()
            let second = aside { try await notes.update("a") { $0.text = "second" } }
            try await Task.sleep(for: .milliseconds(100))
            second.cancel()
            await check.expectError(.cancelled, from: "a waiting write whose task is cancelled") {
                try await second.value
            }
            mayEnd.raise()
            try await first.value
            check.expectSame(try await notes.get("a")?.text, "first", "the cancelled write never happens")
            try await notes.update("a") { $0.text = "third" }
            check.expectSame(try await notes.get("a")?.text, "third", "the next writer gets in")
        },
        ConformanceCase("lif.cancel.before-the-call", ["LIF-2"]) { check in
            let notes = try await check.storage(Note.self)
            let task = aside {
                withUnsafeCurrentTask { $0?.cancel() }
                try await notes.create(Note(id: "a"))
            }
            await check.expectError(.cancelled, from: "a write in a task that was cancelled before") {
                try await task.value
            }
            check.expectEqual(try await notes.count(), 0, "it changes nothing")
        },
        ConformanceCase("lif.cancel.storm", ["LIF-2", "REC-6"], level: .stochastic) { check in
            let notes = try await check.storage(Note.self)
            var generator = check.generator()
            for round in 0..<12 {
                let task = aside { try await notes.createMany((0..<20).map { Note(id: "n\(round)-\($0)") }) }
                try await Task.sleep(for: .microseconds(generator.below(3_000)))
                task.cancel()
                _ = await task.result
                let count = try await notes.count(.where { $0.id.hasPrefix("n\(round)-") })
                check.expect(count == 0 || count == 20, "a batch that was cancelled is there whole or not at all")
            }
            try await notes.create(Note(id: "after"))
            check.expect(try await notes.exists("after"), "cancelled calls leave nothing dirty behind")
        },
    ]
}
