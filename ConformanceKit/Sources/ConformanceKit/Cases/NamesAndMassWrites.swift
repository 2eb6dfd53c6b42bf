internal import Stowage

// QRY-7: hostile names. QRY-9: writes to all that match.
extension ConformanceCases {
    static let names: [ConformanceCase] = [
        ConformanceCase("qry.names.hostile", ["QRY-7"]) { check in
            let zoo = try await check.storage(Zoo.self)
            var generator = check.generator()
            let record = ZooMaker.full("z", &generator)
            try await zoo.create(record)
            try await zoo.create(Zoo(id: "other"))
            check.expectSame(try await zoo.get("z"), record, "every hostile field keeps its own value")
            let found = try await zoo.fetch(
                .where { $0.label == record.label && $0.countMaybe == record.countMaybe && $0.spotMaybe != nil }.sort(
                    \.ratioMaybe
                )
            )
            check.expectSame(found.map(\.id), ["z"], "hostile names can be asked about and sorted by")
            check.expectEqual(
                try await zoo.updateAll(.where { $0.uuidMaybe != nil }) { $0.tags = ["x"] },
                1,
                "and written"
            )
            check.expectEqual(
                try await zoo.deleteAll(.where { $0.timeMaybe == nil && $0.dateMaybe == nil }),
                1,
                "and deleted by"
            )
            check.expectSame(try await zoo.fetch().map(\.id), ["z"], "the right record stays")
        },
        ConformanceCase("qry.names.schema-refused", ["QRY-7", "SCH-3"]) { check in
            func refuses(_ collection: String, _ fields: [Field<LooseItem>], _ what: String) async {
                await check.expectError(.configuration, from: "a schema with \(what)") {
                    try RecordSchema<LooseItem>(collection: collection, fields: fields)
                }
            }
            let id = Field<LooseItem>("id", \.id).identifier()
            for (name, what) in [
                ("", "an empty name"), (String(repeating: "é", count: 32), "a name of 64 bytes"),
                ("a\0b", "U+0000 in a name"),
                ("_stowage_x", "a reserved name"), ("_STOWAGE", "a reserved name in capitals"),
            ] {
                await refuses(name, [id, Field("size", \.size)], "\(what) for its collection")
                await refuses("items", [id, Field(name, \.size)], "\(what) for a field")
            }
            for name in ["xmin", "CTID", "tableoid", "cmax"] {
                await refuses("items", [id, Field(name, \.size)], "the system column \(name)")
            }
            await refuses("items", [id, Field("ID", \.size)], "names that differ only in case")
            await refuses("items", [id, Field("id", \.size)], "one name twice")
            await refuses("items", [Field("id", \.id), Field("size", \.size)], "no identifier")
            let kept = try RecordSchema<LooseItem>(
                collection: String(repeating: "n", count: 63),
                fields: [id, Field(String(repeating: "f", count: 63), \.size)]
            )
            check.expectEqual(kept.collection.name.utf8.count, 63, "63 bytes are not refused")
        },
    ]

    static let massWrites: [ConformanceCase] = [
        ConformanceCase("qry.update-all.counts", ["QRY-9"]) { check in
            let accounts = try await check.storage(Account.self)
            try await accounts.createMany(
                (0..<20).map { Account(id: "a\($0)", balance: $0, email: $0 % 2 == 0 ? nil : "e\($0)") }
            )
            check.expectEqual(
                try await accounts.updateAll(.where { $0.email == nil }) { $0.balance = -5 },
                10,
                "how many were changed"
            )
            check.expectEqual(try await accounts.count(.where { $0.balance == -5 }), 10, "so many are changed")
            check.expectEqual(
                try await accounts.updateAll(.where { $0.balance == -5 }) { $0.balance = -5 },
                10,
                "what matches counts"
            )
            check.expectEqual(
                try await accounts.updateAll(.where { $0.balance > 99 }) { $0.balance = 0 },
                0,
                "none is none"
            )
            check.expectEqual(try await accounts.deleteAll(.where { $0.balance == -5 }), 10, "how many were deleted")
            check.expectEqual(try await accounts.deleteAll(.all), 10, "deleteAll of everything")
            check.expectEqual(try await accounts.count(), 0, "nothing is left")
        },
        ConformanceCase("qry.update-all.field-it-reads", ["QRY-9"]) { check in
            let accounts = try await check.storage(Account.self)
            try await accounts.createMany((0..<200).map { Account(id: "a\($0)", balance: $0) })
            check.expectEqual(
                try await accounts.updateAll(.where { $0.balance < 100 }) { $0.balance = 50 },
                100,
                "each record is changed once"
            )
            check.expectEqual(
                try await accounts.updateAll(.where { $0.balance == 50 }) { $0.balance = 1_000 },
                100,
                "a record that leaves the condition by the change counts once"
            )
            check.expectEqual(try await accounts.count(.where { $0.balance == 1_000 }), 100, "all are changed")
        },
        ConformanceCase("qry.update-all.nil-and-nested", ["QRY-9", "REC-3"]) { check in
            let accounts = try await check.storage(Account.self)
            try await accounts.createMany(
                (0..<6).map { Account(id: "a\($0)", balance: $0 % 2, email: "e\($0)", owner: .init(name: "o\($0)")) }
            )
            try await accounts.updateAll(.where { $0.balance == 1 }) {
                $0.email = nil
                $0.owner = Account.Owner(name: "new", phones: ["1"])
            }
            check.expectSame(
                try await accounts.fetch().map { $0.owner.name },
                ["o0", "new", "o2", "new", "o4", "new"],
                "nested values are replaced"
            )
            check.expectSame(
                try await accounts.fetch().map(\.email),
                ["e0", nil, "e2", nil, "e4", nil],
                "fields are cleared where it matches only"
            )
        },
        ConformanceCase("qry.update-all.refuses-limits", ["QRY-9", "QRY-4"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.createMany([Note(id: "a"), Note(id: "b")])
            await check.expectError(.invalidArgument, from: "updateAll with a limit") {
                try await notes.updateAll(.limit(1)) { $0.text = "x" }
            }
            await check.expectError(.invalidArgument, from: "deleteAll with a limit") {
                try await notes.deleteAll(.limit(1))
            }
            await check.expectError(.invalidArgument, from: "deleteAll with an offset") {
                try await notes.deleteAll(.all.offset(1))
            }
            check.expectSame(
                try await notes.fetch(),
                [Note(id: "a"), Note(id: "b")],
                "what was refused changed nothing"
            )
        },
        ConformanceCase("qry.update-all.all-or-nothing", ["QRY-9", "REC-8"]) { check in
            let accounts = try await check.storage(Account.self)
            try await accounts.createMany((0..<5).map { Account(id: "a\($0)", balance: 1, email: "e\($0)") })
            await check.expectError(.constraint, from: "updateAll to one unique value") {
                try await accounts.updateAll(.where { $0.balance == 1 }) {
                    $0.email = "same"
                    $0.balance = 2
                }
            }
            check.expectEqual(
                try await accounts.count(.where { $0.balance == 1 }),
                5,
                "no record is changed when one cannot be"
            )
        },
    ]
}
