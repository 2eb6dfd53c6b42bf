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
///
/// It is read by ``value(for:)`` and not by the parser, whose errors quote what they refuse.
public struct NestedArgument<Value: Decodable & Sendable>: ExpressibleByArgument, Sendable {
    private let text: String

    /// Takes the argument as it is.
    public init?(argument: String) { text = argument }

    /// The value.
    ///
    /// - Parameter option: The option's name, for errors.
    /// - Throws: `invalidArgument` when it is not such a value, `notFound` and its kin for the file.
    public func value(for option: String) throws -> Value {
        let isFile = text.utf8.first == UInt8(ascii: "@")
        let bytes = isFile ? try FileBytes.read(String(text.dropFirst())) : Array(text.utf8)
        do {
            return try JSONValueDecoder().decode(Value.self, from: bytes)
        } catch {
            throw StorageError(
                .invalidArgument,
                "\(option) is no JSON of the kind that is kept there",
                advice: "Give an object, as the JSON of a stored record has it, or @FILE"
            ).causedBy(error)
        }
    }
}

extension ImportConflict: ExpressibleByArgument {}
