public import ArgumentParser
public import Stowage

/// `FIELD`, `FIELD:asc` or `FIELD:desc`.
public struct SortArgument: ExpressibleByArgument, Sendable, Hashable {
    /// The field's stored name.
    public let field: String
    /// Which way.
    public let direction: SortDirection

    /// Reads the argument; nil when it names another direction.
    public init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        switch parts.last {
        case "asc" where parts.count > 1: direction = .ascending
        case "desc" where parts.count > 1: direction = .descending
        default:
            guard parts.count == 1 else { return nil }
            field = argument
            direction = .ascending
            return
        }
        field = parts.dropLast().joined(separator: ":")
    }
}

/// A moment: RFC 3339, or a plain date, which is its midnight in UTC.
public struct TimeArgument: ExpressibleByArgument, Sendable, Hashable {
    /// The moment.
    public let time: Timestamp

    /// Reads the argument; nil when it is neither.
    public init?(argument: String) {
        let isDate = argument.utf8.count == 10
        guard let time = try? Timestamp(rfc3339: isDate ? argument + "T00:00:00Z" : argument) else { return nil }
        self.time = time
    }
}

/// A nested value, given as JSON: `'{"owner": "o"}'`, or `@FILE` to keep a secret out of the list of processes.
public struct NestedArgument<Value: Decodable & Sendable>: ExpressibleByArgument, Sendable {
    /// The value.
    public let value: Value

    /// Reads the argument; nil when it is not such a value.
    public init?(argument: String) {
        let bytes: [UInt8]?
        if argument.utf8.first == UInt8(ascii: "@") {
            bytes = try? FileBytes.read(String(argument.dropFirst()))
        } else {
            bytes = Array(argument.utf8)
        }
        guard let bytes, let value = try? JSONValueDecoder().decode(Value.self, from: bytes) else { return nil }
        self.value = value
    }
}

extension ImportConflict: ExpressibleByArgument {}
