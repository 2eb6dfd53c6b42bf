internal import Stowage

// REC-7: revisions.
extension ConformanceCases {
    static let revising: [ConformanceCase] = [
        ConformanceCase("rec.revision.guards-writes", ["REC-7"], capability: .transactions) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "a", text: "1"))
            guard let old = try await notes.getVersioned("a") else {
                return check.fail("a versioned read finds the record", "it found none")
            }
            check.expectSame(old.record, Note(id: "a", text: "1"), "a versioned read returns the record")
            let updated = try await notes.update("a", ifRevision: old.revision) { $0.text = "2" }
            check.expectSame(updated?.text, "2", "an update with the present revision is applied")
            await check.expectError(.conflict, from: "an update with an old revision") {
                try await notes.update("a", ifRevision: old.revision) { $0.text = "3" }
            }
            await check.expectError(.conflict, from: "an upsert with an old revision") {
                try await notes.upsert(Note(id: "a", text: "3"), ifRevision: old.revision)
            }
            await check.expectError(.conflict, from: "a delete with an old revision") {
                try await notes.delete("a", ifRevision: old.revision)
            }
            check.expectSame(try await notes.get("a")?.text, "2", "what was refused changed nothing")
            guard let new = try await notes.getVersioned("a") else {
                return check.fail("the record is there", "it is not")
            }
            check.expect(new.revision != old.revision, "other content has another revision")
            try await notes.upsert(Note(id: "a", text: "4"), ifRevision: new.revision)
            guard let last = try await notes.getVersioned("a") else {
                return check.fail("the record is there", "it is not")
            }
            check.expect(
                try await notes.delete("a", ifRevision: last.revision),
                "a delete with the present revision deletes"
            )
        },
        ConformanceCase("rec.revision.record-gone", ["REC-7"], capability: .transactions) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "a"))
            guard let old = try await notes.getVersioned("a") else {
                return check.fail("the record is there", "it is not")
            }
            try await notes.delete("a")
            await check.expectError(.conflict, from: "an update of a record that is gone") {
                try await notes.update("a", ifRevision: old.revision) { $0.text = "x" }
            }
            await check.expectError(.conflict, from: "an upsert of a record that is gone") {
                try await notes.upsert(Note(id: "a"), ifRevision: old.revision)
            }
            await check.expectError(.conflict, from: "a delete of a record that is gone") {
                try await notes.delete("a", ifRevision: old.revision)
            }
            check.expectEqual(try await notes.count(), 0, "nothing came back")
        },
        ConformanceCase("rec.revision.equal-content", ["REC-7"]) { check in
            let here = try await check.storage(Zoo.self, store: 0)
            let there = try await check.storage(Zoo.self, store: 1)
            var generator = check.generator()
            for index in 0..<10 {
                let id = "z\(index)"
                let record = ZooMaker.record(id, &generator)
                try await here.create(record)
                // Written another way: first something else, then field by field.
                try await there.create(Zoo(id: id))
                try await there.update(id) { ZooMaker.assign(record, &$0) }
                let first = try await here.getVersioned(id)
                let second = try await there.getVersioned(id)
                check.expect(
                    first != nil && first?.revision == second?.revision,
                    "equal content has an equal revision in another store"
                )
                try await here.update(id) { $0.count = 4711 }
                let changed = try await here.getVersioned(id)
                check.expect(changed?.revision != first?.revision, "other content has another revision")
                try await here.update(id) { $0.count = record.count }
                check.expect(
                    try await here.getVersioned(id)?.revision == first?.revision,
                    "content that comes back has its revision back"
                )
            }
        },
        ConformanceCase("rec.revision.fixed-value", ["REC-7"]) { check in
            let accounts = try await check.storage(Account.self)
            let memory = StorageDatabase.memory()
            let model = try memory.storage(Account.self)
            try await model.initialize()
            let records = [
                Account(id: "a"),
                Account(id: "é", balance: -1, email: "\u{1f600}\"\\\n", owner: .init(name: "n", phones: [])),
                Account(id: "b", balance: .max, email: "", owner: .init(name: "\u{7f}/", phones: ["+1", ""])),
            ]
            for record in records {
                try await accounts.create(record)
                try await model.create(record)
                let found = try await accounts.getVersioned(record.id)?.revision
                let expected = try await model.getVersioned(record.id)?.revision
                check.expect(
                    found != nil && found == expected,
                    "a record's revision is the one that it has in every other adapter"
                )
            }
            try await memory.close()
        },
        ConformanceCase("rec.revision.neighbours-differ", ["REC-7", "VAL-1", "VAL-4"]) { check in
            let zoo = try await check.storage(Zoo.self)
            var pairs: [(Zoo, Zoo)] = []
            func pair(_ change: (inout Zoo) -> Void, _ other: (inout Zoo) -> Void) {
                var left = Zoo(id: "same")
                var right = left
                change(&left)
                other(&right)
                pairs.append((left, right))
            }
            pair({ $0.text = HostileValues.composed }, { $0.text = HostileValues.decomposed })
            pair({ $0.ratio = 0.0 }, { $0.ratio = -0.0 })
            pair({ $0.textMaybe = nil }, { $0.textMaybe = "" })
            pair({ $0.tagsMaybe = nil }, { $0.tagsMaybe = [] })
            pair({ $0.big = .max }, { $0.big = .max - 1 })
            pair({ $0.text = "a" }, { $0.label = "a" })
            for (left, right) in pairs {
                try await zoo.upsert(left)
                let first = try await zoo.getVersioned("same")?.revision
                try await zoo.upsert(right)
                let second = try await zoo.getVersioned("same")?.revision
                check.expect(first != second, "records that differ by a hair have different revisions")
            }
        },
        ConformanceCase("rec.revision.in-transaction", ["REC-7", "TXN-1"], capability: .nestedTransactions) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "a", text: "1"))
            let text = try await notes.transaction { notes in
                guard let read = try await notes.getVersioned("a") else { return "gone" }
                try await notes.update("a", ifRevision: read.revision) { $0.text = "2" }
                await check.expectError(.conflict, from: "an old revision inside a transaction") {
                    try await notes.update("a", ifRevision: read.revision) { $0.text = "3" }
                }
                try await notes.update("a") { $0.tag = "after" }
                return try await notes.get("a")?.text ?? "gone"
            }
            check.expectSame(text, "2", "the transaction goes on after a revision that differs")
            check.expectSame(try await notes.get("a"), Note(id: "a", text: "2", tag: "after"), "the rest is committed")
        },
    ]
}
