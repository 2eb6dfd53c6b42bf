internal import FoundationEssentials
internal import Stowage

// LIF-3, LIF-4, LIF-5: what errors say and do not say. SCH-3: a store that does not fit.
extension ConformanceCases {
    static let errors: [ConformanceCase] = [
        ConformanceCase("lif.error.carries", ["LIF-3"]) { check in
            let accounts = try await check.storage(Account.self)
            try await accounts.create(Account(id: "a", email: "e"))
            let exists = await check.expectError(.alreadyExists, from: "create on an id that exists") {
                try await accounts.create(Account(id: "a"))
            }
            check.expectEqual(exists?.recordID, "a", "alreadyExists names the record")
            check.expectEqual(exists?.collection, "accounts", "alreadyExists names the collection")
            check.expectEqual(exists?.isRetryable, false, "alreadyExists is not worth another try")
            let constraint = await check.expectError(.constraint, from: "a unique value that is taken") {
                try await accounts.create(Account(id: "b", email: "e"))
            }
            check.expectEqual(constraint?.field, "email", "constraint names the field")
            check.expectEqual(constraint?.recordID, "b", "constraint names the record")
            check.expect(constraint?.backend?.constraint?.isEmpty == false, "constraint names the constraint")
            let value = await check.expectError(.invalidValue, from: "a value that cannot be stored") {
                try await accounts.create(Account(id: "c", email: "\0"))
            }
            check.expectEqual(value?.recordID, "c", "invalidValue names the record")
            for error in [exists, constraint, value].compactMap({ $0 }) {
                check.expect(
                    !error.message.isEmpty && error.description.hasPrefix(error.code.name),
                    "an error says what happened"
                )
            }
        },
        ConformanceCase("lif.error.no-values", ["LIF-4"]) { check in
            let secret = "s3cr3t-value"
            let accounts = try await check.storage(Account.self)
            try await accounts.create(Account(id: "a", balance: 424_242, email: secret, owner: .init(name: secret)))
            var errors: [StorageError?] = []
            errors.append(
                await check.expectError(.constraint, from: "a unique value that is taken") {
                    try await accounts.create(
                        Account(id: "b", balance: 424_242, email: secret, owner: .init(name: secret))
                    )
                }
            )
            errors.append(
                await check.expectError(.constraint, from: "an update to a unique value that is taken") {
                    try await accounts.create(Account(id: "c"))
                    return try await accounts.update("c") { $0.email = secret }
                }
            )
            errors.append(
                await check.expectError(.alreadyExists, from: "an id that exists") {
                    try await accounts.create(Account(id: "a", balance: 424_242, owner: .init(name: secret)))
                }
            )
            errors.append(
                await check.expectError(.invalidValue, from: "U+0000") {
                    try await accounts.create(Account(id: "d", email: secret + "\0"))
                }
            )
            errors.append(
                await check.expectError(.invalidValue, from: "long unique text") {
                    try await accounts.create(Account(id: "e", email: String(repeating: secret, count: 100)))
                }
            )
            errors.append(
                await check.expectError(.constraint, from: "a batch") {
                    try await accounts.createMany([Account(id: "f"), Account(id: "g", email: secret)])
                }
            )
            for error in errors.compactMap({ $0 }) {
                var dumped = ""
                dump(error, to: &dumped)
                for text in ["\(error)", String(reflecting: error), dumped, error.message, error.advice ?? ""] {
                    check.expect(
                        !text.contains(secret) && !text.contains("424242"),
                        "an error (\(error.code)) carries no value of a record"
                    )
                }
            }
        },
        ConformanceCase("lif.error.corrupt-has-no-values", ["LIF-4", "VAL-6"]) { check in
            let secret = "s3cr3t-value"
            let database = try check.database()
            let new = try database.storage(NewPart.self)
            let old = try database.storage(OldPart.self)
            try await database.initialize()
            try await new.create(NewPart(id: "a", status: secret, detail: .init(color: secret)))
            let error = await check.expectError(.corrupt, from: "reading an unknown raw value") {
                try await old.get("a")
            }
            var dumped = ""
            dump(error, to: &dumped)
            let isClean = error.map { !"\($0)".contains(secret) } ?? true
            check.expect(isClean && !dumped.contains(secret), "the error does not quote the stored value")
        },
        ConformanceCase("lif.capabilities.constant", ["LIF-5"]) { check in
            let notes = try await check.storage(Note.self)
            let declared = notes.capabilities
            check.expect(
                declared == notes.handle.database.driver.capabilities,
                "a storage declares what its driver does"
            )
            try await notes.create(Note(id: "a"))
            check.expect(declared == notes.capabilities, "capabilities are constant")
            if declared.contains(.nestedTransactions) {
                check.expect(declared.contains(.transactions), "nested transactions need transactions")
            }
        },
        ConformanceCase("lif.capabilities.transactions", ["LIF-5"], capability: .transactions) { check in
            let notes = try await check.storage(Note.self)
            let answer = try await notes.transaction { try await $0.count() }
            check.expectEqual(answer, 0, "what is declared is done")
        },
    ]

