internal import Stowage

// TXN-5, LIF-2: connections that are severed at any point of a call.
extension ConformanceCases {
    static let severedConnections: [ConformanceCase] = [
        ConformanceCase(
            "txn.severed.random-points",
            ["TXN-5", "LIF-2"],
            level: .stochastic,
            needs: .losesConnections
        ) { check in
            try await rounds(check) { round, seed in
                let notes = try await check.storage(Note.self, store: round, options: .init(deadline: .seconds(20)))
                guard let severAll = try check.connections(round).severAll else {
                    try check.skip("connections can be severed in a held commit only")
                }
                let ends = Tally<(id: String, error: StorageError?)>()
                let isDone = Milestone("the writers are done")
                let severing = aside {
                    var generator = SeededGenerator(seed: seed, "severing")
                    var severed = 0
                    while !isDone.isRaised {
                        try await Task.sleep(for: .microseconds(500 + generator.below(25_000)))
                        severed += try await severAll()
                    }
                    return severed
                }
                do {
                    defer { isDone.raise() }
                    try await together(4) { index in
                        for number in 0..<50 {
                            ends.add(await written(notes, "w\(index)-\(number)", inTransaction: number % 2 == 0))
                        }
                    }
                }
                check.expect(try await severing.value > 0, "connections were severed")
                try await expectEnds(check, notes, ends.all)
            }
        }
    ]

    /// Writes two records as one, and says how it ended.
    private static func written(
        _ notes: RecordStorage<Note, RecordsOnly<Note>>,
        _ id: String,
        inTransaction: Bool
    ) async -> (String, StorageError?) {
        do {
            if inTransaction {
                try await notes.transaction { notes in
                    try await notes.create(Note(id: id))
                    try await notes.create(Note(id: id + "'"))
                }
            } else {
                try await notes.createMany([Note(id: id), Note(id: id + "'")])
            }
            return (id, nil)
        } catch {
            return (id, error as? StorageError ?? StorageError(.invalidArgument, "it threw no StorageError"))
        }
    }

    private static func expectEnds(
        _ check: CaseContext,
        _ notes: RecordStorage<Note, RecordsOnly<Note>>,
        _ ends: [(id: String, error: StorageError?)]
    ) async throws {
        // The pool finds out by itself which of its connections are gone: one call may meet the last of them.
        var works = false
        for _ in 0..<20 where !works { works = (try? await notes.count()) != nil }
        check.expect(works, "the storage works on with other connections", rule: "LIF-2")
        let stored = Set(try await notes.fetch().map(\.id))
        let typed: Set<StorageError.Code> = [.unavailable, .commitUnknown]
        let other = ends.compactMap(\.error).filter { !typed.contains($0.code) }
        check.expectEqual(
            other.map(\.description),
            [],
            "a call whose connection is severed throws unavailable or commitUnknown, within its deadline",
            rule: "LIF-2"
        )
        let lost = ends.filter { $0.error == nil && !stored.contains($0.id) }.map(\.id)
        check.expectEqual(lost, [], "every acknowledged write is there", rule: "DUR-1")
        let kept = ends.filter { $0.error != nil && $0.error?.code != .commitUnknown && stored.contains($0.id) }.map(
            \.id
        )
        check.expectEqual(kept, [], "a write that failed, and not with commitUnknown, did not happen")
        let halves = ends.filter { stored.contains($0.id) != stored.contains($0.id + "'") }.map(\.id)
        check.expectEqual(halves, [], "nothing is there in part", rule: "REC-6")
        check.expect(ends.contains { $0.error == nil }, "some writes come through")
    }
}
