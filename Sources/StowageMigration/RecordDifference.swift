internal import Stowage

/// One way in which two stores differ. It tells kinds, never a record's values (LIF-4).
public struct RecordDifference: Sendable, Hashable, CustomStringConvertible {
    /// The record; nil for the state.
    public var id: String?
    /// The field, or the unknown key; nil for the whole record.
    public var field: String?
    /// What differs: `texts differ at byte 12 (lengths 20 and 21)`.
    public var kind: String

    /// One line.
    public var description: String {
        var text = id.map { "record \(StorageError.quoted($0))" } ?? "the state"
        if let field { text += ", field \(StorageError.quoted(field))" }
        return "\(text): \(kind)"
    }
}

/// What a verification found.
public struct MoveVerdict: Sendable, Hashable {
    /// Records of the source.
    public var read = 0
    /// Records that are the same on both sides, to the bit.
    public var verified = 0
    /// How many of them keep unknown members in the target that the source's lack, as a merge with `replace` leaves them
    /// (REC-9). That is no difference.
    public var kept = 0
    /// The differences, the first ones when there are very many.
    public var differences: [RecordDifference] = []
    /// How many differences there are in all.
    public var total = 0
    /// How the states of both stores compare, that which belongs to each as a whole.
    public var state = StateComparison.none

    /// How two states compare.
    public enum StateComparison: String, Sendable, Hashable, CaseIterable {
        /// Neither store has one.
        case none
        /// Both are the same.
        case same
        /// They differ. After a merge that is no difference of its own: the target keeps its state.
        case different
    }

    /// Whether both stores hold the same.
    public var isEqual: Bool { total == 0 }

    mutating func add(_ difference: RecordDifference, limit: Int) {
        total += 1
        if differences.count < limit { differences.append(difference) }
    }
}

/// Compares values of both sides, typed: false is not null, absent is not empty, doubles to the bit.
enum ValueDifference {
    /// What differs between two values of one field; nil when they are the same.
    static func kind(_ field: FieldSchema, _ source: Value, _ target: Value) -> String? {
        if source.isNull, target.isNull { return nil }
        if source.isNull { return "the source has no value, the target has one" }
        if target.isNull { return "the source has a value, the target has none" }
        if source.isIdentical(to: target) { return nil }
        if field.isSecret { return "secret values differ" }
        switch (source, target) {
        case (.text(let left), .text(let right)): return texts("texts", Array(left.utf8), Array(right.utf8))
        case (.data(let left), .data(let right)): return texts("bytes", Array(left), Array(right))
        case (.json(let left), .json(let right)): return nested(left, right, field.secretKeys)
        case (.bool, _): return "truth values differ"
        case (.int, _), (.decimal, _): return "numbers differ"
        case (.double, _): return "numbers differ, if only in their bits"
        case (.time, _): return "times differ"
        case (.uuid, _): return "UUIDs differ"
        default: return "values of different types"
        }
    }

    static func texts(_ what: String, _ left: [UInt8], _ right: [UInt8]) -> String {
        let place = zip(left, right).prefix { $0 == $1 }.reduce(0) { count, _ in count + 1 }
        return "\(what) differ at byte \(place) (lengths \(left.count) and \(right.count))"
    }

    /// What differs between two nested values, and under which keys.
    static func nested(_ left: String, _ right: String, _ secretKeys: [String]) -> String? {
        guard let source = try? JSON(parsing: left), let target = try? JSON(parsing: right) else {
            return "a nested value is no JSON"
        }
        guard let found = first(source, target, [], secretKeys) else {
            return "nested values have their keys in another order"
        }
        return found
    }

    private static func first(_ source: JSON, _ target: JSON, _ path: [String], _ secrets: [String]) -> String? {
        let isSecret = path.contains { key in secrets.contains { TextOrder.equal($0, key) } }
        let place = path.isEmpty ? "" : " under \(StorageError.quoted(path.joined(separator: ".")))"
        switch (source, target) {
        case (.object(let left), .object(let right)):
            for member in left.members {
                guard let other = right[member.key] else {
                    return "nested values differ\(place): the target lacks the key \(StorageError.quoted(member.key))"
                }
                if let found = first(member.value, other, path + [member.key], secrets) { return found }
            }
            for member in right.members where left[member.key] == nil {
                return "nested values differ\(place): the source lacks the key \(StorageError.quoted(member.key))"
            }
            return nil
        case (.array(let left), .array(let right)):
            if left.count != right.count {
                return "nested lists differ\(place): \(left.count) and \(right.count) elements"
            }
            for (index, pair) in zip(left, right).enumerated() {
                if let found = first(pair.0, pair.1, path + [String(index)], secrets) { return found }
            }
            return nil
        case (.string(let left), .string(let right)):
            if left.utf8.elementsEqual(right.utf8) { return nil }
            return isSecret
                ? "secret values differ\(place)" : texts("nested texts\(place)", Array(left.utf8), Array(right.utf8))
        default:
            return source.compact == target.compact
                ? nil : (isSecret ? "secret values differ\(place)" : "nested values differ\(place)")
        }
    }
}
