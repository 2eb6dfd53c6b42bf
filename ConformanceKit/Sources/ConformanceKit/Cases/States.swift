internal import Stowage

// STA-1, STA-2: the whole store as a value.
extension ConformanceCases {
    static let states: [ConformanceCase] = [
        ConformanceCase("sta.state.round-trips", ["STA-1"], capability: .transactions) { check in
            let notes = try await check.storage(Note.self, state: NoteState.self)
            check.expectSame(try await notes.readState(), NoteState(), "an empty store is an empty state")
            var state = NoteState(
                notes: [Note(id: "b", text: "2"), Note(id: "a", text: "1", tag: "t")],
                baseDir: "/tmp/\"x\""
            )
            state.settings = .init(theme: "é\n", sizes: [1, .max])
            state.generation = .min
            try await notes.writeState(state)
            state.notes.reverse()
            check.expectSame(try await notes.readState(), state, "what was written is read, records by id")
            check.expectSame(try await notes.get("a")?.tag, "t", "the records are records")
            try await notes.create(Note(id: "c"))
            state.notes.append(Note(id: "c"))
            check.expectSame(try await notes.readState(), state, "a record written beside it is part of the state")
        },
        ConformanceCase("sta.state.replaces-everything", ["STA-1"], capability: .transactions) { check in
            let notes = try await check.storage(Note.self, state: NoteState.self)
            try await notes.writeState(
                NoteState(
                    notes: (0..<20).map { Note(id: "n\($0)", text: "old", tag: "old") },
                    baseDir: "old",
                    settings: .init(theme: "old"),
                    generation: 1
                )
            )
            let new = NoteState(notes: [Note(id: "m", text: "new"), Note(id: "n7", text: "new")], generation: 2)
            try await notes.writeState(new)
            check.expectSame(try await notes.readState(), new, "writeState leaves nothing of the old state")
            try await notes.writeState(NoteState())
            check.expectSame(try await notes.readState(), NoteState(), "an empty state empties the store")
        },
        ConformanceCase("sta.state.all-or-nothing", ["STA-1", "REC-6"], capability: .transactions) { check in
            let notes = try await check.storage(Note.self, state: NoteState.self)
            let old = NoteState(notes: [Note(id: "a", text: "old")], baseDir: "old")
            try await notes.writeState(old)
            let twice = await check.expectError(.alreadyExists, from: "a state with one id twice") {
                try await notes.writeState(
                    NoteState(notes: [Note(id: "x"), Note(id: "y"), Note(id: "x")], baseDir: "new")
                )
            }
            check.expectEqual(twice?.batchIndex, 2, "the error names the index of the second", rule: "REC-6")
            await check.expectError(.invalidValue, from: "a state with U+0000 in a record") {
                try await notes.writeState(NoteState(notes: [Note(id: "x", text: "\0")], baseDir: "new"))
            }
            let field = await check.expectError(.invalidValue, from: "a state with U+0000 in a field of its own") {
                try await notes.writeState(NoteState(notes: [Note(id: "x")], baseDir: "\0"))
            }
            check.expectEqual(field?.field, "baseDir", "the error names the state's field")
            check.expectSame(try await notes.readState(), old, "what was refused changed nothing")
        },
        ConformanceCase("sta.state.unique-values-change-places", ["STA-1", "REC-8"], capability: .transactions) {
            check in
            let accounts = try await check.storage(Account.self)
            try await accounts.createMany([Account(id: "a", email: "1"), Account(id: "b", email: "2")])
            try await accounts.writeState(RecordsOnly([Account(id: "a", email: "2"), Account(id: "b", email: "1")]))
            check.expectSame(try await accounts.fetch().map(\.email), ["2", "1"], "unique values may change places")
            await check.expectError(.constraint, from: "a state with one unique value twice") {
                try await accounts.writeState(
                    RecordsOnly([Account(id: "a", email: "3"), Account(id: "b", email: "3")])
                )
            }
            check.expectSame(try await accounts.fetch().map(\.email), ["2", "1"], "what was refused changed nothing")
        },
        ConformanceCase("sta.state.own-fields-stay", ["STA-1"], capability: .transactions) { check in
            let database = try check.database()
            let notes = try database.storage(Note.self, state: NoteState.self)
            let accounts = try database.storage(Account.self)
            try await database.initialize()
            try await notes.writeState(NoteState(notes: [Note(id: "a")], baseDir: "/base"))
            try await accounts.create(Account(id: "a"))
            try await notes.delete("a")
            try await accounts.writeState(RecordsOnly([Account(id: "b")]))
            check.expectSame(
                try await notes.readState(),
                NoteState(notes: [], baseDir: "/base"),
                "the state of another record type leaves this one's fields alone"
            )
            check.expectEqual(try await accounts.fetch().map(\.id), ["b"], "and this one's records")
        },
        ConformanceCase("sta.state.survives-reopening", ["STA-1", "DUR-1"], capability: .transactions) { check in
            let notes = try await check.storage(Note.self, state: NoteState.self)
            let state = NoteState(
                notes: [Note(id: "a", text: "x")],
                baseDir: "",
                settings: .init(sizes: []),
                generation: 0
            )
            try await notes.writeState(state)
            try await notes.close()
            let again = try check.reopen().storage(Note.self, state: NoteState.self)
            try await again.initialize()
            check.expectSame(try await again.readState(), state, "the state is there after reopening")
        },
        ConformanceCase("sta.state.in-transaction", ["STA-1", "TXN-1"], capability: .nestedTransactions) { check in
            let notes = try await check.storage(Note.self, state: NoteState.self)
            let old = NoteState(notes: [Note(id: "a")], baseDir: "old")
            try await notes.writeState(old)
            do {
                try await notes.transaction { notes in
                    try await notes.writeState(NoteState(notes: [Note(id: "b")], baseDir: "new"))
                    check.expectSame(
                        try await notes.readState(),
                        NoteState(notes: [Note(id: "b")], baseDir: "new"),
                        "a transaction reads the state that it wrote"
                    )
                    throw Stop()
                }
            } catch is Stop {}
            check.expectSame(try await notes.readState(), old, "a rolled-back state is gone")
        },
        ConformanceCase("sta.state.one-snapshot", ["STA-1"], level: .stochastic, capability: .transactions) { check in
            let notes = try await check.storage(Note.self, state: NoteState.self)
            try await notes.writeState(
                NoteState(notes: [Note(id: "a", text: "0"), Note(id: "b", text: "0")], baseDir: "0")
            )
            let isDone = Milestone("the writer is done")
            let writer = aside {
                for number in 1...25 {
                    let text = "\(number)"
                    try await notes.writeState(
                        NoteState(notes: [Note(id: "a", text: text), Note(id: "b", text: text)], baseDir: text)
                    )
                }
                isDone.raise()
            }
            var reads = 0
            while !isDone.isRaised && reads < 2_000 {
                let state = try await notes.readState()
                reads += 1
                let texts = Set(state.notes.map(\.text) + [state.baseDir ?? "none"])
                if !check.expect(texts.count == 1 && state.notes.count == 2, "a read state is one that was written") {
                    break
                }
                await Task.yield()
            }
            try await writer.value
        },
        ConformanceCase("sta.read.error-is-not-empty", ["STA-2"], capability: .transactions) { check in
            let database = try check.database()
            let new = try database.storage(NewPart.self)
            let old = try database.storage(OldPart.self)
            try await database.initialize()
            try await new.createMany([NewPart(id: "a"), NewPart(id: "b", status: "unheard of")])
            await check.expectError(.corrupt, from: "readState of a record that cannot be read") {
                try await old.readState()
            }
            await check.expectError(.corrupt, from: "get of a record that cannot be read") { try await old.get("b") }
            await check.expectError(.corrupt, from: "a stream of records that cannot be read") {
                for try await _ in old.stream() {}
            }
            await check.expectError(.corrupt, from: "a transaction that reads what cannot be read, then writes") {
                try await old.transaction { old in
                    let all = try? await old.fetch()
                    try await old.deleteAll(.all)
                    try await old.createMany(all ?? [])
                }
            }
            check.expectEqual(
                try await new.fetch().map(\.id),
                ["a", "b"],
                "nothing is overwritten on the strength of a failed read"
            )
        },
    ]
}
