internal import FoundationEssentials
internal import Stowage

// VAL-6, VAL-7: the other types, and the many ways of nothing.
extension ConformanceCases {
    static let otherValues: [ConformanceCase] = [
        ConformanceCase("val.all.round-trip", ["VAL-6"]) { check in
            let zoo = try await check.storage(Zoo.self)
            var generator = check.generator()
            let records = (0..<60).map { ZooMaker.record("z\($0)", &generator) }
            try await zoo.createMany(records)
            for record in records {
                check.expectSame(try await zoo.get(record.id), record, "every type comes back as it was written")
            }
            check.expectSame(
                try await zoo.fetch(),
                records.sorted { TextOrder.compare($0.id, $1.id) == .ascending },
                "every type comes back from a query"
            )
        },
        ConformanceCase("val.bool.false-is-not-nil", ["VAL-6", "VAL-7"]) { check in
            let zoo = try await check.storage(Zoo.self)
            try await zoo.createMany([Zoo(id: "t", flagMaybe: true), Zoo(id: "f", flagMaybe: false), Zoo(id: "n")])
            check.expectEqual(try await zoo.get("f")?.flagMaybe, .some(false), "false is not nil")
            check.expectEqual(try await zoo.get("n")?.flagMaybe, .none, "nil is not false")
            check.expectEqual(
                try await zoo.fetch(.where { $0.flagMaybe == false }).map(\.id),
                ["f"],
                "a query for false"
            )
            check.expectEqual(
                try await zoo.fetch(.where { $0.flagMaybe != true }).map(\.id),
                ["f", "n"],
                "a query for not true"
            )
            check.expectEqual(try await zoo.fetch(.where { $0.flagMaybe == nil }).map(\.id), ["n"], "a query for nil")
            check.expectEqual(
                try await zoo.fetch(.sort(\.flagMaybe)).map(\.id),
                ["f", "t", "n"],
                "false before true, nil last",
                rule: "QRY-2"
            )
        },
        ConformanceCase("val.data.round-trips", ["VAL-6"]) { check in
            let zoo = try await check.storage(Zoo.self)
            var generator = check.generator()
            let large = Data((0..<100_000).map { _ in UInt8.random(in: 0...255, using: &generator) })
            let blobs = HostileValues.blobs + [large]
            for (index, blob) in blobs.enumerated() {
                try await zoo.create(Zoo(id: "z\(index + 100)", bytes: blob, bytesMaybe: blob))
            }
            let found = try await zoo.fetch()
            check.expectEqual(found.map(\.bytes), blobs, "bytes come back")
            check.expectEqual(found.map(\.bytesMaybe), blobs, "bytes come back from an optional field")
            let ordered = try await zoo.fetch(.sort(\.bytes)).map(\.bytes)
            check.expectEqual(
                ordered,
                blobs.sorted { TextOrder.compare(bytes: $0, $1) == .ascending },
                "bytes order by bytes",
                rule: "QRY-2"
            )
            check.expectEqual(try await zoo.count(.where { $0.bytes == Data([0]) }), 1, "bytes are found by a query")
        },
        ConformanceCase("val.enum.round-trips", ["VAL-6"]) { check in
            let zoo = try await check.storage(Zoo.self)
            for (index, mood) in Zoo.Mood.allCases.enumerated() {
                try await zoo.create(Zoo(id: "m\(index)", mood: mood, moodMaybe: mood))
            }
            for (index, rank) in Zoo.Rank.allCases.enumerated() {
                try await zoo.create(Zoo(id: "r\(index)", mood: .wild, rank: rank, rankMaybe: rank))
            }
            check.expectEqual(
                try await zoo.get("m2")?.moodMaybe,
                .some(.blank),
                "an empty raw value is a case, not nil"
            )
            check.expectEqual(
                try await zoo.fetch(.where { $0.moodMaybe == .wild }).map(\.id),
                ["m1"],
                "a query for a case"
            )
            check.expectEqual(
                try await zoo.fetch(.where { $0.rankMaybe < .high }).map(\.id),
                ["r0", "r1"],
                "a query for a range"
            )
            check.expectEqual(
                try await zoo.fetch(.where { $0.rankMaybe.in([.high, .low]) }).map(\.id),
                ["r0", "r2"],
                "a list"
            )
        },
        ConformanceCase("val.enum.unknown-raw-value", ["VAL-6"]) { check in
            let database = try check.database()
            let new = try database.storage(NewPart.self)
            let old = try database.storage(OldPart.self)
            try await database.initialize()
            try await new.createMany([NewPart(id: "a", status: "used"), NewPart(id: "b", status: "lost")])
            check.expectEqual(try await old.get("a")?.status, .used, "a known raw value is read")
            let error = await check.expectError(.corrupt, from: "reading an unknown raw value") {
                try await old.get("b")
            }
            check.expectEqual(error?.recordID, "b", "the error names the record")
            check.expectEqual(error?.field, "status", "the error names the field")
            await check.expectError(.corrupt, from: "a query that meets an unknown raw value") { try await old.fetch() }
            check.expectEqual(try await old.count(), 2, "records that are not read are counted")
        },
        ConformanceCase("val.nested.round-trips", ["VAL-6", "VAL-7"]) { check in
            let accounts = try await check.storage(Account.self)
            let owners: [Account.Owner] = [
                .init(), .init(name: "", phones: []),
                .init(name: "\"\\/\u{8}\u{c}\n\r\t\u{7f}\u{2028}", phones: ["", "null", "é"]),
                .init(name: String(repeating: "{[\"", count: 1000), phones: nil),
            ]
            for (index, owner) in owners.enumerated() {
                try await accounts.create(Account(id: "a\(index)", owner: owner))
            }
            check.expectSame(try await accounts.fetch().map(\.owner), owners, "nested values come back as they were")
            let zoo = try check.reopen(store: 1).storage(Zoo.self)
            try await zoo.initialize()
            let spots = [Int64.min, -9_007_199_254_740_993, 0, 9_007_199_254_740_993, .max, nil].map { number in
                Zoo.Spot(x: -0.0, y: number, name: "1.0", inner: [.init(deep: ["a": nil, "b": false, "": true])])
            }
            try await zoo.createMany(spots.enumerated().map { Zoo(id: "z\($0)", spot: $1, spotMaybe: $1) })
            check.expectSame(
                try await zoo.fetch().map(\.spot),
                spots,
                "whole numbers, null members and the sign of zero are exact inside nested values"
            )
        },
    ]

