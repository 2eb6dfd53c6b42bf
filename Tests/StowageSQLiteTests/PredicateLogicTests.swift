#if SQLite
import FoundationEssentials
import Testing

@testable import Stowage
@testable import StowageSQLite

/// Predicates against an evaluator that is too simple to be wrong (QRY-1, QRY-5).
struct PredicateLogicTests {
    private static let values: [[Value]] = {
        let numbers: [Value] = [.null, .int(1), .int(2), .int(3)]
        let texts: [Value] = [.null, .text(""), .text("aB%"), .text("ab_\\"), .text("É")]
        var rows: [[Value]] = []
        for number in numbers { for text in texts { rows.append([.int(Int64(rows.count)), text, number]) } }
        return rows
    }()

    private static let collection = CollectionSchema(
        name: "logic",
        fields: [
            FieldSchema(name: "id", type: .int, isOptional: false),
            FieldSchema(name: "t", type: .text, isOptional: true),
            FieldSchema(name: "n", type: .int, isOptional: true),
        ],
        key: [0],
        indexes: [IndexSchema(name: "logic_n", fields: [2], isUnique: false)]
    )

    private static func matches(_ predicate: QueryPredicate, _ row: [Value]) -> Bool {
        func value(_ field: String) -> Value { row[collection.position(of: field)!] }
        switch predicate {
        case .all: return true
        case .none: return false
        case .isNil(let field): return value(field).isNull
        case .isNotNil(let field): return !value(field).isNull
        case .and(let parts): return parts.allSatisfy { matches($0, row) }
        case .or(let parts): return parts.contains { matches($0, row) }
        case .not(let inner): return !matches(inner, row)
        case .member(let field, let isIn, let list): return list.contains(value(field)) == isIn
        case .compare(let field, let comparison, let other):
            let stored = value(field)
            if stored.isNull { return comparison == .notEqual }
            let order = stored.compare(other)
            switch comparison {
            case .equal: return order == .same
            case .notEqual: return order != .same
            case .less: return order == .ascending
            case .lessOrEqual: return order != .descending
            case .greater: return order == .descending
            case .greaterOrEqual: return order != .ascending
            }
        case .text(let field, let match, let needle, let ignoringCase):
            guard case .text(let stored) = value(field) else { return false }
            func bytes(_ text: String) -> [UInt8] {
                text.utf8.map { ignoringCase && $0 >= 65 && $0 <= 90 ? $0 + 32 : $0 }
            }
            let (long, short) = (bytes(stored), bytes(needle))
            guard long.count >= short.count else { return false }
            let starts = (0...long.count - short.count).filter { Array(long[$0..<$0 + short.count]) == short }
            switch match {
            case .contains: return !starts.isEmpty
            case .hasPrefix: return starts.contains(0)
            case .hasSuffix: return starts.contains(long.count - short.count)
            }
        }
    }

    private static func randomPredicate(depth: Int) -> QueryPredicate {
        func number() -> Value { .int(.random(in: 0...4)) }
        func text() -> String { ["", "a", "A", "aB%", "b", "%", "_", "\\", "_\\", "É", "é"].randomElement()! }
        func comparison() -> QueryPredicate.Comparison { .allCases.randomElement()! }
        switch Int.random(in: 0..<(depth > 0 ? 12 : 8)) {
        case 0: return .compare(field: "n", comparison(), number())
        case 1: return .compare(field: "t", comparison(), .text(text()))
        case 2: return .member(field: "n", isIn: .random(), (0..<Int.random(in: 0...12)).map { _ in number() })
        case 3: return .isNil(field: Bool.random() ? "n" : "t")
        case 4: return .isNotNil(field: Bool.random() ? "n" : "t")
        case 5, 6:
            return .text(field: "t", .allCases.randomElement()!, needle: text(), ignoringASCIICase: .random())
        case 7: return Bool.random() ? .all : .none
        case 8: return .not(randomPredicate(depth: depth - 1))
        case 9: return .not(randomPredicate(depth: depth - 1))
        case 10: return .and((0..<Int.random(in: 0...4)).map { _ in randomPredicate(depth: depth - 1) })
        default: return .or((0..<Int.random(in: 0...4)).map { _ in randomPredicate(depth: depth - 1) })
        }
    }

    @Test func randomPredicatesMatchWhatSwiftMatches() async throws {
        let store = try await Store(Self.collection)
        try await store.insert(Self.values)
        for _ in 0..<1500 {
            let predicate = Self.randomPredicate(depth: 4)
            let expected = Self.values.filter { Self.matches(predicate, $0) }.map { $0[0] }
            #expect(try await store.ids(predicate) == expected, "\(predicate)")
            #expect(try await store.driver.count(predicate, in: Self.collection, context: anHour) == expected.count)
        }
    }

    @Test func longChainsRun() async throws {
        let store = try await Store(Self.collection)
        try await store.insert(Self.values)
        let terms = (0..<10_000).map { QueryPredicate.compare(field: "n", .equal, .int(Int64($0))) }
        #expect(try await store.ids(.or(terms)).count == 15)
        #expect(try await store.ids(.not(.and(terms.map { .not($0) }))).count == 15)
    }

    @Test func nilsGoWhereTheQuerySays() async throws {
        let store = try await Store(Self.collection)
        try await store.insert([[.int(0), .null, .null], [.int(1), .null, .int(5)], [.int(2), .null, .int(4)]])
        func ids(_ direction: SortDirection, _ nils: NilPlacement?) async throws -> [Value] {
            try await store.ids(order: [SortKey("n", direction, nils: nils), SortKey("id")])
        }
        #expect(try await ids(.ascending, nil) == [.int(2), .int(1), .int(0)])
        #expect(try await ids(.ascending, .first) == [.int(0), .int(2), .int(1)])
        #expect(try await ids(.descending, nil) == [.int(0), .int(1), .int(2)])
        #expect(try await ids(.descending, .last) == [.int(1), .int(2), .int(0)])
        let order = [SortKey("id")]
        #expect(try await store.rows(order: order, limit: 0).isEmpty)
        #expect(try await store.rows(order: order, limit: 1, offset: 1).map { $0.values[0] } == [.int(1)])
        #expect(try await store.rows(order: order, offset: 2).count == 1)
        #expect(try await store.rows(order: order, offset: 9).isEmpty)
    }

    @Test func indexesAreUsed() async throws {
        func plan(_ type: FieldType, unique: Bool = false, _ predicate: QueryPredicate) async throws -> String {
            let store = try await Store(Sample.typed(type, indexed: true, unique: unique))
            let query = DriverQuery(predicate, order: [SortKey("id")])
            return try await store.driver.explain(query, in: store.collection, context: anHour).description
        }
        for unique in [false, true] {
            for comparison: QueryPredicate.Comparison in [.equal, .less, .greaterOrEqual] {
                for (type, value): (FieldType, Value) in [
                    (.int, .int(1)), (.text, .text("a")), (.double, .double(1)), (.decimal, .decimal(1)),
                ] {
                    let plan = try await plan(type, unique: unique, .compare(field: "f", comparison, value))
                    #expect(plan.contains("INDEX"), "\(type) \(comparison) \(unique): \(plan)")
                }
            }
        }
        let prefix = try await plan(.text, .text(field: "f", .hasPrefix, needle: "a", ignoringASCIICase: false))
        #expect(prefix.contains("INDEX"))
        let list = try await plan(.double, .member(field: "f", isIn: true, (0..<100).map { .double(Double($0)) }))
        #expect(list.contains("INDEX"))
    }
}
#endif
