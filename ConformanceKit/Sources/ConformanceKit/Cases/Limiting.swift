internal import Stowage

// QRY-4: limit and offset.
extension ConformanceCases {
    static let limiting: [ConformanceCase] = [
        ConformanceCase("qry.limit.cuts-the-sorted-answer", ["QRY-4", "QRY-3"]) { check in
            let accounts = try await check.storage(Account.self)
            try await accounts.createMany((0..<30).map { Account(id: "a\($0 + 10)", balance: ($0 * 7) % 30) })
            check.expectEqual(
                try await accounts.fetch(.sort(\.balance).limit(3)).map(\.balance),
                [0, 1, 2],
                "the limit cuts after the sort"
            )
            check.expectEqual(
                try await accounts.fetch(.sort(\.balance, .descending).offset(2).limit(2)).map(\.balance),
                [27, 26],
                "the offset counts in the order of the sort"
            )
            check.expectEqual(
                try await accounts.fetch(.where { $0.balance >= 10 }.sort(\.balance).offset(1).limit(2)).map(\.balance),
                [11, 12],
                "both count what matches"
            )
            check.expectEqual(
                try await accounts.first(.sort(\.balance, .descending))?.balance,
                29,
                "first is the first in order"
            )
            check.expectEqual(
                try await accounts.fetch(.all.offset(28)).map(\.id),
                ["a38", "a39"],
                "an offset without a limit"
            )
        },
        ConformanceCase("qry.limit.edges", ["QRY-4"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.createMany([Note(id: "a"), Note(id: "b"), Note(id: "c")])
            check.expectEqual(try await notes.fetch(.limit(0)).count, 0, "limit(0) is empty")
            check.expectEqual(try await notes.fetch(.all.offset(3)).count, 0, "an offset at the end is empty")
            check.expectEqual(try await notes.fetch(.all.offset(1_000)).count, 0, "an offset past the end is empty")
            check.expectEqual(try await notes.fetch(.limit(.max)).count, 3, "the largest limit takes everything")
            check.expectEqual(
                try await notes.fetch(.all.offset(.max).limit(.max)).count,
                0,
                "the largest offset is past the end"
            )
            check.expectSame(try await notes.first(.limit(0)), nil, "the first of none is nil")
            check.expectSame(try await notes.first(.all.offset(2))?.id, "c", "first counts the offset")
            check.expectEqual(try await notes.page(.limit(0)).records.count, 0, "a page of none is empty")
        },
        ConformanceCase("qry.limit.negative", ["QRY-4"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.create(Note(id: "a"))
            let calls: [(String, Query<Note>)] = [
                ("a negative limit", .limit(-1)), ("a negative offset", .all.offset(-1)),
                ("the smallest limit", .limit(.min)),
            ]
            for (what, query) in calls {
                await check.expectError(.invalidArgument, from: "fetch with \(what)") { try await notes.fetch(query) }
                await check.expectError(.invalidArgument, from: "count with \(what)") { try await notes.count(query) }
                await check.expectError(.invalidArgument, from: "exists with \(what)") { try await notes.exists(query) }
                await check.expectError(.invalidArgument, from: "first with \(what)") { try await notes.first(query) }
                await check.expectError(.invalidArgument, from: "a stream with \(what)") {
                    for try await _ in notes.stream(query) {}
                }
            }
        },
        ConformanceCase("qry.count.limit-and-offset", ["QRY-4"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.createMany((0..<10).map { Note(id: "n\($0)", tag: $0 < 6 ? "t" : nil) })
            let match = Query<Note>.where { $0.tag == "t" }
            check.expectEqual(try await notes.count(match), 6, "count counts what matches")
            check.expectEqual(try await notes.count(match.limit(4)), 4, "count with a limit")
            check.expectEqual(try await notes.count(match.offset(4)), 2, "count with an offset")
            check.expectEqual(try await notes.count(match.offset(4).limit(1)), 1, "count with both")
            check.expectEqual(try await notes.count(match.offset(7)), 0, "count past the end")
            check.expectEqual(try await notes.count(match.limit(0)), 0, "count of none")
            check.expect(try await notes.exists(match.offset(5)), "exists counts the offset")
            check.expect(try await !notes.exists(match.offset(6)), "exists past the end is false")
            check.expect(try await !notes.exists(match.limit(0)), "none of none exists")
        },
    ]
}
