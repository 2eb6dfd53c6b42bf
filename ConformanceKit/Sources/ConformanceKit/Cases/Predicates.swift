internal import FoundationEssentials
internal import Stowage

// QRY-1, QRY-2, QRY-6, QRY-10: conditions.
extension ConformanceCases {
    /// Ids of the accounts that match, by id.
    private static func ids(
        _ accounts: some DatabaseStorage<Account, RecordsOnly<Account>>,
        _ condition: (QueryFields<Account>) -> Condition<Account>
    ) async throws -> [String] { try await accounts.fetch(.where(condition)).map(\.id) }

    private static func sample(_ check: CaseContext) async throws -> RecordStorage<Account, RecordsOnly<Account>> {
        let accounts = try await check.storage(Account.self)
        try await accounts.createMany([
            Account(id: "a", balance: 1, email: "x"), Account(id: "b", balance: 2),
            Account(id: "c", balance: 3, email: "y"),
            Account(id: "d", balance: -1), Account(id: "e", balance: 3, email: ""),
        ])
        return accounts
    }

    static let predicates: [ConformanceCase] = [
        ConformanceCase("qry.nil.not-equal-matches", ["QRY-1"]) { check in
            let accounts = try await sample(check)
            check.expectEqual(try await ids(accounts) { $0.email != "x" }, ["b", "c", "d", "e"], "!= matches nil")
            check.expectEqual(
                try await ids(accounts) { !($0.email == "x") },
                ["b", "c", "d", "e"],
                "not == matches nil"
            )
            check.expectEqual(try await ids(accounts) { !($0.email != "x") }, ["a"], "not != is ==")
            check.expectEqual(try await ids(accounts) { !(!($0.email == "x")) }, ["a"], "a double negation is none")
        },
        ConformanceCase("qry.nil.comparisons-never-match", ["QRY-1"]) { check in
            let accounts = try await sample(check)
            check.expectEqual(try await ids(accounts) { $0.email < "y" }, ["a", "e"], "< never matches nil")
            check.expectEqual(try await ids(accounts) { $0.email <= "y" }, ["a", "c", "e"], "<= never matches nil")
            check.expectEqual(try await ids(accounts) { $0.email > "" }, ["a", "c"], "> never matches nil")
            check.expectEqual(try await ids(accounts) { $0.email >= "" }, ["a", "c", "e"], ">= never matches nil")
            check.expectEqual(
                try await ids(accounts) { !($0.email >= "") },
                ["b", "d"],
                "the opposite of >= matches nil"
            )
            check.expectEqual(
                try await ids(accounts) { $0.email < "y" || !($0.email < "y") },
                ["a", "b", "c", "d", "e"],
                "a condition or its opposite matches everything"
            )
            check.expectEqual(
                try await ids(accounts) { $0.email < "y" && !($0.email < "y") },
                [],
                "a condition and its opposite match nothing"
            )
        },
        ConformanceCase("qry.nil.test", ["QRY-1"]) { check in
            let accounts = try await sample(check)
            check.expectEqual(try await ids(accounts) { $0.email == nil }, ["b", "d"], "== nil is the null test")
            check.expectEqual(try await ids(accounts) { $0.email != nil }, ["a", "c", "e"], "!= nil is its opposite")
            check.expectEqual(try await ids(accounts) { !($0.email == nil) }, ["a", "c", "e"], "so is its negation")
            let none: String? = nil
            check.expectEqual(try await ids(accounts) { $0.email == none }, ["b", "d"], "a nil variable is nil")
        },
        ConformanceCase("qry.in.lists-and-nil", ["QRY-1", "QRY-6"]) { check in
            let accounts = try await sample(check)
            check.expectEqual(try await ids(accounts) { $0.email.in(["x", ""]) }, ["a", "e"], "in never matches nil")
            check.expectEqual(
                try await ids(accounts) { $0.email.notIn(["x", ""]) },
                ["b", "c", "d"],
                "notIn matches nil"
            )
            check.expectEqual(try await ids(accounts) { !$0.email.in(["x", ""]) }, ["b", "c", "d"], "not in is notIn")
            check.expectEqual(try await ids(accounts) { !$0.email.notIn(["x", ""]) }, ["a", "e"], "not notIn is in")
            check.expectEqual(
                try await ids(accounts) { $0.balance.in([3, 3, 7]) },
                ["c", "e"],
                "a value may be listed twice"
            )
        },
        ConformanceCase("qry.in.empty", ["QRY-6"]) { check in
            let accounts = try await sample(check)
            let all = ["a", "b", "c", "d", "e"]
            check.expectEqual(try await ids(accounts) { $0.email.in([]) }, [], "an empty in matches nothing")
            check.expectEqual(try await ids(accounts) { $0.email.notIn([]) }, all, "an empty notIn matches everything")
            check.expectEqual(
                try await ids(accounts) { !$0.balance.in([]) },
                all,
                "the opposite of an empty in matches everything"
            )
            check.expectEqual(
                try await ids(accounts) { !$0.balance.notIn([]) },
                [],
                "the opposite of an empty notIn matches nothing"
            )
            check.expectEqual(
                try await ids(accounts) { $0.email.in([]) || $0.balance == 1 },
                ["a"],
                "inside or it adds nothing"
            )
            check.expectEqual(
                try await accounts.deleteAll(.where { $0.email.in([]) }),
                0,
                "deleteAll of nothing deletes nothing"
            )
        },
        ConformanceCase("qry.in.hundred-thousand", ["QRY-6"]) { check in
            let accounts = try await sample(check)
            let emails = (0..<100_000).map { "none-\($0)" } + ["x"]
            check.expectEqual(try await ids(accounts) { $0.email.in(emails) }, ["a"], "in takes 100,000 texts")
            check.expectEqual(
                try await ids(accounts) { $0.email.notIn(emails) },
                ["b", "c", "d", "e"],
                "notIn takes 100,000 texts"
            )
            let numbers = Array(3..<100_003)
            check.expectEqual(
                try await accounts.count(.where { $0.balance.in(numbers) }),
                2,
                "in takes 100,000 numbers"
            )
        },
        ConformanceCase("qry.in.every-type", ["QRY-2", "QRY-6"]) { check in
            let zoo = try await check.storage(Zoo.self)
            var generator = check.generator()
            let records = (0..<40).map { ZooMaker.record("z\($0)", &generator) }
            try await zoo.createMany(records)
            for one in records.prefix(12) {
                let conditions: [(String, Query<Zoo>)] = [
                    ("Double", .where { $0.ratio.in([one.ratio, 4711]) && $0.ratio == one.ratio }),
                    ("Data", .where { $0.bytes.in([one.bytes, Data("no".utf8)]) && $0.bytes >= one.bytes }),
                    ("UUID", .where { $0.uuid.in([one.uuid]) && !($0.uuid != one.uuid) }),
                    ("Date", .where { $0.date.in([one.date]) && $0.date <= one.date }),
                    ("Timestamp", .where { $0.time.in([one.time]) && $0.time == one.time }),
                    ("Decimal", .where { $0.amount.in([one.amount]) && $0.amount == one.amount }),
                    ("Bool", .where { $0.flag.in([one.flag]) && $0.flag == one.flag }),
                    ("enum of String", .where { $0.mood.in([one.mood]) && $0.mood == one.mood }),
                    ("enum of Int", .where { $0.rank.in([one.rank]) && $0.rank == one.rank }),
                    ("String", .where { $0.text.in([one.text]) && $0.text == one.text }),
                ]
                for (type, query) in conditions {
                    check.expect(
                        try await zoo.fetch(query).contains { $0.id == one.id },
                        "a record is found by its value of type \(type)"
                    )
                }
            }
        },
        ConformanceCase("qry.bool-logic.nested", ["QRY-1"]) { check in
            let accounts = try await sample(check)
            check.expectEqual(
                try await ids(accounts) { ($0.balance == 3 && $0.email != "y") || ($0.balance < 0 && $0.email == nil) },
                ["d", "e"],
                "and binds its parts inside or"
            )
            check.expectEqual(
                try await ids(accounts) { !($0.balance == 3 || $0.email == nil) },
                ["a"],
                "not reaches over or"
            )
            check.expectEqual(
                try await ids(accounts) { !($0.balance == 3 && $0.email == "y") },
                ["a", "b", "d", "e"],
                "not reaches over and"
            )
            check.expectEqual(
                try await accounts.fetch(.where { $0.balance > 0 }.where { $0.email == nil }).map(\.id),
                ["b"],
                "a second where narrows the first"
            )
        },
        ConformanceCase("qry.bool-logic.long", ["QRY-1"]) { check in
            let accounts = try await sample(check)
            // A list of conditions is no deep tree: SQLite refuses those of over 1,000 levels.
            let all = (0..<1_500).reduce(Query<Account>.all) { query, index in
                query.where { $0.balance != 1_000 + index }
            }
            check.expectEqual(try await accounts.count(all), 5, "a conjunction of 1,500 parts is answered")
            let any = Query<Account>.where { fields in
                (0..<1_500).reduce(fields.balance == 3) { $0 || fields.balance == 1_000 + $1 }
            }
            check.expectEqual(
                try await accounts.fetch(any).map(\.id),
                ["c", "e"],
                "a disjunction of 1,500 parts is answered"
            )
        },
        ConformanceCase("qry.types.order", ["QRY-2"]) { check in
            let zoo = try await check.storage(Zoo.self)
            var generator = check.generator()
            let records = (0..<60).map { ZooMaker.record("z\($0)", &generator) }
            try await zoo.createMany(records)
            for pivot in records.prefix(6) {
                let expected = records.filter { TextOrder.compare($0.text, pivot.text) == .ascending }.count
                check.expectEqual(
                    try await zoo.count(.where { $0.text < pivot.text }),
                    expected,
                    "text is less by bytes"
                )
                let bytes = records.filter { TextOrder.compare(bytes: $0.bytes, pivot.bytes) != .descending }.count
                check.expectEqual(
                    try await zoo.count(.where { $0.bytes <= pivot.bytes }),
                    bytes,
                    "data is less by bytes"
                )
                let amounts = records.filter { $0.amount > pivot.amount }.count
                check.expectEqual(
                    try await zoo.count(.where { $0.amount > pivot.amount }),
                    amounts,
                    "decimals are more by value"
                )
                let times = records.filter { $0.time >= pivot.time }.count
                check.expectEqual(
                    try await zoo.count(.where { $0.time >= pivot.time }),
                    times,
                    "moments are later by time"
                )
                let ratios = records.filter { $0.ratio < pivot.ratio }.count
                check.expectEqual(
                    try await zoo.count(.where { $0.ratio < pivot.ratio }),
                    ratios,
                    "numbers are less by value"
                )
            }
        },
        ConformanceCase("qry.index.same-answers", ["QRY-10"]) { check in
            let zoo = try await check.storage(Zoo.self)
            var generator = check.generator()
            try await zoo.createMany(
                (0..<500).map {
                    Zoo(id: "z\($0)", count: generator.below(20), label: generator.pick(HostileValues.texts))
                }
            )
            let all = try await zoo.fetch()
            for value in 0..<20 {
                check.expectEqual(
                    try await zoo.fetch(.where { $0.count == value }).map(\.id),
                    all.filter { $0.count == value }.map(\.id),
                    "an indexed field finds what a scan finds"
                )
                check.expectEqual(
                    try await zoo.count(.where { $0.count > value && $0.count <= value + 3 }),
                    all.filter { $0.count > value && $0.count <= value + 3 }.count,
                    "an indexed range counts what a scan counts"
                )
            }
            for label in HostileValues.texts.prefix(20) {
                check.expectSame(
                    try await zoo.fetch(.where { $0.label == label }).map(\.id),
                    all.filter { TextOrder.equal($0.label, label) }.map(\.id),
                    "indexed text is found by its bytes"
                )
            }
        },
        ConformanceCase("qry.field.none", ["LIF-3", "QRY-1"]) { check in
            let accounts = try await sample(check)
            await check.expectError(.invalidArgument, from: "a query for a key path that is no field", rule: "LIF-3") {
                try await accounts.fetch(.where { $0.debt == 1 })
            }
            await check.expectError(.invalidArgument, from: "a sort by a key path that is no field", rule: "LIF-3") {
                try await accounts.fetch(.sort(\.debt))
            }
            await check.expectError(.invalidArgument, from: "a sort by a nested field", rule: "QRY-2") {
                try await accounts.fetch(.sort(\.owner))
            }
        },
    ]
}
