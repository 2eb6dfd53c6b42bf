#if SQLite
import FoundationEssentials
import Testing

@testable import Stowage
@testable import StowageSQLite

struct RecordTests {
    @Test func createGetUpdateDelete() async throws {
        let store = try await Store(Sample.notes)
        let outcome = try await store.write(.insert(Sample.note("a", "A", 1, unknown: #"{"x":1.50}"#)))
        #expect(outcome[0].inserted)
        let row = try await store.get(.text("a"))
        #expect(row?.values == [.text("a"), .text("A"), .int(1)])
        #expect(row?.unknown == #"{"x":1.50}"#)
        #expect(try await store.get(.text("b")) == nil)
        let updated = try await store.write(
            .update(Key(.text("a")), [Assignment(field: 1, value: .null)]),
            returnsRows: true
        )
        #expect(updated[0].row?.values == [.text("a"), .null, .int(1)])
        #expect(updated[0].row?.unknown == #"{"x":1.50}"#)
        let absent = try await store.write(
            .update(Key(.text("b")), [Assignment(field: 1, value: .null)]),
            returnsRows: true
        )
        #expect(absent[0].affected == 0 && absent[0].row == nil)
        #expect(try await store.write(.delete(Key(.text("a"))))[0].affected == 1)
        #expect(try await store.write(.delete(Key(.text("a"))))[0].affected == 0)
        #expect(try await store.driver.count(.all, in: Sample.notes, context: anHour) == 0)
    }

    @Test func takenKeysAndUniqueValues() async throws {
        let store = try await Store(Sample.notes)
        try await store.write(.insert(Sample.note("a", "A")))
        let taken = await expect(.alreadyExists) { try await store.write(.insert(Sample.note("a", "other"))) }
        #expect(taken?.recordID == "a" && taken?.batchIndex == 0)
        let unique = await expect(.constraint) { try await store.write(.insert(Sample.note("b", "A"))) }
        #expect(unique?.field == "title" && unique?.recordID == "b")
        #expect(unique?.backend?.constraint == "notes_title")
        // Both at once: the key comes first.
        await expect(.alreadyExists) { try await store.write(.insert(Sample.note("a", "A"))) }
        #expect(try await store.write(.insertIfAbsent(Sample.note("a", "A")))[0].inserted == false)
        #expect(try await store.write(.insertIfAbsent(Sample.note("c")))[0].inserted)
        await expect(.constraint) {
            try await store.write(.update(Key(.text("c")), [Assignment(field: 1, value: .text("A"))]))
        }
        // Nil equals no nil.
        try await store.write(.insert(Sample.note("d")), .insert(Sample.note("e")))
    }

    @Test func aBatchIsAllOrNothingAndNamesWhatFailed() async throws {
        let store = try await Store(Sample.notes)
        try await store.write(.insert(Sample.note("c")))
        let error = await expect(.alreadyExists) {
            try await store.write(.insert(Sample.note("a")), .delete(Key(.text("c"))), .insert(Sample.note("a")))
        }
        #expect(error?.batchIndex == 2 && error?.recordID == "a" && error?.collection == "notes")
        #expect(try await store.ids() == [.text("c")])
        #expect(try await store.write().isEmpty)
    }

    @Test func upsertKeepsWhatTheSchemaDoesNotKnow() async throws {
        let schema = CollectionSchema(
            name: "n",
            fields: [
                FieldSchema(name: "id", type: .int, isOptional: false),
                FieldSchema(
                    name: "nested",
                    type: .json,
                    isOptional: true,
                    keepingUnknown: { old, new in old.contains("unknown") && new == "{}" ? old : new }
                ),
            ],
            key: [0],
            indexes: []
        )
        let store = try await Store(schema)
        func row(_ nested: Value, unknown: String? = nil) -> Mutation {
            .upsert(Row(values: [.int(1), nested], unknown: unknown))
        }
        #expect(try await store.write(row(.json(#"{"unknown":1}"#), unknown: #"{"a":1,"b":2}"#))[0].inserted)
        #expect(try await store.write(row(.json("{}")))[0].inserted == false)
        var stored = try await store.get(.int(1))
        #expect(stored?.values[1] == .json(#"{"unknown":1}"#))
        #expect(stored?.unknown == #"{"a":1,"b":2}"#)
        try await store.write(row(.json(#"{"k":1}"#), unknown: #"{"b":3,"c":4}"#))
        stored = try await store.get(.int(1))
        #expect(stored?.values[1] == .json(#"{"k":1}"#))
        #expect(stored?.unknown == #"{"a":1,"b":3,"c":4}"#)
        try await store.write(row(.null))
        #expect(try await store.get(.int(1))?.values[1] == .null)
    }

    @Test func foreignColumnsAreKept() async throws {
        let folder = try TemporaryFolder()
        try Raw.run(
            folder,
            """
            CREATE TABLE notes (rank INTEGER, colour TEXT, ID TEXT PRIMARY KEY, title TEXT, size REAL, raw BLOB, n INT);
            INSERT INTO notes VALUES (1, 're"d', 'a', 'A', 1.5, x'0102', NULL);
            """
        )
        let store = try await Store(Sample.notes, in: folder)
        let expected = #"{"colour":"re\"d","size":1.5,"raw":"AQI="}"#
        #expect(try await store.get(.text("a"))?.unknown == expected)
        try await store.write(.upsert(Sample.note("a", "B", 2)))
        #expect(try await store.get(.text("a"))?.unknown == expected)
        try await store.write(.upsert(Sample.note("a", "B", 2, unknown: #"{"x":1}"#)))
        #expect(try await store.get(.text("a"))?.unknown == #"{"x":1,"colour":"re\"d","size":1.5,"raw":"AQI="}"#)
        // The swap of unique values takes the long way; foreign columns take it too.
        try await store.write(.insert(Sample.note("b", "A")))
        try await store.write(.replaceAll([Sample.note("a", "A"), Sample.note("b", "B"), Sample.note("c", "C")]))
        #expect(try await store.get(.text("a"))?.unknown == #"{"x":1,"colour":"re\"d","size":1.5,"raw":"AQI="}"#)
        #expect(try await store.rows().map { $0.values[1] } == [.text("A"), .text("B"), .text("C")])
    }

    @Test func replaceAllReplacesAll() async throws {
        let store = try await Store(Sample.notes)
        try await store.insert([
            [.text("a"), .text("A"), .null], [.text("b"), .text("B"), .null], [.text("c"), .text("C"), .null],
        ])
        try await store.write(.upsert(Sample.note("a", "A", unknown: #"{"keep":1}"#)))
        // A ring: a takes B, b takes C, c (new values) takes A.
        try await store.write(
            .replaceAll([Sample.note("a", "B"), Sample.note("b", "C"), Sample.note("c", "A"), Sample.note("d", nil, 4)])
        )
        #expect(try await store.rows().map { $0.values[1] } == [.text("B"), .text("C"), .text("A"), .null])
        #expect(try await store.get(.text("a"))?.unknown == #"{"keep":1}"#)
        // Unique values of records that go are free.
        try await store.write(.replaceAll([Sample.note("z", "B")]))
        #expect(try await store.ids() == [.text("z")])
        let error = await expect(.constraint) {
            try await store.write(.replaceAll([Sample.note("x", "1"), Sample.note("y", "1")]))
        }
        #expect(error?.batchIndex == 1 && error?.recordID == "y" && error?.field == "title")
        await expect(.alreadyExists) { try await store.write(.replaceAll([Sample.note("x"), Sample.note("x")])) }
        #expect(try await store.ids() == [.text("z")])
        try await store.write(.replaceAll([]))
        #expect(try await store.ids().isEmpty)
    }

    @Test func updateAllAndDeleteAllCount() async throws {
        let store = try await Store(Sample.notes)
        try await store.insert((0..<10).map { [.text("\($0)"), .null, .int($0)] })
        let low = QueryPredicate.compare(field: "rank", .less, .int(5))
        #expect(try await store.write(.updateAll(low, [Assignment(field: 2, value: .int(1))]))[0].affected == 5)
        #expect(try await store.write(.updateAll(low, []))[0].affected == 5)
        #expect(try await store.write(.deleteAll(low))[0].affected == 5)
        #expect(try await store.ids().count == 5)
    }

    @Test func hostileNames() async throws {
        let names = ["a\"b", "x' OR 1=1 --", "select", "100% ?1 :x @y $z", "ünïcødé 🙂", "t.c, t.d"]
        let hostile = CollectionSchema(
            name: "t.\"a\"; DROP TABLE x",
            fields: names.map { FieldSchema(name: $0, type: .text, isOptional: false) },
            key: [0, 1],
            indexes: [IndexSchema(name: "i\"; --", fields: [2, 5], isUnique: true)]
        )
        let store = try await Store(hostile)
        let values = names.map { Value.text($0) }
        try await store.write(.insert(Row(values: values)))
        #expect(try await store.get(values[0], values[1])?.values == values)
        #expect(try await store.ids(.and(names.map { .compare(field: $0, .equal, .text($0)) })).count == 1)
        var other = values
        other[0] = .text("other")
        let error = await expect(.constraint) { [other] in try await store.write(.insert(Row(values: other))) }
        #expect(error?.field == "select, t.c, t.d")
        #expect(error?.backend?.constraint == "i\"; --")
    }

    @Test func idsDifferByTheirBytes() async throws {
        let store = try await Store(Sample.notes)
        try await store.write(
            .insert(Sample.note("\u{e9}")),
            .insert(Sample.note("e\u{301}")),
            .insert(Sample.note(""))
        )
        #expect(try await store.ids().count == 3)
        #expect(try await store.get(.text("")) != nil)
    }
}
#endif