    static let schemas: [ConformanceCase] = [
        ConformanceCase("sch.collection.described-twice", ["SCH-3", "QRY-7"]) { check in
            let database = try check.database()
            _ = try database.storage(LooseItem.self)
            _ = try database.storage(LooseItem.self)
            await check.expectError(.configuration, from: "two types that describe one collection differently") {
                try database.storage(WideItem.self)
            }
        },
        ConformanceCase("sch.missing-field.named", ["SCH-3"], needs: .otherSchema) { check in
            let narrow = try await check.storage(LooseItem.self)
            try await narrow.create(LooseItem(id: "a", size: 1))
            try await narrow.close()
            let wide = try check.reopen().storage(WideItem.self)
            // A table that lacks a column is refused; a file whose records lack an optional key reads as nil.
            do {
                try await wide.initialize()
                check.expectSame(
                    try await wide.fetch(),
                    [WideItem(id: "a", size: 1)],
                    "a store without the field is read with nil, or refused"
                )
            } catch let error as StorageError where error.code == .schemaMismatch {
                check.expect(
                    error.field == "color" || error.message.contains("color"),
                    "schemaMismatch names what is missing"
                )
            }
            try await wide.close()
            let again = try check.reopen().storage(LooseItem.self)
            try await again.initialize()
            check.expectSame(try await again.fetch(), [LooseItem(id: "a", size: 1)], "nothing is dropped")
        },
        ConformanceCase("sch.added-field.kept", ["SCH-3", "REC-9"], needs: .otherSchema) { check in
            let narrow = try await check.storage(LooseItem.self)
            try await narrow.create(LooseItem(id: "a", size: 1))
            try await narrow.close()
            let wide = try check.reopen().storage(WideItem.self)
            do {
                try await wide.initialize()
            } catch let error as StorageError where error.code == .schemaMismatch {
                // Refusing the store is right too: what matters is that no value is dropped in silence.
                check.expect(
                    error.field == "color" || error.message.contains("color"),
                    "schemaMismatch names what is missing"
                )
                return
            }
            try await wide.create(WideItem(id: "b", size: 2, color: "red"))
            let updated = try await wide.update("a") { $0.color = "blue" }
            let expected = [WideItem(id: "a", size: 1, color: "blue"), WideItem(id: "b", size: 2, color: "red")]
            check.expectSame(updated, expected[0], "a field that the store did not have can be set")
            check.expectSame(try await wide.fetch(), expected, "its values are kept")
            try await wide.close()
            let again = try check.reopen().storage(WideItem.self)
            try await again.initialize()
            check.expectSame(try await again.fetch(), expected, "and are there after reopening")
        },
        ConformanceCase("sch.collections.similar-names", ["SCH-3", "QRY-7"]) { check in
            let database = try check.database()
            let spaced = try database.storage(Twin<SpacedName>.self)
            let joined = try database.storage(Twin<JoinedName>.self)
            let quoted = try database.storage(Twin<QuotedName>.self)
            let first = try database.storage(Twin<FirstLongName>.self)
            let second = try database.storage(Twin<SecondLongName>.self)
            try await database.initialize()
            try await spaced.create(Twin(id: "a", text: "spaced"))
            try await joined.create(Twin(id: "a", text: "joined"))
            try await quoted.create(Twin(id: "a", text: "quoted"))
            try await first.create(Twin(id: "a", text: "first"))
            try await second.create(Twin(id: "a", text: "second"))
            let texts = [
                try await spaced.fetch().map(\.text), try await joined.fetch().map(\.text),
                try await quoted.fetch().map(\.text), try await first.fetch().map(\.text),
                try await second.fetch().map(\.text),
            ]
            check.expectSame(
                texts,
                [["spaced"], ["joined"], ["quoted"], ["first"], ["second"]],
                "collections whose names are alike are apart"
            )
            try await joined.deleteAll(.all)
            check.expectEqual(try await spaced.count(), 1, "emptying one leaves the others")
        },
        ConformanceCase("sch.unlisted-key.refused", ["SCH-3"]) { check in
            let items = try await check.storage(Unlisted.self)
            let error = await check.expectError(
                .configuration,
                from: "a record with a key that its schema does not name"
            ) {
                try await items.create(Unlisted(id: "a", extra: "x"))
            }
            check.expectEqual(error?.field, "extra", "the error names the key")
            check.expectEqual(try await items.count(), 0, "nothing is dropped in silence")
        },
    ]
}
