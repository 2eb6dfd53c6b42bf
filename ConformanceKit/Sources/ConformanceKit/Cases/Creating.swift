internal import FoundationEssentials
internal import Stowage

// REC-1, REC-2, REC-4, REC-5: one record by its id.
extension ConformanceCases {
    static let creating: [ConformanceCase] = [
        ConformanceCase("rec.create.refuses-existing-id", ["REC-1"]) { check in
            let notes = try await check.storage(Note.self)
            let first = Note(id: "a", text: "first", tag: "t")
            try await notes.create(first)
            let error = await check.expectError(.alreadyExists, from: "create on an id that exists") {
                try await notes.create(Note(id: "a", text: "second"))
            }
            check.expect(error?.recordID == "a", "the error names the record", rule: "LIF-3")
            check.expectSame(try await notes.get("a"), first, "the stored record is unchanged")
            check.expectEqual(try await notes.count(), 1, "there is one record")
        },
        ConformanceCase("rec.create.again-after-delete", ["REC-1"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "a", text: "first", tag: "t"))
            try await notes.delete("a")
            try await notes.create(Note(id: "a", text: "second"))
            check.expectSame(
                try await notes.get("a"),
                Note(id: "a", text: "second"),
                "nothing of the old record is left"
            )
        },
        ConformanceCase("rec.absent.get", ["REC-2"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "a"))
            check.expectSame(try await notes.get("b"), nil, "get of an absent record is nil")
            check.expect(try await notes.getVersioned("b") == nil, "a versioned read of an absent record is nil")
            check.expect(try await !notes.exists("b"), "an absent record does not exist")
            check.expect(try await notes.exists("a"), "a stored record exists")
            check.expectSame(try await notes.get(["b", "c"]), [], "get of absent ids is empty")
        },
        ConformanceCase("rec.absent.update", ["REC-2"]) { check in
            let notes = try await check.storage(Note.self)
            check.expectSame(try await notes.update("a") { $0.text = "x" }, nil, "update of an absent record is nil")
            check.expectEqual(try await notes.count(), 0, "update of an absent record creates nothing")
        },
        ConformanceCase("rec.absent.delete", ["REC-2"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "a"))
            check.expect(try await !notes.delete("b"), "delete of an absent record is false")
            check.expect(try await notes.delete("a"), "delete of a stored record is true")
            check.expect(try await !notes.delete("a"), "the second delete is false")
            check.expectEqual(try await notes.count(), 0, "the record is gone")
        },
        ConformanceCase("rec.get.many", ["REC-2"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.createMany((0..<300).map { Note(id: "n\($0)", text: "\($0)") })
            let found = try await notes.get(["n7", "x", "n299", "n7", "n0"])
            check.expectSame(found.map(\.id), ["n7", "n299", "n0"], "get of many ids keeps their order, each once")
            // More than the parameters that any engine takes in one statement.
            let all = try await notes.get((0..<70_000).reversed().map { "n\($0)" })
            check.expectEqual(all.count, 300, "get of 70,000 ids finds those that exist")
            check.expectSame(try await notes.get([String]()), [], "get of no ids is empty")
        },
        ConformanceCase("rec.create.returns-what-get-returns", ["REC-4", "VAL-5"]) { check in
            let zoo = try await check.storage(Zoo.self)
            var generator = check.generator()
            for index in 0..<20 {
                var record = ZooMaker.record("z\(index)", &generator)
                // Between two microseconds: what is stored is not what was given.
                record.date = Date(timeIntervalSince1970: 1_700_000_000.123_456_7 + Double(index))
                let created = try await zoo.create(record)
                check.expectSame(try await zoo.get(record.id), created, "create returns what get returns")
            }
        },
        ConformanceCase("rec.update.returns-what-get-returns", ["REC-4", "REC-3"]) { check in
            let zoo = try await check.storage(Zoo.self)
            var generator = check.generator()
            for index in 0..<20 {
                let id = "z\(index)"
                try await zoo.create(ZooMaker.record(id, &generator))
                let other = ZooMaker.record(id, &generator)
                let updated = try await zoo.update(id) {
                    $0.date = Date(timeIntervalSince1970: 1_700_000_000.765_432_1)
                    $0.ratio = other.ratio
                    $0.spotMaybe = other.spotMaybe
                    $0.amount = other.amount
                    $0.textMaybe = other.textMaybe
                    $0.moodMaybe = other.moodMaybe
                }
                check.expectSame(try await zoo.get(id), updated, "update returns what get returns")
            }
        },
        ConformanceCase("rec.upsert.inserts-and-replaces", ["REC-5", "REC-4"]) { check in
            let zoo = try await check.storage(Zoo.self)
            var generator = check.generator()
            for index in 0..<10 {
                let id = "z\(index)"
                let first = try await zoo.upsert(ZooMaker.record(id, &generator))
                check.expectSame(try await zoo.get(id), first, "upsert of an absent record inserts it")
                let second = try await zoo.upsert(ZooMaker.record(id, &generator))
                check.expectSame(try await zoo.get(id), second, "upsert of a stored record replaces it whole")
            }
            check.expectEqual(try await zoo.count(), 10, "upsert adds no second record")
        },
        ConformanceCase("rec.upsert.many-at-once", ["REC-5", "TXN-1"], level: .stochastic) { check in
            let notes = try await check.storage(Note.self)
            for round in 0..<3 {
                // None of them may fail because another came between its look and its write.
                try await together(8) { index in try await notes.upsert(Note(id: "r\(round)", text: "\(index)")) }
            }
            check.expectSame(
                try await notes.fetch().map(\.id),
                ["r0", "r1", "r2"],
                "eight upserts of one id at once make one record"
            )
        },
        ConformanceCase("rec.create-if-absent.says-which", ["REC-5"]) { check in
            let notes = try await check.storage(Note.self)
            check.expect(try await notes.createIfAbsent(Note(id: "a", text: "1")), "an absent record is created")
            check.expect(try await !notes.createIfAbsent(Note(id: "a", text: "2")), "a stored record is not")
            check.expectSame(try await notes.get("a")?.text, "1", "the stored record is unchanged")
        },
        ConformanceCase("rec.create-if-absent.one-of-many-wins", ["REC-5", "TXN-1"], level: .stochastic) { check in
            let notes = try await check.storage(Note.self)
            let wins = Tally<Int>()
            try await together(8) { index in
                if try await notes.createIfAbsent(Note(id: "a", text: "\(index)")) { wins.add(index) }
            }
            check.expectEqual(wins.all.count, 1, "exactly one of eight concurrent calls creates the record")
            let stored = try await notes.get("a")?.text
            check.expectSame(stored, wins.all.first.map { "\($0)" }, "the one that says so is stored")
        },
        ConformanceCase("rec.create-if-absent.unique-value", ["REC-5", "REC-8"]) { check in
            let accounts = try await check.storage(Account.self)
            try await accounts.create(Account(id: "a", email: "e"))
            await check.expectError(.constraint, from: "createIfAbsent with a unique value that is taken") {
                try await accounts.createIfAbsent(Account(id: "b", email: "e"))
            }
            check.expect(try await !accounts.createIfAbsent(Account(id: "a", email: "e")), "a stored id is no error")
        },
        ConformanceCase("rec.ids.all-types", ["REC-1", "REC-2"]) { check in
            let database = try check.database()
            let tickets = try database.storage(Ticket.self)
            let tokens = try database.storage(Token.self)
            let shelves = try database.storage(Shelf.self)
            try await database.initialize()
            for number in [Int64.min, -1, 0, 1, .max] {
                try await tickets.create(Ticket(number: number, title: "\(number)"))
            }
            check.expectSame(try await tickets.get(.min)?.title, "\(Int64.min)", "the smallest whole number is an id")
            check.expectEqual(
                try await tickets.fetch().map(\.number),
                [.min, -1, 0, 1, .max],
                "whole numbers order by value",
                rule: "QRY-3"
            )
            await check.expectError(.alreadyExists, from: "create on a number that exists") {
                try await tickets.create(Ticket(number: -1))
            }
            for id in HostileValues.uuids { try await tokens.create(Token(id: id)) }
            check.expectEqual(
                try await tokens.fetch().map(\.id),
                HostileValues.uuids,
                "UUIDs order by bytes",
                rule: "QRY-2"
            )
            check.expectEqual(
                try await tokens.update(HostileValues.uuids[3]) { $0.uses = 2 }?.uses,
                2,
                "a UUID finds its record"
            )
            try await shelves.create(Shelf(content: "x", house: "a", number: 1))
            try await shelves.create(Shelf(content: "y", house: "a", number: 2))
            try await shelves.create(Shelf(content: "z", house: "a/1", number: 1))
            await check.expectError(.alreadyExists, from: "create on a pair that exists") {
                try await shelves.create(Shelf(content: nil, house: "a", number: 2))
            }
            check.expectSame(
                try await shelves.get(Shelf.ID("a", 2))?.content,
                "y",
                "a key of two parts finds its record"
            )
            check.expect(try await shelves.delete(Shelf.ID("a", 1)), "a key of two parts deletes its record")
            check.expectSame(try await shelves.fetch().map(\.content), ["y", "z"], "only that record is gone")
        },
        ConformanceCase("rec.collections.are-apart", ["REC-1", "REC-2"]) { check in
            let database = try check.database()
            let notes = try database.storage(Note.self)
            let accounts = try database.storage(Account.self)
            try await database.initialize()
            try await notes.create(Note(id: "a"))
            try await accounts.create(Account(id: "a"))
            try await accounts.delete("a")
            check.expectEqual(try await notes.count(), 1, "a record of another collection with the same id stays")
        },
    ]
}
