#if SQLite
import FoundationEssentials
import Testing

@testable import Stowage
@testable import StowageSQLite

struct ValueStorageTests {
    /// Values of each type in their order.
    static let ordered: [(FieldType, [Value])] = [
        (.bool, [.bool(false), .bool(true)]),
        (
            .int,
            [.int(.min), .int(.min + 1), .int(-1), .int(0), .int(1), .int(1 << 53 + 1), .int(.max - 1), .int(.max)]
        ),
        (
            .double,
            [
                -.greatestFiniteMagnitude, -1.5, -.leastNonzeroMagnitude, -0.0, .leastNonzeroMagnitude,
                .leastNormalMagnitude, 0.1, 0.1.nextUp, 1, 9_007_199_254_740_992, 1e300, .greatestFiniteMagnitude,
            ].map { Value.double($0) }
        ),
        (
            .text,
            ["", " ", "%", "A", "B", "\\", "_", "a", "ab", "e\u{301}", "z", "\u{7f}", "é", "\u{e000}", "\u{ffff}", "😀"]
                .map { Value.text($0) }
        ),
        (.data, [Data(), Data([0]), Data([0, 0]), Data([0, 1]), Data([1]), Data([255])].map { Value.data($0) }),
        (
            .uuid,
            [
                "00000000-0000-0000-0000-000000000000", "0A000000-0000-0000-0000-000000000000",
                "A0000000-0000-0000-0000-000000000001", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
            ].map { Value.uuid(UUID(uuidString: $0)!) }
        ),
        (
            .time,
            [-62_135_596_800_000_000, -1, 0, 1, 1_714_404_180_000_001, 253_402_300_799_999_999].map {
                Value.time(Timestamp(uncheckedMicroseconds: $0))
            }
        ),
        (
            .decimal,
            [
                "-12345678901234567890123456789012345678", "-12345678901234567890123456789012345677", "-1.5", "-0.01",
                "0", "0.0000000000000000000000000000000000001", "0.1", "0.10000000000000000000000000000000000001", "9",
                "10", "12345678901234567890123456789012345677", "12345678901234567890123456789012345678",
            ].map { Value.decimal(Decimal(string: $0)!) }
        ),
    ]

    @Test(arguments: 0..<ordered.count)
    func valuesComeBackInTheirOrder(_ number: Int) async throws {
        let (type, values) = Self.ordered[number]
        for (indexed, unique) in [(false, false), (true, false), (true, true)] {
            let store = try await Store(Sample.typed(type, indexed: indexed, unique: unique))
            let shuffled = values.enumerated().shuffled()
            try await store.insert(shuffled.map { [.int(Int64($0.offset)), $0.element] } + [[.int(-1), .null]])
            let rows = try await store.rows(order: [SortKey("f"), SortKey("id")])
            #expect(rows.map { $0.values[0] } == values.indices.map { .int(Int64($0)) } + [.int(-1)])
            for (row, value) in zip(rows, values) { #expect(row.values[1].isIdentical(to: value), "\(type)") }
            let down = try await store.ids(order: [SortKey("f", .descending), SortKey("id", .descending)])
            #expect(down == rows.reversed().map { $0.values[0] })
            for (index, value) in values.enumerated() {
                func ids(_ comparison: QueryPredicate.Comparison) async throws -> [Value] {
                    try await store.ids(.compare(field: "f", comparison, value))
                }
                func expected(_ range: Range<Int>) -> [Value] { range.map { .int(Int64($0)) } }
                #expect(try await ids(.equal) == expected(index..<index + 1), "\(type) \(index)")
                #expect(try await ids(.less) == expected(0..<index), "\(type) \(index)")
                #expect(try await ids(.lessOrEqual) == expected(0..<index + 1), "\(type) \(index)")
                #expect(try await ids(.greater) == expected(index + 1..<values.count), "\(type) \(index)")
                #expect(try await ids(.greaterOrEqual) == expected(index..<values.count), "\(type) \(index)")
                #expect(try await ids(.notEqual).count == values.count)
            }
            if unique {
                await expect(.constraint) { try await store.insert([[.int(1000), values[0]]]) }
            }
        }
    }

    @Test(arguments: 0..<ordered.count)
    func longListsAreExact(_ number: Int) async throws {
        let (type, values) = Self.ordered[number]
        let store = try await Store(Sample.typed(type, indexed: true))
        try await store.insert(values.enumerated().map { [.int(Int64($0.offset)), $0.element] } + [[.int(-1), .null]])
        let long = Array(repeating: values, count: 20).flatMap { $0 }
        #expect(try await store.ids(.member(field: "f", isIn: true, long)).count == values.count)
        #expect(try await store.ids(.member(field: "f", isIn: false, long)) == [.int(-1)])
        for (index, value) in values.enumerated() {
            let list = Array(repeating: value, count: 9)
            #expect(
                try await store.ids(.member(field: "f", isIn: true, list)) == [.int(Int64(index))],
                "\(type) \(index)"
            )
        }
    }

