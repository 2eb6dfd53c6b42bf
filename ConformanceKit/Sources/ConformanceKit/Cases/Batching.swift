internal import Stowage

// REC-6: many records at once.
extension ConformanceCases {
    static let batching: [ConformanceCase] = [
        ConformanceCase("rec.batch.all-or-nothing", ["REC-6"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "taken", text: "old"))
            let batch = (0..<50).map { Note(id: $0 == 30 ? "taken" : "n\($0)", text: "new") }
            let error = await check.expectError(.alreadyExists, from: "a batch with an id that exists") {
                try await notes.createMany(batch)
            }
            check.expectEqual(error?.batchIndex, 30, "the error names the index of the record")
            check.expectEqual(error?.recordID, "taken", "the error names the id of the record")
            check.expectSame(
                try await notes.fetch(),
                [Note(id: "taken", text: "old")],
                "nothing of the batch is stored"
            )
        },
        ConformanceCase("rec.batch.first-failure-is-named", ["REC-6", "REC-8"]) { check in
            let accounts = try await check.storage(Account.self)
            try await accounts.create(Account(id: "x", email: "taken"))
            let error = await check.expectError(.constraint, from: "a batch with two faults, the unique value first") {
                try await accounts.createMany([
                    Account(id: "a"), Account(id: "b", email: "taken"), Account(id: "c"), Account(id: "x"),
                ])
            }
            check.expectEqual(error?.batchIndex, 1, "the first record that failed is named")
            check.expectEqual(error?.recordID, "b", "its id is named")
            check.expectEqual(error?.field, "email", "the field is named")
            check.expectEqual(try await accounts.count(), 1, "nothing of the batch is stored")
        },
        ConformanceCase("rec.batch.duplicate-within", ["REC-6"]) { check in
            let accounts = try await check.storage(Account.self)
            let error = await check.expectError(.alreadyExists, from: "a batch with one id twice") {
                try await accounts.createMany([Account(id: "a"), Account(id: "b"), Account(id: "a")])
            }
            check.expectEqual(error?.batchIndex, 2, "the second of the two is named")
            let unique = await check.expectError(.constraint, from: "a batch with one unique value twice") {
                try await accounts.createMany([Account(id: "a", email: "e"), Account(id: "b", email: "e")])
            }
            check.expectEqual(unique?.batchIndex, 1, "the second of the two is named", rule: "REC-8")
            check.expectEqual(try await accounts.count(), 0, "nothing of the batches is stored")
        },
        ConformanceCase("rec.batch.invalid-value", ["REC-6", "VAL-2"]) { check in
            let notes = try await check.storage(Note.self)
            let error = await check.expectError(.invalidValue, from: "a batch with U+0000") {
                try await notes.createMany([Note(id: "a"), Note(id: "b", text: "x\0y")])
            }
            check.expectEqual(error?.batchIndex, 1, "the error names the index")
            check.expectEqual(error?.recordID, "b", "the error names the id")
            check.expectEqual(error?.field, "text", "the error names the field")
            check.expectEqual(try await notes.count(), 0, "nothing of the batch is stored")
        },
        ConformanceCase("rec.batch.empty", ["REC-6"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "a", text: "x"))
            try await notes.createMany([])
            check.expectSame(try await notes.fetch(), [Note(id: "a", text: "x")], "an empty batch touches nothing")
        },
        ConformanceCase("rec.batch.large", ["REC-6"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.createMany(
                (0..<3_000).map { Note(id: "n\($0)", text: "text \($0)", tag: $0 % 3 == 0 ? nil : "t") }
            )
            check.expectEqual(try await notes.count(), 3_000, "a batch of 3,000 records is stored whole")
            check.expectSame(try await notes.get("n2999")?.text, "text 2999", "its last record is there")
        },
    ]
}
