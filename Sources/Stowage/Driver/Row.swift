/// A record as data: its values in schema order, and what the schema does not know.
public struct Row: Sendable {
    /// One value a field.
    public var values: [Value]
    /// The unknown members as one compact JSON object, in the order found, numbers as they were written (REC-9).
    ///
    /// Reading: nil when there are none or they were not asked for. Writing: nil leaves those of a stored record
    /// alone; otherwise they are laid over the stored ones.
    public var unknown: String?

    /// Makes a row.
    public init(values: [Value], unknown: String? = nil) {
        self.values = values
        self.unknown = unknown
    }
}

extension Row {
    /// How large the row is where sizes are limited (LIF-5): the bytes of its values and of its unknown members. Text and
    /// nested JSON count their UTF-8, numbers and moments 8, truth values 1, UUIDs 16, decimals 20, nil nothing.
    public var byteCount: Int { values.reduce(unknown?.utf8.count ?? 0) { $0 + $1.byteCount } }
}

extension Key {
    /// How long the id is where lengths are limited: the bytes of its values.
    public var byteCount: Int { values.reduce(0) { $0 + $1.byteCount } }
}

extension Value {
    fileprivate var byteCount: Int {
        switch self {
        case .null: 0
        case .bool: 1
        case .int, .double, .time: 8
        case .uuid: 16
        case .decimal: 20
        case .text(let text), .json(let text): text.utf8.count
        case .data(let data): data.count
        }
    }
}

/// Takes the rows of an answer, one by one, while the driver still holds them.
///
/// The reader is valid during the call only. What the handler throws must end the read and reach the caller.
public typealias RowHandler = @Sendable (_ row: any RowReader) throws -> Void

/// Reads one stored row by the positions of its fields.
///
/// A driver whose engine hands out typed columns implements this over them, so that nothing is converted twice; the
/// simplest driver gives a ``Row``. A method may assume that the field is not null.
///
/// - Throws: ``StorageError`` with code `corrupt` when the stored value is not of the type asked for; the core adds
///   the record's id and the field's name.
public protocol RowReader {
    /// Whether the field holds nothing.
    func isNull(_ field: Int) throws -> Bool
    /// A truth value.
    func bool(_ field: Int) throws -> Bool
    /// A whole number.
    func int(_ field: Int) throws -> Int64
    /// A floating-point number.
    func double(_ field: Int) throws -> Double
    /// Text.
    func text(_ field: Int) throws -> String
    /// A moment.
    func time(_ field: Int) throws -> Timestamp
    /// Nested JSON text.
    func json(_ field: Int) throws -> String
    /// Any value, for the types that need no way of their own.
    func value(_ field: Int, as type: FieldType) throws -> Value
    /// Lends the UTF-8 of text or of nested JSON to those who only look at it, valid while the body runs. By default it
    /// is that of ``value(_:as:)``; a reader that has the bytes at hand saves a copy.
    func withUTF8(_ field: Int, as type: FieldType, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void) throws
    /// The unknown members as one compact JSON object, when the read asked for them and there are any.
    func unknownMembers() throws -> String?
}

extension Row: CustomStringConvertible, CustomReflectable {
    /// The types of the values alone: a record's content must not reach a log (LIF-4).
    public var description: String {
        "(\(values.map(\.description).joined(separator: ", "))\(unknown == nil ? "" : ", unknown members"))"
    }

    /// A mirror that shows no more than ``description``.
    public var customMirror: Mirror { Mirror(self, children: ["types": description]) }
}

extension Row: RowReader {
    /// Whether the field holds nothing.
    public func isNull(_ field: Int) -> Bool { values[field].isNull }
    /// A truth value.
    public func bool(_ field: Int) throws -> Bool { try Bool(storedValue: values[field]) }
    /// A whole number.
    public func int(_ field: Int) throws -> Int64 { try Int64(storedValue: values[field]) }
    /// A floating-point number.
    public func double(_ field: Int) throws -> Double { try Double(storedValue: values[field]) }
    /// Text.
    public func text(_ field: Int) throws -> String { try String(storedValue: values[field]) }
    /// A moment.
    public func time(_ field: Int) throws -> Timestamp { try Timestamp(storedValue: values[field]) }
    /// Nested JSON text.
    public func json(_ field: Int) throws -> String {
        guard case .json(let text) = values[field] else {
            throw StorageError(.corrupt, "a stored value is \(values[field]) where json is expected")
        }
        return text
    }
    /// The value, whatever its type.
    public func value(_ field: Int, as type: FieldType) -> Value { values[field] }
    /// The unknown members.
    public func unknownMembers() -> String? { unknown }
}

extension RowReader {
    /// Lends the UTF-8 of ``value(_:as:)``.
    public func withUTF8(
        _ field: Int,
        as type: FieldType,
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Void
    ) throws {
        switch try value(field, as: type) {
        case .text(var text), .json(var text): try text.withUTF8(body)
        case let other: throw StorageError(.corrupt, "a stored value is \(other) where \(type) is expected")
        }
    }

    /// The whole row as data.
    public func row(of collection: CollectionSchema) throws -> Row {
        var values: [Value] = []
        values.reserveCapacity(collection.fields.count)
        for (position, field) in collection.fields.enumerated() {
            do {
                values.append(try isNull(position) ? .null : value(position, as: field.type))
            } catch let error as StorageError where error.field == nil {
                throw error.inField(field.name)
            }
        }
        return Row(values: values, unknown: try unknownMembers())
    }
}
