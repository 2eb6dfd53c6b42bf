public import FoundationEssentials

/// A Swift type that one field holds as one value, and that queries compare.
///
/// `Bool`, the integers, `Double`, `Float`, `String`, `Data`, `UUID`, `Date`, ``Timestamp`` and `Decimal` conform.
/// Enums with such a raw value need no conformance, and every other `Codable` type is stored as nested JSON.
public protocol FieldValue: Codable, Sendable, Hashable {
    /// The type it is stored as.
    static var fieldType: FieldType { get }

    /// The value that is stored.
    ///
    /// - Throws: ``StorageError`` with code `invalidValue` when no backend could store it: U+0000 in text, NaN, a date
    ///   outside 0001 to 9999, an unsigned number over 2^63-1 (VAL-2 to VAL-5).
    func storedValue() throws -> Value

    /// Makes the Swift value of a stored one.
    ///
    /// - Throws: ``StorageError`` with code `corrupt` when the stored value has another type or does not fit.
    init(storedValue: Value) throws
}

extension FieldValue {
    static func mismatch(_ value: Value) -> StorageError {
        StorageError(.corrupt, "a stored value is \(value) where \(fieldType) is expected")
    }
}

extension Bool: FieldValue {
    /// Its type in every store.
    public static var fieldType: FieldType { .bool }
    /// The value that is stored.
    public func storedValue() -> Value { .bool(self) }
    /// The Swift value of a stored one.
    public init(storedValue: Value) throws {
        guard case .bool(let value) = storedValue else { throw Self.mismatch(storedValue) }
        self = value
    }
}

extension FieldValue where Self: FixedWidthInteger {
    /// Its type in every store.
    public static var fieldType: FieldType { .int }
    /// The value that is stored.
    public func storedValue() throws -> Value {
        guard let value = Int64(exactly: self) else {
            throw StorageError(.invalidValue, "a whole number is over 9223372036854775807")
        }
        return .int(value)
    }
    /// The Swift value of a stored one.
    public init(storedValue: Value) throws {
        guard case .int(let value) = storedValue else { throw Self.mismatch(storedValue) }
        guard let exact = Self(exactly: value) else {
            throw StorageError(.corrupt, "a stored whole number does not fit \(Self.self)")
        }
        self = exact
    }
}

extension Int: FieldValue {}
extension Int8: FieldValue {}
extension Int16: FieldValue {}
extension Int32: FieldValue {}
extension Int64: FieldValue {}
extension UInt: FieldValue {}
extension UInt8: FieldValue {}
extension UInt16: FieldValue {}
extension UInt32: FieldValue {}
extension UInt64: FieldValue {}

extension Double: FieldValue {
    /// Its type in every store.
    public static var fieldType: FieldType { .double }
    /// The value that is stored.
    public func storedValue() throws -> Value {
        guard isFinite else { throw StorageError(.invalidValue, "a number is not finite") }
        return .double(self)
    }
    /// The Swift value of a stored one.
    public init(storedValue: Value) throws {
        guard case .double(let value) = storedValue else { throw Self.mismatch(storedValue) }
        self = value
    }
}

extension Float: FieldValue {
    /// Its type in every store.
    public static var fieldType: FieldType { .double }
    /// The value that is stored.
    public func storedValue() throws -> Value { try Double(self).storedValue() }
    /// The Swift value of a stored one.
    public init(storedValue: Value) throws {
        guard case .double(let value) = storedValue else { throw Self.mismatch(storedValue) }
        guard let exact = Float(exactly: value) else {
            throw StorageError(.corrupt, "a stored number does not fit Float")
        }
        self = exact
    }
}

extension String: FieldValue {
    /// Its type in every store.
    public static var fieldType: FieldType { .text }
    /// The value that is stored.
    public func storedValue() throws -> Value {
        if TextOrder.containsNUL(self) { throw StorageError.nulInText }
        return .text(self)
    }
    /// The Swift value of a stored one.
    public init(storedValue: Value) throws {
        guard case .text(let value) = storedValue else { throw Self.mismatch(storedValue) }
        self = value
    }
}

extension Data: FieldValue {
    /// Its type in every store.
    public static var fieldType: FieldType { .data }
    /// The value that is stored.
    public func storedValue() -> Value { .data(self) }
    /// The Swift value of a stored one.
    public init(storedValue: Value) throws {
        guard case .data(let value) = storedValue else { throw Self.mismatch(storedValue) }
        self = value
    }
}

extension UUID: FieldValue {
    /// Its type in every store.
    public static var fieldType: FieldType { .uuid }
    /// The value that is stored.
    public func storedValue() -> Value { .uuid(self) }
    /// The Swift value of a stored one.
    public init(storedValue: Value) throws {
        guard case .uuid(let value) = storedValue else { throw Self.mismatch(storedValue) }
        self = value
    }
}

extension Timestamp: FieldValue {
    /// Its type in every store.
    public static var fieldType: FieldType { .time }
    /// The value that is stored.
    public func storedValue() -> Value { .time(self) }
    /// The Swift value of a stored one.
    public init(storedValue: Value) throws {
        guard case .time(let value) = storedValue else { throw Self.mismatch(storedValue) }
        self = value
    }
}

extension Date: FieldValue {
    /// Its type in every store.
    public static var fieldType: FieldType { .time }
    /// The value that is stored.
    public func storedValue() throws -> Value { .time(try Timestamp(self)) }
    /// The Swift value of a stored one.
    public init(storedValue: Value) throws {
        guard case .time(let value) = storedValue else { throw Self.mismatch(storedValue) }
        self = value.date
    }
}

extension Decimal: FieldValue {
    private static let largestSignificand = Decimal(sign: .plus, exponent: 38, significand: 1) - 1

    /// Its type in every store.
    public static var fieldType: FieldType { .decimal }
    /// The value that is stored.
    public func storedValue() throws -> Value {
        guard isFinite else { throw StorageError(.invalidValue, "a decimal number is not finite") }
        // A few significands have 39 digits, which JSON's readers and our own could not take back exactly.
        if significand > Self.largestSignificand, JSONNumber(description)?.decimal != self {
            throw StorageError(.invalidValue, "a decimal number has more than 38 digits")
        }
        return .decimal(self)
    }
    /// The Swift value of a stored one.
    public init(storedValue: Value) throws {
        guard case .decimal(let value) = storedValue else { throw Self.mismatch(storedValue) }
        self = value
    }
}

extension StorageError {
    /// The refusal of U+0000, which Postgres cannot store (VAL-2).
    package static var nulInText: StorageError {
        StorageError(.invalidValue, "text contains U+0000", advice: "Remove the character: no backend keeps it")
    }
}
