internal import Stowage

// QRY-5: searches in text.
extension ConformanceCases {
    static let textSearches: [ConformanceCase] = [
        ConformanceCase("qry.search.literal", ["QRY-5"]) { check in
            let notes = try await check.storage(Note.self)
            let texts = HostileValues.texts
            try await notes.createMany(texts.enumerated().map { Note(id: "n\($0.offset + 1000)", text: $0.element) })
            for needle in [
                "%", "_", "\\", "a", "a%", "%b", "a_b", "\\b", "'", "\"", "*", "?", "[", "^", ".", "é", "e\u{301}",
                "\n", "😀",
            ] {
                func expected(_ matches: ([UInt8], [UInt8]) -> Bool) -> [String] {
                    texts.indices.filter { matches(Array(texts[$0].utf8), Array(needle.utf8)) }.map { "n\($0 + 1000)" }
                }
                check.expectEqual(
                    try await notes.fetch(.where { $0.text.contains(needle) }).map(\.id),
                    expected(Bytes.contain),
                    "contains(\(needle)) is literal"
                )
                check.expectEqual(
                    try await notes.fetch(.where { $0.text.hasPrefix(needle) }).map(\.id),
                    expected { $0.starts(with: $1) },
                    "hasPrefix(\(needle)) is literal"
                )
                check.expectEqual(
                    try await notes.fetch(.where { $0.text.hasSuffix(needle) }).map(\.id),
                    expected { $0.reversed().starts(with: $1.reversed()) },
                    "hasSuffix(\(needle)) is literal"
                )
            }
        },
        ConformanceCase("qry.search.case-of-ascii", ["QRY-5"]) { check in
            let notes = try await check.storage(Note.self)
            let texts = [
                "straße", "STRASSE", "Éa", "éA", "ISTANBUL", "istanbul", "ıstanbul", "K", "\u{212a}", "k", "[", "{",
                "@", "`", "z_Z",
            ]
            try await notes.createMany(texts.enumerated().map { Note(id: "n\($0.offset + 10)", text: $0.element) })
            func found(_ condition: (QueryFields<Note>) -> Condition<Note>) async throws -> [String] {
                try await notes.fetch(.where(condition)).map(\.text)
            }
            check.expectSame(
                try await found { $0.text.contains("STRA", .ignoringASCII) },
                ["straße", "STRASSE"],
                "ASCII is folded"
            )
            check.expectSame(try await found { $0.text.contains("éa", .ignoringASCII) }, ["éA"], "only ASCII is folded")
            check.expectSame(
                try await found { $0.text.hasPrefix("ISTAN", .ignoringASCII) },
                ["ISTANBUL", "istanbul"],
                "I folds to i"
            )
            check.expectSame(
                try await found { $0.text.hasSuffix("K", .ignoringASCII) },
                ["K", "k"],
                "the Kelvin sign is no K"
            )
            check.expectSame(
                try await found { $0.text.contains("[", .ignoringASCII) },
                ["["],
                "only letters are folded"
            )
            check.expectSame(
                try await found { $0.text.contains("@", .ignoringASCII) },
                ["@"],
                "the neighbours of letters are not"
            )
            check.expectSame(
                try await found { $0.text.hasSuffix("_z", .ignoringASCII) },
                ["z_Z"],
                "a wildcard stays literal"
            )
            check.expectSame(
                try await found { $0.text.contains("stra") },
                ["straße"],
                "case counts unless told otherwise"
            )
        },
        ConformanceCase("qry.search.empty-needle", ["QRY-5", "QRY-1"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.createMany([Note(id: "a", tag: "x"), Note(id: "b", tag: ""), Note(id: "c")])
            for query: Query<Note> in [
                .where { $0.tag.contains("") }, .where { $0.tag.hasPrefix("") },
                .where { $0.tag.hasSuffix("", .ignoringASCII) },
            ] {
                check.expectEqual(
                    try await notes.fetch(query).map(\.id),
                    ["a", "b"],
                    "an empty needle matches every text, and nil never"
                )
            }
            check.expectEqual(
                try await notes.fetch(.where { !$0.tag.contains("") }).map(\.id),
                ["c"],
                "its opposite matches nil"
            )
            check.expectEqual(
                try await notes.fetch(.where { !$0.tag.contains("x") }).map(\.id),
                ["b", "c"],
                "the opposite of a search matches nil"
            )
        },
        ConformanceCase("qry.search.inside-scalars", ["QRY-5", "VAL-1"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.createMany([
                Note(id: "a", text: "e\u{301}t\u{e9}"), Note(id: "b", text: "été"), Note(id: "c", text: "👩‍👩‍👧"),
                Note(id: "d", text: "x" + String(repeating: "aaab", count: 500) + "aaac"),
            ])
            check.expectEqual(
                try await notes.fetch(.where { $0.text.hasPrefix("e") }).map(\.id),
                ["a"],
                "a base letter is a prefix"
            )
            check.expectEqual(
                try await notes.fetch(.where { $0.text.contains("👩") }).map(\.id),
                ["c"],
                "a part of an emoji is found"
            )
            check.expectEqual(
                try await notes.fetch(.where { $0.text.hasSuffix("aaac") }).map(\.id),
                ["d"],
                "a late match is found"
            )
        },
    ]
}

/// Searches in bytes, the slow and plain way.
enum Bytes {
    static func contain(_ text: [UInt8], _ needle: [UInt8]) -> Bool {
        guard text.count >= needle.count else { return false }
        return (0...(text.count - needle.count)).contains { text[$0...].starts(with: needle) }
    }
}