    @Test func aHundredThousandValues() async throws {
        for (type, make): (FieldType, (Int) -> Value) in [
            (.int, { .int(Int64($0)) }), (.text, { .text("v\($0)") }), (.double, { .double(Double($0) / 3) }),
            (.data, { .data(Data("v\($0)".utf8)) }),
        ] {
            let store = try await Store(Sample.typed(type, indexed: true))
            try await store.insert((0..<100).map { [.int(Int64($0)), make($0 * 7)] })
            #expect(try await store.ids(.member(field: "f", isIn: true, (0..<100_000).map(make))).count == 100)
            #expect(try await store.ids(.member(field: "f", isIn: false, (7..<100_000).map(make))) == [.int(0)])
        }
    }

    @Test func negativeZeroIsZero() async throws {
        let store = try await Store(Sample.typed(.double, unique: true))
        try await store.insert([[.int(1), .double(-0.0)]])
        #expect(try await store.ids(.compare(field: "f", .equal, .double(0))) == [.int(1)])
        #expect(try await store.ids(.compare(field: "f", .notEqual, .double(0))).isEmpty)
        #expect(
            try await store.ids(.member(field: "f", isIn: true, Array(repeating: .double(0), count: 20))) == [.int(1)]
        )
        await expect(.constraint) { try await store.insert([[.int(2), .double(0)]]) }
        guard case .double(let value)? = try await store.get(.int(1))?.values[1] else { return #expect(Bool(false)) }
        #expect(value.bitPattern == (-0.0).bitPattern)
    }

    @Test func longTextAndKeysOfTwoParts() async throws {
        let store = try await Store(Sample.notes)
        let long = String(repeating: "äöü😀", count: 300_000)
        try await store.write(.insert(Row(values: [.text("a"), .null, .null], unknown: #"{"t":"\#(long)"}"#)))
        #expect(try await store.get(.text("a"))?.unknown?.utf8.count == long.utf8.count + 8)
    }

    @Test func whatAnotherProgramBrokeIsCorrupt() async throws {
        let folder = try TemporaryFolder()
        let store = try await Store(Sample.notes, in: folder)
        try Raw.run(
            folder,
            """
            INSERT INTO notes (id, title, rank) VALUES ('a', 'x', 'not a number');
            INSERT INTO notes (id, title, rank) VALUES ('b', CAST(x'ff41' AS TEXT), 1);
            """
        )
        #expect(await expect(.corrupt) { _ = try await store.get(.text("a")) }?.field == "rank")
        #expect(await expect(.corrupt) { _ = try await store.get(.text("b")) }?.field == "title")
        let decimals = try await Store(Sample.typed(.decimal), in: try TemporaryFolder())
        try Raw.run(decimals.folder, "INSERT INTO typed (id, f) VALUES (1, 'x')")
        await expect(.corrupt) { _ = try await decimals.ids(.compare(field: "f", .less, .decimal(5))) }
    }
}
#endif
