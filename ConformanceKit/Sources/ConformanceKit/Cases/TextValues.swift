internal import FoundationEssentials
internal import Stowage

// VAL-1, VAL-2: text.
extension ConformanceCases {
    static let text: [ConformanceCase] = [
        ConformanceCase("val.text.not-normalised", ["VAL-1"]) { check in
            let notes = try await check.storage(Note.self)
            let (one, two) = (HostileValues.composed, HostileValues.decomposed)
            try await notes.create(Note(id: one, text: "composed"))
            try await notes.create(Note(id: two, text: "decomposed"))
            check.expectSame(try await notes.get(one)?.text, "composed", "a composed id finds its own record")
            check.expectSame(
                try await notes.get(two),
                Note(id: two, text: "decomposed"),
                "a decomposed id is another one"
            )
            check.expectSame(
                try await notes.fetch(.where { $0.id == two }).map(\.text),
                ["decomposed"],
                "a query compares by bytes"
            )
            check.expectSame(try await notes.fetch().map(\.id), [two, one], "text orders by bytes", rule: "QRY-2")
            check.expect(try await notes.delete(one), "one is deleted")
            check.expectSame(try await notes.get(two)?.text, "decomposed", "the other one stays")
        },
        ConformanceCase("val.text.no-case-folding", ["VAL-1"]) { check in
            let notes = try await check.storage(Note.self)
            let ids = ["A", "a", "É", "é", "ẞ", "ß", "ss", "Å", "\u{212b}", "a ", " a", "ａ"]
            try await notes.createMany(ids.map { Note(id: $0, text: $0) })
            check.expectEqual(try await notes.count(), ids.count, "ids that differ in a byte are different ids")
            for id in ids { check.expectSame(try await notes.get(id)?.text, id, "an id finds its own record") }
        },
        ConformanceCase("val.text.round-trips", ["VAL-2", "VAL-1"]) { check in
            let notes = try await check.storage(Note.self)
            for (index, text) in HostileValues.texts.enumerated() {
                let note = Note(id: "n\(index)", text: text, tag: text)
                try await notes.create(note)
                check.expectSame(try await notes.get(note.id), note, "text comes back byte for byte")
            }
            let stored = try await notes.fetch(.sort(\.tag)).map { $0.tag ?? "" }
            check.expectSame(
                stored,
                HostileValues.texts.sorted { TextOrder.compare($0, $1) == .ascending },
                "text orders by its bytes",
                rule: "QRY-2"
            )
        },
        ConformanceCase("val.text.every-scalar-block", ["VAL-2"]) { check in
            let notes = try await check.storage(Note.self)
            // Every control character, and scalars around every boundary of the encoding.
            var scalars = (1...0x2ff).compactMap(Unicode.Scalar.init)
            for start: UInt32 in [
                0x7ff, 0x800, 0xfff, 0x2028, 0xd7ff, 0xe000, 0xfdd0, 0xfffe, 0xffff, 0x10000, 0x1ffff, 0x10ffff,
            ] {
                if let scalar = Unicode.Scalar(start) { scalars.append(scalar) }
            }
            var text = ""
            text.unicodeScalars.append(contentsOf: scalars)
            try await notes.create(Note(id: "all", text: text))
            check.expectSame(try await notes.get("all")?.text, text, "every scalar but U+0000 comes back")
        },
        ConformanceCase("val.text.megabytes", ["VAL-2"]) { check in
            let notes = try await check.storage(Note.self)
            let text = String(repeating: "Straße 😀 \\\"\n", count: 150_000)
            try await notes.create(Note(id: "big", text: text))
            let found = try await notes.get("big")
            check.expect(
                found.map { TextOrder.equal($0.text, text) } ?? false,
                "\(text.utf8.count) bytes of text come back"
            )
            try await notes.update("big") { $0.text = text + "!" }
            let last = try await notes.first(.where { $0.text.hasSuffix("\n!") })
            check.expectEqual(last?.id, "big", "long text can be changed and searched")
        },
        ConformanceCase("val.text.nul-refused", ["VAL-2"]) { check in
            let database = try check.database()
            let notes = try database.storage(Note.self)
            let parts = try database.storage(NewPart.self)
            try await database.initialize()
            await check.expectError(.invalidValue, from: "U+0000 in a key of a nested value") {
                try await parts.create(NewPart(id: "p", detail: .init(extra: ["\0": "x"])))
            }
            try await notes.create(Note(id: "a", text: "x"))
            let created = await check.expectError(.invalidValue, from: "create with U+0000") {
                try await notes.create(Note(id: "b", text: "\0"))
            }
            check.expectEqual(created?.field, "text", "the error of create names the field")
            let updated = await check.expectError(.invalidValue, from: "an update to U+0000") {
                try await notes.update("a") { $0.tag = "x\0" }
            }
            check.expectEqual(updated?.field, "tag", "the error of the update names the field")
            await check.expectError(.invalidValue, from: "upsert with U+0000") {
                try await notes.upsert(Note(id: "a", text: "\0"))
            }
            await check.expectError(.invalidValue, from: "an id with U+0000") {
                try await notes.create(Note(id: "a\0"))
            }
            await check.expectError(.invalidValue, from: "get of an id with U+0000") { try await notes.get("a\0") }
            await check.expectError(.invalidValue, from: "a query for U+0000") {
                try await notes.fetch(.where { $0.text == "\0" })
            }
            let nested = await check.expectError(.invalidValue, from: "U+0000 in a nested value") {
                try await parts.create(NewPart(id: "p", detail: .init(color: "\0")))
            }
            check.expectEqual(nested?.field, "detail", "the error of the nested value names the field")
            check.expectSame(try await notes.fetch(), [Note(id: "a", text: "x")], "what was refused changed nothing")
        },
        ConformanceCase("val.text.longest-id", ["VAL-2"]) { check in
            let database = try check.database()
            let notes = try database.storage(Note.self)
            let accounts = try database.storage(Account.self)
            try await database.initialize()
            // Random bytes: an engine that compresses its index must not be let off.
            var generator = check.generator()
            let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
            func text(_ bytes: Int) -> String { "é" + String((2..<bytes).map { _ in generator.pick(letters) }) }
            let longest = text(1_024)
            let limit = min(1_024, notes.capabilities.maximumIDBytes)
            guard check.expect(limit >= 64, "an adapter declares a limit of ids that can be used", rule: "LIF-5") else {
                return
            }
            let id = text(limit)
            try await notes.create(Note(id: id, text: "x", tag: longest))
            check.expectSame(
                try await notes.get(id)?.tag,
                longest,
                "an id of \(limit) bytes and an indexed text of 1,024 are kept"
            )
            try await notes.update(id) { $0.text = "y" }
            check.expectSame(try await notes.fetch().map(\.text), ["y"], "a long id finds its record")
            try await accounts.create(Account(id: id, email: longest))
            check.expectEqual(try await accounts.count(), 1, "a unique text of 1,024 bytes is kept")
            await check.expectError(.invalidValue, from: "an id of \(limit + 1) bytes") {
                try await notes.create(Note(id: id + "x"))
            }
            let indexed = await check.expectError(.invalidValue, from: "an indexed text of 1,025 bytes") {
                try await notes.create(Note(id: "b", tag: longest + "x"))
            }
            check.expectEqual(indexed?.field, "tag", "the error names the indexed field")
            let unique = await check.expectError(.invalidValue, from: "an update to a unique text of 1,025 bytes") {
                try await accounts.update(id) { $0.email = longest + "x" }
            }
            check.expectEqual(unique?.field, "email", "the error names the unique field")
            check.expectEqual(try await notes.count(), 1, "what was refused changed nothing")
        },
        ConformanceCase("val.text.hostile-ids", ["VAL-1", "QRY-7"]) { check in
            let shelves = try await check.storage(Shelf.self)
            let limit = shelves.capabilities.maximumIDBytes
            let texts = HostileValues.texts.filter { $0.utf8.count + 8 <= limit }
            for text in texts { try await shelves.create(Shelf(content: text, house: text, number: 1)) }
            for text in texts {
                check.expectSame(
                    try await shelves.get(Shelf.ID(text, 1))?.content,
                    text,
                    "a hostile id finds its own record"
                )
            }
            let houses = try await shelves.fetch().map(\.house)
            check.expectSame(
                houses,
                texts.sorted { TextOrder.compare($0, $1) == .ascending },
                "ids order by bytes",
                rule: "QRY-3"
            )
        },
    ]
}
