internal import FoundationEssentials
internal import Stowage

// QRY-2, QRY-3: order.
extension ConformanceCases {
    static let ordering: [ConformanceCase] = [
        ConformanceCase("qry.order.by-id", ["QRY-3"]) { check in
            let notes = try await check.storage(Note.self)
            let ids = ["b", "a", "B", "é", "e\u{301}", "10", "9", "", "a b", "aa", "😀", "\u{ffff}", "z"]
            for id in ids { try await notes.create(Note(id: id)) }
            let sorted = ids.sorted { TextOrder.compare($0, $1) == .ascending }
            check.expectSame(try await notes.fetch().map(\.id), sorted, "without a sort the order is by id, by bytes")
            check.expectSame(
                try await notes.fetch(.sort(\.id, .descending)).map(\.id),
                sorted.reversed(),
                "by id, descending"
            )
            try await notes.update("aa") { $0.text = "changed" }
            check.expectSame(try await notes.fetch().map(\.id), sorted, "a change does not move a record")
        },
        ConformanceCase("qry.order.ties-by-id", ["QRY-3"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.createMany(
                ["d", "b", "a", "c"].map { Note(id: $0, text: "same", tag: $0 < "c" ? "x" : nil) }
            )
            check.expectEqual(
                try await notes.fetch(.sort(\.text)).map(\.id),
                ["a", "b", "c", "d"],
                "ties by id, ascending"
            )
            check.expectEqual(
                try await notes.fetch(.sort(\.text, .descending)).map(\.id),
                ["d", "c", "b", "a"],
                "ties by id in the direction of the sort key"
            )
            check.expectEqual(
                try await notes.fetch(.sort(\.tag).sort(\.text, .descending)).map(\.id),
                ["b", "a", "d", "c"],
                "ties by id in the direction of the last sort key"
            )
            check.expectEqual(
                try await notes.fetch(.sort(\.tag, .descending).sort(\.text)).map(\.id),
                ["c", "d", "a", "b"],
                "whatever the first sort key's direction"
            )
            check.expectEqual(
                try await notes.fetch(.sort(\.text).sort(\.id, .descending)).map(\.id),
                ["d", "c", "b", "a"],
                "an id as a key counts"
            )
        },
        ConformanceCase("qry.order.nil-placement", ["QRY-2"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.createMany([Note(id: "a", tag: "m"), Note(id: "b"), Note(id: "c", tag: ""), Note(id: "d")])
            check.expectEqual(
                try await notes.fetch(.sort(\.tag)).map(\.id),
                ["c", "a", "b", "d"],
                "nil last ascending"
            )
            check.expectEqual(
                try await notes.fetch(.sort(\.tag, .descending)).map(\.id),
                ["d", "b", "a", "c"],
                "nil first descending"
            )
            check.expectEqual(
                try await notes.fetch(.sort(\.tag, nils: .first)).map(\.id),
                ["b", "d", "c", "a"],
                "nil first when asked for"
            )
            check.expectEqual(
                try await notes.fetch(.sort(\.tag, .descending, nils: .last)).map(\.id),
                ["a", "c", "d", "b"],
                "nil last when asked for"
            )
        },
        ConformanceCase("qry.order.exact-reverse", ["QRY-3", "QRY-2"]) { check in
            let zoo = try await check.storage(Zoo.self)
            var generator = check.generator()
            try await zoo.createMany((0..<80).map { ZooMaker.record("z\($0)", &generator) })
            let fields: [(String, any PartialKeyPath<Zoo> & Sendable)] = [
                ("Bool", \.flagMaybe), ("Int", \.countMaybe), ("Int64", \.bigMaybe), ("Double", \.ratioMaybe),
                ("Float", \.singleMaybe),
                ("String", \.textMaybe), ("Data", \.bytesMaybe), ("UUID", \.uuidMaybe), ("Date", \.dateMaybe),
                ("Timestamp", \.timeMaybe), ("Decimal", \.amountMaybe), ("enum of String", \.moodMaybe),
                ("enum of Int", \.rankMaybe),
                ("required String", \.text), ("required Double", \.ratio), ("required Bool", \.flag),
            ]
            for (type, field) in fields {
                let up = try await zoo.fetch(.sort(field)).map(\.id)
                let down = try await zoo.fetch(.sort(field, .descending)).map(\.id)
                check.expectEqual(down, up.reversed(), "descending is the exact reverse of ascending by \(type)")
                check.expectEqual(up.count, 80, "a sort by \(type) loses no record")
            }
        },
        ConformanceCase("qry.order.hostile-text", ["QRY-2", "VAL-1"]) { check in
            let zoo = try await check.storage(Zoo.self)
            let texts = HostileValues.texts
            try await zoo.createMany(
                texts.enumerated().map { Zoo(id: "z\($0.offset)", text: $0.element, label: $0.element) }
            )
            let sorted = texts.sorted { TextOrder.compare($0, $1) == .ascending }
            check.expectSame(
                try await zoo.fetch(.sort(\.text)).map(\.text),
                sorted,
                "text orders by bytes, not by a locale"
            )
            check.expectSame(try await zoo.fetch(.sort(\.label)).map(\.label), sorted, "indexed text orders by bytes")
            check.expectSame(
                try await zoo.fetch(.sort(\.label, .descending).limit(5)).map(\.label),
                sorted.reversed().prefix(5) + [],
                "the last by bytes come first descending"
            )
        },
        ConformanceCase("qry.order.several-keys", ["QRY-3"]) { check in
            let accounts = try await check.storage(Account.self)
            var generator = check.generator()
            try await accounts.createMany(
                (0..<120).map {
                    Account(id: "a\($0)", balance: generator.below(4), email: $0 % 5 == 0 ? nil : "e\($0)")
                }
            )
            let found = try await accounts.fetch(.sort(\.balance, .descending).sort(\.email)).map {
                ($0.balance, $0.email, $0.id)
            }
            for (left, right) in zip(found, found.dropFirst()) {
                let isInOrder: Bool
                if left.0 != right.0 {
                    isInOrder = left.0 > right.0
                } else {
                    switch (left.1, right.1) {
                    case (nil, nil): isInOrder = left.2 < right.2
                    case (_, nil): isInOrder = true
                    case (nil, _): isInOrder = false
                    case (let a?, let b?): isInOrder = a < b
                    }
                }
                check.expect(isInOrder, "the second key orders what the first leaves equal, and the id the rest")
            }
        },
        ConformanceCase("qry.order.composite-key", ["QRY-3"]) { check in
            let shelves = try await check.storage(Shelf.self)
            for (house, number) in [("b", 1), ("a", 10), ("a", 9), ("a", -1), ("B", 5)] as [(String, Int64)] {
                try await shelves.create(Shelf(content: "same", house: house, number: number))
            }
            let ascending = [("B", 5), ("a", -1), ("a", 9), ("a", 10), ("b", 1)].map { "\($0.0)\($0.1)" }
            check.expectEqual(try await shelves.fetch().map { "\($0.house)\($0.number)" }, ascending, "part by part")
            check.expectEqual(
                try await shelves.fetch(.sort(\.content, .descending)).map { "\($0.house)\($0.number)" },
                ascending.reversed(),
                "ties by both parts, in the last key's direction"
            )
            check.expectEqual(
                try await shelves.fetch(.sort(\.number)).map(\.number),
                [-1, 1, 5, 9, 10],
                "one part may be a sort key"
            )
            check.expectEqual(
                try await shelves.fetch(.where { $0.house == "a" && $0.number > 0 }).map(\.number),
                [9, 10],
                "parts are fields"
            )
        },
    ]
}
