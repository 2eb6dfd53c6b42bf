import Stowage
import Testing

/// From operations to collections.
@Suite struct SchemaReplayTests {
    private static let create = SchemaOperation.createCollection(
        "items",
        [.text("id").identifier(), .int("size").indexed(), .text("tag").optional().unique()]
    )

    private func last(_ operations: SchemaOperation...) throws -> [CollectionShape] {
        try SchemaMigrations([SchemaMigration(1, "all", operations)]).versions().last ?? []
    }

    private func refusal(_ operations: SchemaOperation...) -> StorageError? {
        do {
            _ = try SchemaMigrations([SchemaMigration(1, "all", operations)]).versions()
            return nil
        } catch { return error as? StorageError }
    }

    @Test func operationsLeadToShapes() throws {
        let shapes = try last(
            Self.create,
            .addField(.bool("done"), to: "items", default: .bool(false)),
            .renameField("size", of: "items", to: "length"),
            .addIndex(on: ["done", "length"], of: "items"),
            .changeType("length", of: "items", to: .text),
            .dropField("tag", of: "items")
        )
        let shape = try #require(shapes.first)
        #expect(shape.fields.map(\.name) == ["id", "length", "done"])
        #expect(shape.fields.map(\.type) == [.text, .text, .bool])
        #expect(shape.fields.map(\.isOptional) == [false, false, false])
        #expect(shape.indexes.map(\.name) == ["items_length_idx", "items_done_length_idx"])
        #expect(try last(Self.create, .dropCollection("items")).isEmpty)
    }

    @Test func fieldsBecomeOptionalAndRequired() throws {
        let shape = try #require(
            try last(
                Self.create,
                .makeOptional("size", of: "items"),
                .makeRequired("tag", of: "items")
            ).first
        )
        #expect(shape.fields.map(\.isOptional) == [false, true, false])
        #expect(
            try last(
                Self.create,
                .makeOptional("size", of: "items"),
                .makeRequired("size", of: "items", default: .int(1))
            )
                == last(Self.create)
        )
    }

    @Test func aRecordTypeWithTheSameFieldsFits() throws {
        struct Item: StorageRecord {
            var id: String
            var size: Int
            var tag: String?
            static let collection = "items"
            static var fields: [Field<Item>] {
                Field("tag", \.tag).unique()
                Field("id", \.id).identifier()
                Field("size", \.size).indexed()
            }
        }
        let migrations = SchemaMigrations([SchemaMigration(1, "all", [Self.create])])
        try migrations.validate(against: [Item.schema.collection])
        let more = SchemaMigrations([
            SchemaMigration(1, "all", [Self.create]),
            SchemaMigration(
                2,
                "more",
                [
                    .dropIndex(on: ["size"], of: "items"), .addField(.text("extra").optional(), to: "items"),
                    .changeType("size", of: "items", to: .double),
                ]
            ),
        ])
        do {
            try more.validate(against: [Item.schema.collection])
            Issue.record("other fields fit")
        } catch let error as StorageError {
            #expect(error.code == .configuration)
            for word in ["size", "extra", "items_size_idx"] { #expect(error.message.contains(word)) }
            #expect(error.advice?.contains("Write a migration") == true)
        }
    }

    @Test func whatCannotBeDoneIsRefusedByTheMigrationsName() {
        let refusals = [
            refusal(Self.create, Self.create), refusal(.dropCollection("items")),
            refusal(.createCollection("items", [.text("id")])),
            refusal(.createCollection("items", [.text("id").identifier().optional()])),
            refusal(Self.create, .addField(.int("n"), to: "items")),
            refusal(Self.create, .addField(.int("n"), to: "items", default: .text("1"))),
            refusal(Self.create, .addField(.int("SIZE").optional(), to: "items")),
            refusal(Self.create, .renameField("none", of: "items", to: "x")),
            refusal(Self.create, .renameField("size", of: "items", to: "xmin")),
            refusal(Self.create, .dropField("id", of: "items")), refusal(Self.create, .dropField("x", of: "items")),
            refusal(Self.create, .addIndex(on: ["none"], of: "items")),
            refusal(Self.create, .addIndex(on: ["size"], of: "items")),
            refusal(Self.create, .dropIndex(on: ["tag"], of: "items")),
            refusal(Self.create, .changeType("id", of: "items", to: .int)),
            refusal(Self.create, .changeType("size", of: "items", to: .uuid)),
            refusal(.transform("none", version: "1") { _ in }),
            refusal(Self.create, .makeOptional("id", of: "items")),
            refusal(Self.create, .makeOptional("tag", of: "items")),
            refusal(Self.create, .makeRequired("size", of: "items")),
            refusal(Self.create, .makeRequired("x", of: "items")),
            refusal(Self.create, .makeRequired("tag", of: "items", default: .text("unique"))),
            refusal(
                Self.create,
                .makeOptional("size", of: "items"),
                .makeRequired("size", of: "items", default: .text("1"))
            ),
            refusal(Self.create, .addField(.json("n"), to: "items", default: .json("null"))),
            refusal(Self.create, .addField(.json("n"), to: "items", default: .json("{"))),
        ]
        for (index, error) in refusals.enumerated() {
            #expect(error?.code == .configuration, "\(index)")
            #expect(error?.message.contains("migration 1 (all)") == true, "\(index)")
        }
    }

    @Test func numbersAndNamesAreChecked() {
        func code(_ list: SchemaMigration...) -> StorageError.Code? {
            do {
                _ = try SchemaMigrations(list).versions()
                return nil
            } catch { return (error as? StorageError)?.code }
        }
        #expect(code(SchemaMigration(1, "a", []), SchemaMigration(2, "b", [])) == nil)
        #expect(code(SchemaMigration(2, "a", [])) == .configuration)
        #expect(code(SchemaMigration(1, "a", []), SchemaMigration(2, "a", [])) == .configuration)
        #expect(code(SchemaMigration(1, "A b", [])) == .configuration)
        #expect(code(SchemaMigration(1, "", [])) == .configuration)
    }
}
