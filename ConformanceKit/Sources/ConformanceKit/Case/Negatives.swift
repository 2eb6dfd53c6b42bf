internal import Stowage

/// What is checked of a capability that an adapter does not declare: calling it throws `unsupported`, without side
/// effects (LIF-5).
enum Negatives {
    static func forLacking(_ capability: Capabilities.Feature) -> ConformanceCase.Body? {
        switch capability {
        case .transactions: transactions
        case .nestedTransactions: nestedTransactions
        case .readOnlyAccess: readOnlyAccess
        case .plan: plan
        case .schemaMigrations: schemaMigrations
        default: nil
        }
    }

    private static let plan: ConformanceCase.Body = { check in
        let notes = try await check.storage(Note.self)
        await check.expectError(.unsupported, from: "the plan of a query", rule: "LIF-5") {
            try await notes.plan(of: .where { $0.tag == "t" })
        }
    }

    private static let transactions: ConformanceCase.Body = { check in
        let notes = try await check.storage(Note.self)
        let entered = Milestone("the body runs")
        await check.expectError(.unsupported, from: "a transaction", rule: "LIF-5") {
            try await notes.transaction { notes in
                entered.raise()
                try await notes.create(Note(id: "a"))
            }
        }
        check.expect(!entered.isRaised, "the body of a transaction that is not supported never runs", rule: "LIF-5")
        check.expectEqual(try await notes.count(), 0, "a call that is not supported changes nothing", rule: "LIF-5")
    }

    private static let nestedTransactions: ConformanceCase.Body = { check in
        let notes = try await check.storage(Note.self)
        guard notes.capabilities.contains(.transactions) else { return try await transactions(check) }
        try await notes.transaction { notes in
            try await notes.create(Note(id: "outer"))
            await check.expectError(.unsupported, from: "a nested transaction", rule: "LIF-5") {
                try await notes.transaction { _ = try await $0.create(Note(id: "inner")) }
            }
        }
        check.expectEqual(
            try await notes.fetch().map(\.id),
            ["outer"],
            "a nested transaction that is not supported changes nothing",
            rule: "LIF-5"
        )
    }

    /// Migrations given to an adapter without a schema of its own do not stand in the way; asking for them is refused.
    private static let schemaMigrations: ConformanceCase.Body = { check in
        let database = try check.database(migrations: Books.upTo(1))
        let books = try database.storage(Book1.self)
        try await database.initialize()
        try await books.create(Book1(id: "a", pages: "1"))
        await check.expectError(.unsupported, from: "migrating the schema", rule: "LIF-5") {
            try await database.migrateSchema()
        }
        await check.expectError(.unsupported, from: "asking for the schema", rule: "LIF-5") {
            try await database.schemaStatus()
        }
        check.expectEqual(try await books.count(), 1, "a call that is not supported changes nothing", rule: "LIF-5")
    }

    private static let readOnlyAccess: ConformanceCase.Body = { check in
        let notes = try await check.storage(Note.self)
        try await notes.create(Note(id: "a"))
        await check.expectError(.unsupported, from: "opening read-only", rule: "LIF-5") {
            try await check.reopen(access: .readOnly).storage(Note.self).initialize()
        }
        check.expectEqual(try await notes.count(), 1, "a call that is not supported changes nothing", rule: "LIF-5")
    }
}
