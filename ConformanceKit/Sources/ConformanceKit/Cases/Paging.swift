internal import FoundationEssentials
internal import Stowage
internal import Synchronization

// QRY-4: pages by key.
extension ConformanceCases {
    /// The ids of all pages, one after the other.
    private static func walk<R: StorageRecord, S: StorageState>(
        _ storage: RecordStorage<R, S>,
        _ query: Query<R>,
        _ id: (R) -> String,
        between: (Int) async throws -> Void = { _ in }
    ) async throws -> [String] where S.Record == R {
        var ids: [String] = []
        var page = try await storage.page(query)
        var number = 0
        ids += page.records.map(id)
        while let next = page.next {
            number += 1
            try await between(number)
            page = try await storage.page(query.after(next))
            ids += page.records.map(id)
        }
        return ids
    }

    static let paging: [ConformanceCase] = [
        ConformanceCase("qry.page.visits-each-once", ["QRY-4"]) { check in
            let zoo = try await check.storage(Zoo.self)
            var generator = check.generator()
            try await zoo.createMany((0..<45).map { ZooMaker.record("z\($0)", &generator) })
            let orders: [(String, Query<Zoo>)] = [
                ("id", .all), ("id descending", .sort(\.id, .descending)), ("optional text", .sort(\.textMaybe)),
                ("optional text descending", .sort(\.textMaybe, .descending)),
                ("optional text, nil first", .sort(\.textMaybe, nils: .first)),
                ("optional number descending, nil last", .sort(\.countMaybe, .descending, nils: .last)),
                ("two keys of opposite directions", .sort(\.rankMaybe).sort(\.bigMaybe, .descending)),
                ("decimal", .sort(\.amountMaybe)), ("moment", .sort(\.time, .descending)), ("date", .sort(\.dateMaybe)),
                ("number", .sort(\.ratio)), ("data", .sort(\.bytesMaybe)), ("UUID", .sort(\.uuidMaybe)),
                ("Bool", .sort(\.flagMaybe)),
                ("single", .sort(\.singleMaybe)), ("large number", .sort(\.big)),
            ]
            for (name, query) in orders {
                let all = try await zoo.fetch(query).map(\.id)
                for limit in [1, 7, 45] {
                    check.expectEqual(
                        try await walk(zoo, query.limit(limit), \.id),
                        all,
                        "pages of \(limit) by \(name) are the whole answer"
                    )
                }
            }
        },
        ConformanceCase("qry.page.token-as-text", ["QRY-4"]) { check in
            let zoo = try await check.storage(Zoo.self)
            var generator = check.generator()
            try await zoo.createMany((0..<30).map { ZooMaker.record("z\($0)", &generator) })
            let orders: [Query<Zoo>] = [
                .sort(\.text), .sort(\.amount), .sort(\.ratio), .sort(\.big), .sort(\.time), .sort(\.bytes),
            ]
            for order in orders {
                let all = try await zoo.fetch(order).map(\.id)
                var ids: [String] = []
                var query = order.limit(4)
                while true {
                    let page = try await zoo.page(query)
                    ids += page.records.map(\.id)
                    guard let next = page.next else { break }
                    guard let read = PageToken(next.description) else {
                        check.fail("a page token can be read from its text", "it cannot")
                        break
                    }
                    query = order.limit(4).after(read)
                }
                check.expectEqual(ids, all, "pages by tokens that were sent as text are the whole answer")
            }
        },
        ConformanceCase("qry.page.while-records-come-and-go", ["QRY-4"]) { check in
            let accounts = try await check.storage(Account.self)
            try await accounts.createMany((0..<60).map { Account(id: "a\($0 + 100)", balance: ($0 * 7) % 60) })
            let stays = Set((0..<60).filter { $0 % 3 == 0 }.map { "a\($0 + 100)" })
            var ids: [String] = []
            ids = try await walk(accounts, .sort(\.balance).limit(5), \.id) { number in
                // Before, after and at the place where the next page begins.
                try await accounts.createMany((0..<5).map { Account(id: "new\(number)-\($0)", balance: $0 * 15) })
                try await accounts.deleteAll(
                    .where { !$0.id.in(stays) && $0.balance >= number * 4 && $0.balance < number * 4 + 6 }
                )
            }
            check.expectEqual(Set(ids).count, ids.count, "no record is visited twice while records come and go")
            check.expect(stays.isSubset(of: ids), "every record that stays is visited")
        },
        ConformanceCase("qry.page.of-a-condition", ["QRY-4", "QRY-1"]) { check in
            let shelves = try await check.storage(Shelf.self)
            for index in 0..<40 {
                try await shelves.create(
                    Shelf(content: index % 4 == 0 ? nil : "c\(index % 3)", house: "h\(index % 5)", number: Int64(index))
                )
            }
            let query = Query<Shelf>.where { $0.content != "c1" || $0.number < 10 }.sort(\.content, .descending)
            let all = try await shelves.fetch(query).map { "\($0.number)" }
            check.expectEqual(
                try await walk(shelves, query.limit(3), { "\($0.number)" }),
                all,
                "pages of a condition with a key of two parts"
            )
        },
        ConformanceCase("qry.page.misuse", ["QRY-4"]) { check in
            let notes = try await check.storage(Note.self)
            try await notes.createMany([Note(id: "a"), Note(id: "b")])
            await check.expectError(.invalidArgument, from: "a page without a limit") { try await notes.page(.all) }
            let page = try await notes.page(.limit(1))
            guard let token = page.next else { return check.fail("there is a next page", "there is none") }
            await check.expectError(.invalidArgument, from: "a token of another order") {
                try await notes.page(.sort(\.text).limit(1).after(token))
            }
            await check.expectError(.invalidArgument, from: "deleteAll of a page") {
                try await notes.deleteAll(.all.after(token))
            }
            check.expect(PageToken("no token") == nil && PageToken("") == nil, "text that is no token is refused")
            check.expect(try await notes.page(.limit(2)).next == nil, "a page that holds the rest is the last")
            check.expectEqual(try await notes.count(), 2, "nothing was deleted")
        },
    ]
}
