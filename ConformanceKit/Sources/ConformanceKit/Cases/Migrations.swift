internal import FoundationEssentials
internal import Stowage

// SCH-1, SCH-2: schema migrations. A mutant that applies a migration again, that loses its book-keeping, that ignores a
// checksum, a gap or a newer migration, or that keeps half of one that failed, is caught here.
extension ConformanceCases {
    static let migrations: [ConformanceCase] = [
        ConformanceCase("sch.migrate.in-order-and-once", ["SCH-1"], capability: .schemaMigrations) { check in
            let first = try check.database(migrations: Books.upTo(1))
            let old = try first.storage(Book1.self)
            try await first.initialize()
            try await old.create(Book1(id: "a", pages: "12", shelf: "s"))
            let second = try check.database(migrations: Books.all)
            let books = try second.storage(Book3.self)
            let before = try await second.schemaStatus()
            check.expectEqual(before.pending.map(\.number), [2, 3], "what is pending is known before it runs")
            try await second.initialize()
            check.expectSame(
                try await books.fetch(),
                [Book3(id: "a", pages: 12, place: "s+", isRead: false)],
                "migrations run in order"
            )
            let history = try await second.schemaStatus().history
            check.expectEqual(history.map(\.number), [1, 2, 3], "the history has every migration once")
            check.expectEqual(history.map(\.name), Books.list.map(\.name), "the history has their names")
            check.expect(history.allSatisfy { $0.checksum.utf8.count == 64 && !$0.isAdopted }, "and their checksums")
            check.expectEqual(try await second.migrateSchema(), [], "what was applied is not applied again")
            let third = try check.database(migrations: Books.all)
            let again = try third.storage(Book3.self)
            try await third.initialize()
            check.expectSame(try await again.fetch().map(\.place), ["s+"], "nor by another handle")
            check.expectEqual(try await third.schemaStatus().history, history, "and the history stays")
        },
        ConformanceCase("sch.migrate.keeps-records", ["SCH-1", "REC-9"], capability: .schemaMigrations) { check in
            let old = try check.database(migrations: Books.upTo(1))
            let books = try old.storage(Book1.self)
            try await old.initialize()
            try await Self.fill(
                books,
                #"[{"id":"a","pages":"1","x":{"n":1.50,"big":9007199254740993}},{"id":"é","pages":"2","isRead":true,"y":[]}]"#
            )
            let new = try check.database(migrations: Books.all)
            let upgraded = try new.storage(Book3.self)
            try await new.initialize()
            check.expectEqual(
                try await Self.texts(upgraded),
                [
                    #"{"id":"a","pages":1,"isRead":false,"x":{"n":1.50,"big":9007199254740993}}"#,
                    #"{"id":"é","pages":2,"isRead":true,"y":[]}"#,
                ],
                "every record is kept with what no schema knew, and a member of a new field's name is the field's value"
            )
        },
        ConformanceCase("sch.migrate.eight-handles", ["SCH-1"], level: .stochastic, capability: .schemaMigrations) {
            check in
            let first = try check.database(migrations: Books.upTo(1))
            let old = try first.storage(Book1.self)
            try await first.initialize()
            try await old.create(Book1(id: "a", pages: "1", shelf: "s"))
            let databases = try (0..<8).map { _ in try check.database(migrations: Books.all) }
            for database in databases { _ = try database.storage(Book3.self) }
            let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
                for database in databases {
                    group.addTask { try await database.migrateSchema().map(\.number) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            check.expectEqual(applied.sorted(), [2, 3], "of eight handles one applies each migration")
            let books = try databases[0].storage(Book3.self)
            try await databases[0].initialize()
            check.expectSame(try await books.fetch().map(\.place), ["s+"], "each migration ran once")
        },
        ConformanceCase(
            "sch.migrate.eight-processes",
            ["SCH-1"],
            level: .stochastic,
            capability: .schemaMigrations,
            needs: .workers
        ) { check in
            let first = try check.database(migrations: Books.upTo(1))
            let old = try first.storage(Book1.self)
            try await first.initialize()
            try await old.create(Book1(id: "a", pages: "1", shelf: "s"))
            let workers = try (0..<8).map { try check.worker(.migrate, "p\($0)") }
            var applied: [Int] = []
            for worker in workers {
                check.expect(try await worker.waitForEnd(), "a process that migrates a store ends")
                check.expect(worker.lines.last == "done", "and succeeds")
                applied += worker.lines.compactMap { Int($0) }
                worker.removeOutput()
            }
            check.expectEqual(applied.sorted(), [2, 3], "of eight processes one applies each migration")
            let database = try check.database(migrations: Books.all)
            let books = try database.storage(Book3.self)
            try await database.initialize()
            check.expectSame(try await books.fetch().map(\.place), ["s+"], "each migration ran once")
        },
        ConformanceCase("sch.migrate.failed-is-undone", ["SCH-1"], capability: .schemaMigrations) { check in
            let secret = "s3cr3t-value"
            let first = try check.database(migrations: Books.upTo(1))
            let old = try first.storage(Book1.self)
            try await first.initialize()
            try await old.createMany([Book1(id: "a", pages: "1"), Book1(id: "b", pages: secret)])
            let broken = try check.database(migrations: Books.all)
            _ = try broken.storage(Book3.self)
            let error = await check.expectError(.invalidValue, from: "a value that does not convert") {
                try await broken.initialize()
            }
            check.expectEqual(error?.recordID, "b", "the error names the record")
            check.expect(error?.message.contains("2 (retype)") == true, "and the migration")
            check.expect(error.map { !"\($0)".contains(secret) } ?? true, "and no value", rule: "LIF-4")
            let status = try await broken.schemaStatus()
            check.expectEqual(status.history.map(\.number), [1], "the history is as it was")
            check.expectEqual(status.differences, [], "and so is the schema")
            let again = try check.database(migrations: Books.upTo(1))
            let books = try again.storage(Book1.self)
            try await again.initialize()
            check.expectSame(try await books.fetch().map(\.pages), ["1", secret], "and every record")
            try await books.update("b") { $0.pages = "3" }
            let repaired = try check.database(migrations: Books.all)
            let upgraded = try repaired.storage(Book3.self)
            try await repaired.initialize()
            check.expectSame(try await upgraded.fetch().map(\.pages), [1, 3], "once repaired, it is applied")
        },
        ConformanceCase("sch.migrate.optionality", ["SCH-1", "SCH-3"], capability: .schemaMigrations) { check in
            try await Self.items(check, LooseItem.self, ItemSizes.optional) { items in
                try await items.createMany([LooseItem(id: "none"), LooseItem(id: "two", size: 2)])
            }
            try await Self.items(check, StrictItem.self, ItemSizes.required) { items in
                check.expectSame(
                    try await items.fetch(),
                    [StrictItem(id: "none", size: 5), StrictItem(id: "two", size: 2)],
                    "a field that becomes required gets its default where it held nothing, and nowhere else"
                )
                try await items.create(StrictItem(id: "new", size: 1))
            }
            try await Self.items(check, LooseItem.self, ItemSizes.optionalAgain) { items in
                try await items.create(LooseItem(id: "void"))
                check.expectSame(
                    try await items.fetch().map(\.size),
                    [1, 5, 2, nil],
                    "a field that becomes optional keeps its values, and takes nil from then on"
                )
                check.expectSame(
                    try await items.fetch(.where { $0.size == nil }).map(\.id),
                    ["void"],
                    "which is found as nil"
                )
            }
        },
        ConformanceCase(
            "sch.migrate.required-without-value",
            ["SCH-1", "SCH-3"],
            capability: .schemaMigrations
        ) { check in
            try await Self.items(check, LooseItem.self, ItemSizes.optional) { items in
                try await items.createMany([LooseItem(id: "none"), LooseItem(id: "two", size: 2)])
            }
            let strict = try check.database(migrations: ItemSizes.requiredWithoutDefault)
            _ = try strict.storage(StrictItem.self)
            let error = await check.expectError(
                .schemaMismatch,
                from: "a record without a value for a field that becomes required",
                rule: "SCH-3"
            ) { try await strict.initialize() }
            check.expectEqual(error?.recordID, "none", "the error names the record", rule: "SCH-3")
            check.expectEqual(error?.field, "size", "and the field", rule: "SCH-3")
            check.expect(error?.message.contains("2 (demand)") == true, "and the migration")
            try await Self.items(check, LooseItem.self, ItemSizes.optional) { items in
                check.expectSame(try await items.fetch().map(\.size), [nil, 2], "nothing was changed")
                try await items.update("none") { $0.size = 1 }
            }
            try await Self.items(check, StrictItem.self, ItemSizes.requiredWithoutDefault) { items in
                check.expectSame(try await items.fetch().map(\.size), [1, 2], "once it has one, it is applied")
            }
        },
        ConformanceCase("sch.refuse.changed", ["SCH-2"], capability: .schemaMigrations) { check in
            try await Self.expectRefusal(check, Books.changed, Book3.self, naming: "2 (retype)")
        },
        ConformanceCase("sch.refuse.missing", ["SCH-2"], capability: .schemaMigrations) { check in
            try await Self.expectRefusal(check, Books.without2, Book3.self, naming: "2 (retype)")
        },
        ConformanceCase("sch.refuse.newer", ["SCH-2"], capability: .schemaMigrations) { check in
            try await Self.expectRefusal(check, Books.upTo(1), Book1.self, naming: "2 (retype)")
        },
        ConformanceCase("sch.refuse.by-policy", ["SCH-1"], capability: .schemaMigrations) { check in
            let first = try check.database(migrations: Books.upTo(1))
            let old = try first.storage(Book1.self)
            try await first.initialize()
            try await old.create(Book1(id: "a", pages: "1"))
            let careful = try check.database(migrations: Books.all, policy: .refuse)
            _ = try careful.storage(Book3.self)
            let error = await check.expectError(.schemaMismatch, from: "pending migrations under the policy refuse") {
                try await careful.initialize()
            }
            check.expect(
                ["2 (retype)", "3 (place)"].allSatisfy { error?.message.contains($0) == true },
                "the error names what is pending"
            )
            let status = try await careful.schemaStatus()
            check.expectEqual(status.history.map(\.number), [1], "nothing was applied")
            try await careful.migrateSchema()
            try await careful.initialize()
            check.expect(try await careful.schemaStatus().pending.isEmpty, "asked for by name, it is applied")
        },
        ConformanceCase("sch.adopt.newest-that-fits", ["SCH-1", "SCH-3"], capability: .schemaMigrations) { check in
            let plain = try await check.storage(Book1.self)
            try await plain.create(Book1(id: "a", pages: "7", shelf: "s"))
            let database = try check.database(migrations: Books.all)
            let books = try database.storage(Book3.self)
            check.expectEqual(
                try await database.schemaStatus().adoptable,
                1,
                "a store without a history fits a version"
            )
            try await database.initialize()
            check.expectSame(
                try await books.fetch(),
                [Book3(id: "a", pages: 7, place: "s+", isRead: false)],
                "it is taken for the newest version that it fits, and brought further"
            )
            let strange = try await check.storage(Stranger.self, store: 1)
            try await strange.create(Stranger(id: "a", weight: 1))
            let refusing = try check.database(store: 1, migrations: Books.all)
            _ = try refusing.storage(Book3.self)
            let error = await check.expectError(.schemaMismatch, from: "a store that fits no version", rule: "SCH-3") {
                try await refusing.initialize()
            }
            check.expect(error?.message.contains("pages") == true, "the error names the differences", rule: "SCH-3")
            check.expectSame(
                try await strange.fetch(),
                [Stranger(id: "a", weight: 1)],
                "and nothing was changed",
                rule: "SCH-3"
            )
        },
    ]

    /// Opens the items with some migrations.
    private static func items<Record: StorageRecord>(
        _ check: CaseContext,
        _ type: Record.Type,
        _ migrations: SchemaMigrations,
        _ body: (RecordStorage<Record, RecordsOnly<Record>>) async throws -> Void
    ) async throws {
        let database = try check.database(migrations: migrations)
        let items = try database.storage(type)
        try await database.initialize()
        try await body(items)
    }

    /// A store of all migrations is opened with others: refused by name, and nothing has changed.
    private static func expectRefusal<Record: StorageRecord>(
        _ check: CaseContext,
        _ migrations: SchemaMigrations,
        _ type: Record.Type,
        naming name: String
    ) async throws {
        let first = try check.database(migrations: Books.all)
        let books = try first.storage(Book3.self)
        try await first.initialize()
        try await books.create(Book3(id: "a", pages: 1, place: "p", isRead: true))
        let history = try await first.schemaStatus().history
        let other = try check.database(migrations: migrations)
        _ = try other.storage(type)
        let error = await check.expectError(.schemaMismatch, from: "opening with other migrations") {
            try await other.initialize()
        }
        check.expect(error?.message.contains(name) == true, "the error names the migration")
        let named = await check.expectError(.schemaMismatch, from: "migrating with other migrations") {
            try await other.migrateSchema()
        }
        check.expect(named?.message.contains(name) == true, "and again when asked by name")
        check.expectEqual(try await first.schemaStatus().history, history, "nothing was applied or noted")
        check.expectSame(
            try await books.fetch(),
            [Book3(id: "a", pages: 1, place: "p", isRead: true)],
            "no record was changed"
        )
    }

    private static func fill<Record: StorageRecord>(
        _ storage: RecordStorage<Record, RecordsOnly<Record>>,
        _ json: String
    ) async throws {
        let content = try StoreImport(
            Record.self,
            state: RecordsOnly<Record>.self,
            reading: Array(json.utf8),
            from: "the kit"
        )
        _ = try await content.run(into: storage, onConflict: .fail)
    }

    private static func texts(_ books: RecordStorage<Book3, RecordsOnly<Book3>>) async throws -> [String] {
        var texts: [String] = []
        for book in try await books.fetch() {
            if let json = try await books.getJSON(book.id) {
                texts.append(String(decoding: json.compact, as: UTF8.self))
            }
        }
        return texts
    }
}

extension CaseContext {
    /// A handle on one of the case's stores, not initialized yet, with migrations.
    func database(
        store: Int = 0,
        migrations: SchemaMigrations,
        policy: SchemaMigrationPolicy = .apply
    ) throws -> StorageDatabase {
        // The handle beneath is closed with the case, and the driver with it.
        let database = try database(store: store)
        return StorageDatabase(
            driver: database.driver,
            access: database.access,
            options: database.options,
            migrations: migrations,
            migrationPolicy: policy
        )
    }
}
