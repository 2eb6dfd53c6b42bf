internal import FoundationEssentials

/// How a value of one type becomes one of another, when a field changes its type.
///
/// | from | to | rule |
/// |---|---|---|
/// | text | int, double, decimal, bool, time, uuid, data, json | read as the field's form in a JSON file, without spaces around it |
/// | int, double, decimal, bool, time, uuid, data, json | text | the field's form in a JSON file |
/// | int | double, decimal, bool | the same number, if the double holds it; 0 and 1 alone are truth values |
/// | double | int | the same number, if it is whole and in range |
/// | bool | int | 0 or 1 |
/// | decimal | int | the same number, if it is whole and in range |
///
/// Nothing is rounded: a value that the other type does not hold fails the migration.
public struct ValueConversion: Sendable, Hashable {
    /// The type before.
    public let source: FieldType
    /// The type after.
    public let target: FieldType

    /// A conversion; nil when the types do not convert.
    public init?(from source: FieldType, to target: FieldType) {
        switch (source, target) {
        case (.text, .text): return nil
        case (.text, _), (_, .text), (.int, .double), (.int, .decimal), (.int, .bool), (.double, .int), (.bool, .int),
            (.decimal, .int):
            self.source = source
            self.target = target
        default: return nil
        }
    }

    /// Converts a value; null stays null.
    ///
    /// - Throws: `invalidValue` when the other type does not hold it; the error does not quote it.
    public func convert(_ value: Value) throws -> Value {
        if value.isNull { return .null }
        guard let converted = try? result(of: value), !converted.isNull else {
            throw StorageError(
                .invalidValue,
                "a stored value cannot be converted from \(source) to \(target)",
                advice: "Correct the record, or convert the field by a transform"
            )
        }
        return converted
    }

    private func result(of value: Value) throws -> Value? {
        switch (value, target) {
        case (.text(let text), .json):
            let parsed = try JSON(parsing: text)
            // Null would stand for nothing.
            if case .null = parsed { return nil }
            return .json(String(decoding: parsed.compact, as: UTF8.self))
        case (.text(let text), .bool), (.text(let text), .int), (.text(let text), .double), (.text(let text), .decimal):
            return try parsed(text, from: text)
        case (.text(let text), _): return try parsed(FieldJSON.text(of: .text(text)), from: text)
        case (.json(let text), .text): return .text(text)
        case (_, .text): return .text(Self.plain(FieldJSON.text(of: value)))
        case (.int(let number), .double):
            let double = Double(number)
            return Int64(exactly: double) == number ? .double(double) : nil
        case (.int(let number), .decimal): return .decimal(Decimal(number))
        case (.int(let number), .bool): return number == 0 || number == 1 ? .bool(number == 1) : nil
        case (.double(let number), .int): return Int64(exactly: number).map(Value.int)
        case (.bool(let value), .int): return .int(value ? 1 : 0)
        case (.decimal(let number), .int): return Int64(number.canonicalText).map(Value.int)
        default: return nil
        }
    }

    private func parsed(_ json: String, from text: String) throws -> Value? {
        // The JSON reader would take spaces around a number.
        guard let first = text.utf8.first, let last = text.utf8.last, first > 0x20, last > 0x20 else { return nil }
        let value = try FieldJSON.value(ofText: json, as: target)
        // 1e2 is a whole number to JSON, and not as it would be written.
        if case .int(let number) = value, !TextOrder.equal(String(number), text) { return nil }
        return value
    }

    /// The content of a JSON string without escapes, or any other literal.
    private static func plain(_ json: String) -> String {
        json.utf8.first == UInt8(ascii: "\"") ? String(json.dropFirst().dropLast()) : json
    }
}
