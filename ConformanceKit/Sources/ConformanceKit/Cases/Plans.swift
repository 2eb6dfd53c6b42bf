internal import Stowage

// QRY-10: what the engine says of how it answers.
extension ConformanceCases {
    static let plans: [ConformanceCase] = [
        ConformanceCase("qry.index.is-used", ["QRY-10"], capability: .plan) { check in
            let database = try check.database()
            let accounts = try database.storage(Account.self)
            let notes = try database.storage(Note.self)
            try await database.initialize()
            // So many that no engine takes reading them all for the shorter way.
            let numbers = 0..<4_000
            try await accounts.createMany(
                numbers.map {
                    Account(id: "a\($0)", balance: $0, email: "e\($0)@example.org", owner: .init(name: "owner \($0)"))
                }
            )
            try await notes.createMany(numbers.map { Note(id: "n\($0)", text: "text \($0)", tag: "tag \($0)") })
            let found: [(String, QueryPlan)] = [
                ("an indexed number", try await accounts.plan(of: .where { $0.balance == 7 })),
                (
                    "a range of an indexed number",
                    try await accounts.plan(of: .where { $0.balance >= 100 && $0.balance < 110 })
                ),
                ("a unique text", try await accounts.plan(of: .where { $0.email == "e7@example.org" })),
                ("an indexed text", try await notes.plan(of: .where { $0.tag == "tag 7" })),
                (
                    "a range of an indexed text",
                    try await notes.plan(of: .where { $0.tag >= "tag 70" && $0.tag < "tag 71" })
                ),
                ("an id", try await notes.plan(of: .where { $0.id == "n7" })),
            ]
            for (what, plan) in found {
                check.expect(plan.usesIndex && !plan.steps.isEmpty, "a query for \(what) uses its index: \(plan)")
            }
            let scan = try await notes.plan(of: .where { $0.text == "text 7" })
            check.expect(!scan.usesIndex, "a query for a field without an index claims none: \(scan)")
            check.expectEqual(
                try await notes.fetch(.where { $0.tag >= "tag 70" && $0.tag < "tag 71" }).count,
                11,
                "the index gives the answer of a scan"
            )
        },
        ConformanceCase("qry.plan.no-values", ["LIF-4", "QRY-10"], capability: .plan) { check in
            let secret = "s3cr3t-value"
            let notes = try await check.storage(Note.self)
            try await notes.createMany((0..<50).map { Note(id: "n\($0)", text: secret, tag: secret) })
            let plans = [
                try await notes.plan(of: .where { $0.tag == secret }),
                try await notes.plan(of: .where { $0.text == secret || $0.tag > secret }),
                try await notes.plan(of: .where { $0.text.contains(secret) }.sort(\.text).limit(424_242)),
            ]
            for plan in plans {
                check.expect(
                    !plan.description.contains(secret) && !plan.description.contains("424242"),
                    "a plan shows no value that is searched for"
                )
            }
            check.expectEqual(try await notes.count(), 50, "showing a plan changes nothing", rule: "QRY-10")
        },
    ]
}
