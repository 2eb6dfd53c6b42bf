public import FoundationEssentials

/// A Swift type that identifies a record: `String`, `Int64`, `Int`, `UUID`, or a ``CompositeKey`` of such.
public protocol RecordKey: Hashable, Sendable {
    /// The types of the key's parts.
    static var keyTypes: [FieldType] { get }

    /// The key as drivers take it.
    ///
    /// - Throws: ``StorageError`` with code `invalidValue` for U+0000 or more than 1,024 bytes of text (VAL-2).
    func storedKey() throws -> Key

    /// The key of a stored record.
    init(storedKey: Key) throws
}

/// A record's key as drivers take it: the values of its identifier fields, in schema order.
public struct Key: Sendable, Hashable, CustomStringConvertible {
    /// The values, never null.
    public let values: [Value]

    /// Makes a key of its values.
    public init(_ values: [Value]) { self.values = values }

    /// Makes a key of one value.
    public init(_ value: Value) { values = [value] }

    /// Compares two keys of one collection, value by value (QRY-2).
    public func compare(_ other: Key) -> Value.Ordering {
        for (left, right) in zip(values, other.values) {
            let order = left.compare(right)
            if order != .same { return order }
        }
        return .same
    }

    /// The key as text for errors and reports; ids may appear there.
    public var description: String {
        values.map { value in
            switch value {
            case .text(let text): text
            case .int(let number): String(number)
            case .uuid(let uuid): uuid.uuidString.lowercased()
            default: value.description
            }
        }.joined(separator: "/")
    }
}

extension RecordKey where Self: FieldValue {
    /// The one type.
    public static var keyTypes: [FieldType] { [fieldType] }
    /// The key of one value.
    public func storedKey() throws -> Key {
        let value = try storedValue()
        try value.checkIndexable()
        return Key(value)
    }
    /// The Swift value of a key of one value.
    public init(storedKey: Key) throws {
        guard let value = storedKey.values.first, storedKey.values.count == 1 else {
            throw StorageError(.corrupt, "a key has \(storedKey.values.count) parts where one is expected")
        }
        try self.init(storedValue: value)
    }
}

/// A type of its own around a raw value: `struct TaskID: RawRepresentable, RecordKey { let rawValue: String }`.
extension RecordKey where Self: RawRepresentable, RawValue: RecordKey {
    /// The raw value's types.
    public static var keyTypes: [FieldType] { RawValue.keyTypes }
    /// The raw value's key.
    public func storedKey() throws -> Key { try rawValue.storedKey() }
    /// The value of a stored raw value.
    public init(storedKey: Key) throws {
        guard let known = Self(rawValue: try RawValue(storedKey: storedKey)) else {
            throw StorageError(.corrupt, "a stored key is none of \(Self.self)")
        }
        self = known
    }
}

extension String: RecordKey {}
extension Int: RecordKey {}
extension Int64: RecordKey {}
extension UUID: RecordKey {}

/// A key of two parts, such as a tenant and a name.
public struct CompositeKey<First: RecordKey & FieldValue, Second: RecordKey & FieldValue>: RecordKey {
    /// The first part.
    public var first: First
    /// The second part.
    public var second: Second

    /// Makes a key of its parts.
    public init(_ first: First, _ second: Second) {
        self.first = first
        self.second = second
    }

    /// The types of the parts.
    public static var keyTypes: [FieldType] { First.keyTypes + Second.keyTypes }

    /// The key as drivers take it.
    public func storedKey() throws -> Key { Key(try first.storedKey().values + second.storedKey().values) }

    /// The parts of a stored key.
    public init(storedKey: Key) throws {
        guard storedKey.values.count == 2 else {
            throw StorageError(.corrupt, "a key has \(storedKey.values.count) parts where two are expected")
        }
        first = try First(storedValue: storedKey.values[0])
        second = try Second(storedValue: storedKey.values[1])
    }
}

extension Value {
    /// The most bytes of text that an id, an indexed or a unique field holds (VAL-2).
    public static let maximumIndexedBytes = 1024

    /// Throws `invalidValue` for text that not every backend can index (VAL-2).
    package func checkIndexable() throws {
        let size: Int
        switch self {
        case .text(let text): size = text.utf8.count
        case .data(let data): size = data.count
        default: return
        }
        if size > Self.maximumIndexedBytes {
            throw StorageError(
                .invalidValue,
                "an id, indexed or unique value has \(size) bytes; at most \(Self.maximumIndexedBytes) are kept"
            )
        }
    }
}