    static let absences: [ConformanceCase] = [
        ConformanceCase("val.nothing.keeps-its-meaning", ["VAL-7"]) { check in
            let zoo = try await check.storage(Zoo.self)
            let records = [
                Zoo(
                    id: "empty",
                    ratioMaybe: 0,
                    textMaybe: "",
                    bytesMaybe: Data(),
                    spotMaybe: .init(),
                    tagsMaybe: [],
                    scoresMaybe: [:]
                ),
                Zoo(id: "nil"),
                Zoo(id: "zero", countMaybe: 0, textMaybe: "0", tagsMaybe: [""]),
            ]
            try await zoo.createMany(records)
            check.expectSame(try await zoo.fetch(), records, "nil, empty and zero stay what they are")
            check.expectEqual(
                try await zoo.fetch(.where { $0.textMaybe == nil }).map(\.id),
                ["nil"],
                "nil text is not empty text"
            )
            check.expectEqual(
                try await zoo.fetch(.where { $0.textMaybe == "" }).map(\.id),
                ["empty"],
                "empty text is not nil"
            )
            check.expectEqual(
                try await zoo.fetch(.where { $0.tagsMaybe == nil }).map(\.id),
                ["nil"],
                "an empty list is not nil",
                rule: "QRY-2"
            )
            check.expectEqual(
                try await zoo.fetch(.where { $0.spotMaybe != nil }).map(\.id),
                ["empty"],
                "nested values are tested for nil",
                rule: "QRY-2"
            )
            check.expectEqual(try await zoo.fetch(.where { $0.countMaybe == 0 }).map(\.id), ["zero"], "zero is not nil")
            try await zoo.update("empty") { $0.textMaybe = nil }
            check.expectEqual(
                try await zoo.count(.where { $0.textMaybe == nil }),
                2,
                "a cleared field is nil in queries"
            )
        },
        ConformanceCase("val.nothing.required-missing", ["VAL-7", "SCH-3"]) { check in
            let loose = try await check.storage(LooseItem.self)
            try await loose.createMany([LooseItem(id: "a", size: 1), LooseItem(id: "b")])
            try await loose.close()
            let strict = try check.reopen().storage(StrictItem.self)
            // A store that keeps its columns' nullability may refuse the schema; others refuse the record.
            let error = await check.expectError(
                .corrupt,
                .schemaMismatch,
                from: "reading a record without a required field"
            ) {
                try await strict.initialize()
                return try await strict.fetch()
            }
            check.expectEqual(error?.field, "size", "the error names the field")
            if error?.code == .corrupt { check.expectEqual(error?.recordID, "b", "the error names the record") }
            let again = try check.reopen().storage(LooseItem.self)
            try await again.initialize()
            check.expectEqual(try await again.count(), 2, "nothing is lost")
        },
    ]
}
