import Stowage
import Testing

/// What is pending, and every refusal of SCH-2, without a store.
@Suite struct SchemaPlannerTests {
    private let known = (1...3).map { KnownMigration(number: $0, name: "m\($0)", checksum: "c\($0)") }

    private func applied(_ numbers: Int...) -> [AppliedMigration] {
        numbers.map { AppliedMigration(number: $0, name: "m\($0)", checksum: "c\($0)", appliedAt: .now) }
    }

    private func refusal(_ history: [AppliedMigration]) -> StorageError? {
        do {
            _ = try SchemaPlanner.pending(known, after: history)
            return nil
        } catch { return error as? StorageError }
    }

    @Test func whatIsPendingComesInOrder() throws {
        #expect(try SchemaPlanner.pending(known, after: []) == known)
        #expect(try SchemaPlanner.pending(known, after: applied(1)) == Array(known[1...]))
        #expect(try SchemaPlanner.pending(known, after: applied(2, 1, 3)).isEmpty)
        #expect(try SchemaPlanner.pending([], after: []).isEmpty)
    }

    @Test func aChangedMigrationIsNamed() {
        var history = applied(1, 2)
        history[1].checksum = "other"
        let error = refusal(history)
        #expect(error?.code == .schemaMismatch && error?.message.contains("2 (m2)") == true)
        #expect(error?.message.contains("changed") == true && error?.advice?.contains("Nothing was run") == true)
    }

    @Test func anotherMigrationOfTheNumberIsNamed() {
        var history = applied(1, 2)
        history[1].name = "theirs"
        let error = refusal(history)
        #expect(error?.code == .schemaMismatch)
        #expect(error?.message.contains("2 (theirs)") == true && error?.message.contains("2 (m2)") == true)
    }

    @Test func aNewerMigrationIsNamed() {
        let error = refusal(applied(1, 2, 3, 4))
        #expect(error?.code == .schemaMismatch && error?.message.contains("4 (m4)") == true)
        #expect(error?.advice?.contains("newer version") == true)
    }

    @Test func aMigrationThatWasLeftOutIsNamed() {
        let error = refusal(applied(1, 3))
        #expect(error?.code == .schemaMismatch)
        #expect(error?.message.contains("3 (m3)") == true && error?.message.contains("2 (m2)") == true)
        #expect(refusal(applied(2))?.message.contains("1 (m1)") == true)
    }

    @Test func aMigrationThatStandsTwiceIsNamed() {
        #expect(refusal(applied(1, 1))?.message.contains("twice") == true)
    }

    // MARK: Adoption

    private let versions = try? SchemaMigrations([
        SchemaMigration(1, "a", [.createCollection("items", [.text("id").identifier(), .text("old").optional()])]),
        SchemaMigration(2, "b", [.addField(.int("size").optional(), to: "items")]),
        SchemaMigration(3, "c", [.dropField("old", of: "items")]),
        SchemaMigration(4, "d", [.addIndex(on: ["size"], of: "items")]),
    ]).versions()

    /// Which version a store with one collection of these fields is taken for.
    private func adopted(_ fields: [MigrationField]) throws -> Int {
        let migrations = SchemaMigrations([SchemaMigration(1, "live", [.createCollection("items", fields)])])
        let live = try #require(try migrations.versions().last?.first)
        return try SchemaPlanner.adoptable(#require(versions)) { shapes, forgotten in
            shapes.flatMap { live.differences(to: $0) }
                + forgotten.flatMap { shape in
                    shape.fields.filter { field in live.fields.contains { $0.name == field.name } }
                        .map { SchemaDifference(.records, in: "items", $0.name) }
                }
        }
    }

    @Test func theNewestVersionThatFitsIsAdopted() throws {
        let id = MigrationField.text("id").identifier()
        let (old, size) = (MigrationField.text("old").optional(), MigrationField.int("size").optional())
        #expect(try adopted([id, old]) == 1)
        #expect(try adopted([id, old, size]) == 2)
        // The index is made by opening, so the last version fits as well.
        #expect(try adopted([id, size]) == 4)
        #expect(try adopted([id, size, .text("foreign").optional()]) == 4)
        do {
            _ = try adopted([id, .text("size").optional()])
            Issue.record("a field of another type is adopted")
        } catch let error as StorageError {
            #expect(error.code == .schemaMismatch && error.message.contains("size") && error.message.contains("type"))
        }
    }
}
