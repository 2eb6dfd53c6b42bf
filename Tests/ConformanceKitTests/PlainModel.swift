import FoundationEssentials

@testable import Stowage

/// The contract's rules for queries once more, written as plainly as possible and apart from the core's evaluator, so
/// that the reference is measured too.
struct PlainModel<Record: StorageRecord> {
    private let rows: [(record: Record, values: [Value])]
    private let names: [[UInt8]]
    private let key: [Int]

    init(_ records: [Record]) throws {
        let schema = try Record.schema
        rows = try records.map { ($0, try schema.row(of: $0).values) }
        names = schema.collection.fields.map { Array($0.name.utf8) }
        key = schema.collection.key
    }

    /// The matching records in order, cut.
    func fetch(_ query: Query<Record>) -> [Record] {
        // A field that is named again orders nothing: it is no key, and not the last one either.
        var keys: [(field: Int, key: SortKey)] = []
        for key in query.order where !keys.contains(where: { $0.field == position(key.field) }) {
            keys.append((position(key.field), key))
        }
        let direction = keys.last?.key.direction ?? .ascending
        let sorted = rows.filter { matches(query.predicate, $0.values) }.sorted { left, right in
            for (field, key) in keys {
                let (a, b) = (left.values[field], right.values[field])
                if a.isNull && b.isNull { continue }
                let nilsFirst = key.nils.map { $0 == .first } ?? (key.direction == .descending)
                if a.isNull { return nilsFirst }
                if b.isNull { return !nilsFirst }
                if less(a, b) { return key.direction == .ascending }
                if less(b, a) { return key.direction == .descending }
            }
            for field in key {
                if less(left.values[field], right.values[field]) { return direction == .ascending }
                if less(right.values[field], left.values[field]) { return direction == .descending }
            }
            return false
        }
        return sorted.dropFirst(query.offset).prefix(query.limit ?? .max).map(\.record)
    }

    private func position(_ name: String) -> Int { names.firstIndex(of: Array(name.utf8))! }

    private func matches(_ predicate: QueryPredicate, _ values: [Value]) -> Bool {
        switch predicate {
        case .all: return true
        case .none: return false
        case .and(let parts): return !parts.contains { !matches($0, values) }
        case .or(let parts): return parts.contains { matches($0, values) }
        case .not(let part): return !matches(part, values)
        case .isNil(let field): return values[position(field)].isNull
        case .isNotNil(let field): return !values[position(field)].isNull
        case .member(let field, let isIn, let list):
            let value = values[position(field)]
            return isIn == (!value.isNull && list.contains { equal($0, value) })
        case .compare(let field, let comparison, let other):
            let value = values[position(field)]
            if value.isNull { return comparison == .notEqual }
            switch comparison {
            case .equal: return equal(value, other)
            case .notEqual: return !equal(value, other)
            case .less: return less(value, other)
            case .lessOrEqual: return !less(other, value)
            case .greater: return less(other, value)
            case .greaterOrEqual: return !less(value, other)
            }
        case .text(let field, let match, let needle, let ignoringCase):
            guard case .text(let text) = values[position(field)] else { return false }
            let (hay, needle) = (bytes(text, ignoringCase), bytes(needle, ignoringCase))
            switch match {
            case .hasPrefix: return hay.starts(with: needle)
            case .hasSuffix: return hay.reversed().starts(with: needle.reversed())
            case .contains:
                if needle.isEmpty { return true }
                return hay.indices.contains { hay[$0...].starts(with: needle) }
            }
        }
    }

    private func bytes(_ text: String, _ ignoringCase: Bool) -> [UInt8] {
        text.utf8.map { ignoringCase && $0 >= 65 && $0 <= 90 ? $0 + 32 : $0 }
    }

    private func equal(_ left: Value, _ right: Value) -> Bool { !less(left, right) && !less(right, left) }

    private func less(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.bool(let a), .bool(let b)): !a && b
        case (.int(let a), .int(let b)): a < b
        case (.double(let a), .double(let b)): a < b
        case (.text(let a), .text(let b)): Array(a.utf8).lexicographicallyPrecedes(Array(b.utf8))
        case (.data(let a), .data(let b)): Array(a).lexicographicallyPrecedes(Array(b))
        case (.uuid(let a), .uuid(let b)): a.uuidString.utf8.lexicographicallyPrecedes(b.uuidString.utf8)
        case (.time(let a), .time(let b)): a.microseconds < b.microseconds
        case (.decimal(let a), .decimal(let b)): a < b
        default: false
        }
    }
}
