internal import Stowage

// LIF-5: limits are declared, kept and not lower than they are said to be.
extension ConformanceCases {
    /// The largest record that a run can afford to write.
    private static let affordable = 4 << 20

    static let limits: [ConformanceCase] = [
        ConformanceCase("lif.limits.record", ["LIF-5", "VAL-2"]) { check in
            let notes = try await check.storage(Note.self)
            let limit = notes.capabilities.maximumRecordBytes
            let size = min(limit ?? affordable, affordable)
            guard check.expect(size > 1_024 + 64, "a record with the longest id has room for more") else { return }
            func note(_ id: String, _ bytes: Int) -> Note {
                Note(id: id, text: String(repeating: "x", count: bytes - id.utf8.count))
            }
            let largest = note("a", size)
            try await notes.create(largest)
            check.expectSame(try await notes.get("a"), largest, "a record of \(size) bytes is kept")
            try await notes.create(Note(id: "b"))
            try await notes.update("b") { $0.text = note("b", size).text }
            try await notes.upsert(note("c", size))
            try await notes.upsert(note("c", size))
            check.expectEqual(
                try await notes.fetch().map(\.text.utf8.count),
                [size - 1, size - 1, size - 1],
                "it can be updated and upserted to so many"
            )
            guard let limit, limit <= affordable else { return }
            let created = await check.expectError(.invalidValue, from: "create of a record beyond the declared limit") {
                try await notes.create(note("d", limit + 1))
            }
            check.expectEqual(created?.recordID, "d", "the error names the record", rule: "LIF-3")
            await check.expectError(.invalidValue, from: "upsert of a record beyond the declared limit") {
                try await notes.upsert(note("a", limit + 1))
            }
            await check.expectError(.invalidValue, from: "an update beyond the declared limit") {
                try await notes.update("b") { $0.tag = "t" }
            }
            let batch = await check.expectError(.invalidValue, from: "a batch with a record beyond the limit") {
                try await notes.createMany([Note(id: "e"), note("f", limit + 1)])
            }
            check.expectEqual(batch?.batchIndex, 1, "the error names the index", rule: "REC-6")
            check.expectEqual(try await notes.fetch().map(\.id), ["a", "b", "c"], "what was refused changed nothing")
            check.expectSame(try await notes.get("a"), largest, "nor the records that were there")
        }
    ]
}
