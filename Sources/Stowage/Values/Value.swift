public import FoundationEssentials

/// One stored value, as drivers take and give it.
///
/// Text is compared, ordered and hashed by its UTF-8 bytes (VAL-1): Swift's own `==` on `String` would merge the
/// composed and the decomposed "é".
public enum Value: Sendable {
    /// No value.
    case null
    /// A truth value.
    case bool(Bool)
    /// A whole number.
    case int(Int64)
    /// A finite binary floating-point number.
    case double(Double)
    /// Unicode text without U+0000.
    case text(String)
    /// Bytes.
    case data(Data)
    /// A UUID.
    case uuid(UUID)
    /// A moment, to the microsecond.
    case time(Timestamp)
    /// A finite decimal number of at most 38 digits.
    case decimal(Decimal)
    /// A nested value as compact JSON text.
    case json(String)

    /// Whether there is no value.
    public var isNull: Bool {
        if case .null = self { true } else { false }
    }
}

extension Value {
    /// How a value stands to another of the same type (QRY-2): by bytes, by time, by number; false before true.
    ///
    /// -0.0 equals 0.0. Values of different types, which no checked query compares, come in the order of the cases.
    public enum Ordering: Sendable {
        /// The left one comes first.
        case ascending
        /// Neither comes first.
        case same
        /// The right one comes first.
        case descending

        init<T: Comparable>(_ left: T, _ right: T) {
            self = left < right ? .ascending : (left == right ? .same : .descending)
        }

        /// The opposite order.
        public var reversed: Ordering {
            switch self {
            case .ascending: .descending
            case .same: .same
            case .descending: .ascending
            }
        }
    }

    /// Compares this value with another of the same type.
    public func compare(_ other: Value) -> Ordering {
        switch (self, other) {
        case (.text(let left), .text(let right)), (.json(let left), .json(let right)): TextOrder.compare(left, right)
        case (.int(let left), .int(let right)): Ordering(left, right)
        case (.time(let left), .time(let right)): Ordering(left, right)
        case (.bool(let left), .bool(let right)): Ordering(left ? 1 : 0, right ? 1 : 0)
        case (.double(let left), .double(let right)): Ordering(left, right)
        case (.data(let left), .data(let right)): TextOrder.compare(bytes: left, right)
        case (.uuid(let left), .uuid(let right)):
            withUnsafeBytes(of: left.uuid) { left in
                withUnsafeBytes(of: right.uuid) { TextOrder.compare(bytes: left, $0) }
            }
        case (.decimal(let left), .decimal(let right)): Ordering(left, right)
        default: Ordering(kind, other.kind)
        }
    }

    private var kind: Int {
        switch self {
        case .null: 0
        case .bool: 1
        case .int: 2
        case .double: 3
        case .text: 4
        case .data: 5
        case .uuid: 6
        case .time: 7
        case .decimal: 8
        case .json: 9
        }
    }
}

extension Value: Hashable {
    /// Whether the values are of one type and equal as queries see it: text by bytes, -0.0 as 0.0, decimals by value.
    public static func == (left: Value, right: Value) -> Bool { left.compare(right) == .same }

    /// Hashes what ``==(_:_:)`` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        switch self {
        case .null: break
        case .bool(let value): hasher.combine(value)
        case .int(let value): hasher.combine(value)
        case .double(let value): hasher.combine(value)
        case .text(let value), .json(let value): TextOrder.hash(value, into: &hasher)
        case .data(let value): hasher.combine(value)
        case .uuid(let value): hasher.combine(value)
        case .time(let value): hasher.combine(value)
        case .decimal(let value): hasher.combine(value)
        }
    }

    /// Whether the values are the same to the bit: what a move between backends must preserve (VAL-4).
    public func isIdentical(to other: Value) -> Bool {
        if case .double(let left) = self, case .double(let right) = other {
            return left.bitPattern == right.bitPattern
        }
        return self == other
    }
}

extension Value: CustomStringConvertible, CustomReflectable {
    /// The value's type alone: a value must not reach a log (LIF-4).
    public var description: String { fieldType.map(\.rawValue) ?? "null" }

    /// A mirror that shows no more than ``description``.
    public var customMirror: Mirror { Mirror(self, children: ["type": description]) }

    /// The type of the value; nil for ``null``.
    public var fieldType: FieldType? {
        switch self {
        case .null: nil
        case .bool: .bool
        case .int: .int
        case .double: .double
        case .text: .text
        case .data: .data
        case .uuid: .uuid
        case .time: .time
        case .decimal: .decimal
        case .json: .json
        }
    }
}
