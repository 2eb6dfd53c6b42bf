internal import Stowage

// REC-3: what an update changes, and what it leaves alone.
extension ConformanceCases {
    static let updating: [ConformanceCase] = [
        ConformanceCase("rec.update.changes-named-fields-only", ["REC-3"]) { check in
            let zoo = try await check.storage(Zoo.self)
            var generator = check.generator()
            let before = try await zoo.create(ZooMaker.full("z", &generator))
            let after = try await zoo.update("z") { $0.count = 77 }
            var expected = before
            expected.count = 77
            check.expectSame(after, expected, "only the named field changes")
            check.expectSame(try await zoo.get("z"), expected, "only the named field changes in the store")
        },
        ConformanceCase("rec.update.nil-clears", ["REC-3", "VAL-7"]) { check in
            let zoo = try await check.storage(Zoo.self)
            var generator = check.generator()
            var expected = try await zoo.create(ZooMaker.full("z", &generator))
            try await zoo.update("z") {
                $0.flagMaybe = nil
                $0.countMaybe = nil
                $0.bigMaybe = nil
                $0.ratioMaybe = nil
                $0.singleMaybe = nil
                $0.textMaybe = nil
                $0.bytesMaybe = nil
                $0.uuidMaybe = nil
                $0.dateMaybe = nil
                $0.timeMaybe = nil
                $0.amountMaybe = nil
                $0.moodMaybe = nil
                $0.rankMaybe = nil
                $0.spotMaybe = nil
                $0.tagsMaybe = nil
                $0.scoresMaybe = nil
            }
            ZooMaker.clearOptionals(&expected)
            check.expectSame(
                try await zoo.get("z"),
                expected,
                "every optional field set to nil is cleared, no other changes"
            )
        },
        ConformanceCase("rec.update.sets-every-field", ["REC-3", "VAL-6"]) { check in
            let zoo = try await check.storage(Zoo.self)
            var generator = check.generator()
            try await zoo.create(Zoo(id: "z"))
            let new = ZooMaker.full("z", &generator)
            let updated = try await zoo.update("z") { ZooMaker.assign(new, &$0) }
            check.expectSame(updated, new, "every field of every type can be set")
            check.expectSame(try await zoo.get("z"), new, "every field of every type is stored")
        },
        ConformanceCase("rec.update.nested-replaced-whole", ["REC-3"]) { check in
            let accounts = try await check.storage(Account.self)
            try await accounts.create(Account(id: "a", owner: .init(name: "n", phones: ["1", "2"])))
            try await accounts.update("a") { $0.owner = Account.Owner(name: "m", phones: nil) }
            check.expectSame(
                try await accounts.get("a")?.owner,
                Account.Owner(name: "m", phones: nil),
                "a nested value is replaced, not merged"
            )
        },
        ConformanceCase("rec.update.id-cannot-change", ["REC-3"]) { check in
            let database = try check.database()
            let notes = try database.storage(Note.self)
            let shelves = try database.storage(Shelf.self)
            try await database.initialize()
            try await notes.create(Note(id: "a", text: "x"))
            await check.expectError(.invalidArgument, from: "an update of the id") {
                try await notes.update("a") {
                    $0.id = "b"
                    $0.text = "y"
                }
            }
            await check.expectError(.invalidArgument, from: "an update of the id to the same id") {
                try await notes.update("a") { $0.id = "a" }
            }
            await check.expectError(.invalidArgument, from: "updateAll of the id") {
                try await notes.updateAll(.all) { $0.id = "b" }
            }
            check.expectSame(try await notes.fetch(), [Note(id: "a", text: "x")], "a refused update changes nothing")
            try await shelves.create(Shelf(content: nil, house: "h", number: 1))
            await check.expectError(.invalidArgument, from: "an update of one part of the id") {
                try await shelves.update(Shelf.ID("h", 1)) { $0.number = 2 }
            }
        },
        ConformanceCase("rec.update.nothing-named", ["REC-3"]) { check in
            let notes = try await check.storage(Note.self)
            let note = try await notes.create(Note(id: "a", text: "x", tag: "t"))
            check.expectSame(try await notes.update("a") { _ in }, note, "an update of no field returns the record")
            check.expectSame(
                try await notes.update("b") { _ in },
                nil,
                "an update of no field of an absent record is nil"
            )
            check.expectEqual(try await notes.updateAll(.all) { _ in }, 1, "updateAll of no field counts what matches")
        },
        ConformanceCase("rec.update.last-assignment-counts", ["REC-3"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "a"))
            let updated = try await notes.update("a") {
                $0.text = "one"
                $0.tag = "t"
                $0.text = "two"
                $0.tag = nil
            }
            check.expectSame(updated, Note(id: "a", text: "two"), "the last of two assignments of a field counts")
        },
        ConformanceCase("rec.update.unique-value", ["REC-8", "REC-3"]) { check in
            let accounts = try await check.storage(Account.self)
            try await accounts.createMany([Account(id: "a", email: "1"), Account(id: "b", email: "2")])
            let error = await check.expectError(.constraint, from: "an update to a unique value that is taken") {
                try await accounts.update("b") {
                    $0.email = "1"
                    $0.balance = 5
                }
            }
            check.expectEqual(error?.field, "email", "the error names the field")
            check.expectSame(try await accounts.get("b"), Account(id: "b", email: "2"), "nothing of it is applied")
            let own = try await accounts.update("b") { $0.email = "2" }
            check.expectSame(own, Account(id: "b", email: "2"), "a record does not stand in its own way")
        },
        ConformanceCase("rec.unique.everywhere", ["REC-8"]) { check in
            let accounts = try await check.storage(Account.self)
            try await accounts.create(Account(id: "a", email: "e"))
            let created = await check.expectError(.constraint, from: "create with a unique value that is taken") {
                try await accounts.create(Account(id: "b", email: "e"))
            }
            check.expectEqual(created?.field, "email", "the error of create names the field")
            let upserted = await check.expectError(.constraint, from: "upsert with a unique value that is taken") {
                try await accounts.upsert(Account(id: "b", email: "e"))
            }
            check.expectEqual(upserted?.field, "email", "the error of upsert names the field")
            await check.expectError(.constraint, from: "updateAll to one unique value") {
                try await accounts.create(Account(id: "c", email: "f"))
                return try await accounts.updateAll(.all) { $0.email = "g" }
            }
            check.expectSame(try await accounts.fetch().map(\.email), ["e", "f"], "what was refused changed nothing")
            try await accounts.delete("a")
            try await accounts.create(Account(id: "b", email: "e"))
            check.expect(try await accounts.exists("b"), "a unique value is free again after its record is deleted")
        },
        ConformanceCase("rec.unique.nil-is-not-equal", ["REC-8"]) { check in
            let accounts = try await check.storage(Account.self)
            try await accounts.createMany([Account(id: "a"), Account(id: "b"), Account(id: "c", email: "")])
            await check.expectError(.constraint, from: "a second empty text in a unique field") {
                try await accounts.create(Account(id: "d", email: ""))
            }
            check.expectEqual(try await accounts.updateAll(.all) { $0.email = nil }, 3, "many records may hold nil")
        },
        ConformanceCase("rec.unique.by-bytes", ["REC-8", "VAL-1"]) { check in
            let accounts = try await check.storage(Account.self)
            try await accounts.create(Account(id: "a", email: HostileValues.composed))
            try await accounts.create(Account(id: "b", email: HostileValues.decomposed))
            try await accounts.create(Account(id: "c", email: "X"))
            try await accounts.create(Account(id: "d", email: "x"))
            try await accounts.create(Account(id: "e", email: "x "))
            check.expectEqual(try await accounts.count(), 5, "unique text is compared by its bytes")
        },
    ]
}
