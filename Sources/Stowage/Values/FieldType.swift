/// The type of a field, as every backend stores it.
public enum FieldType: String, Sendable, Hashable, Codable, CaseIterable {
    /// A truth value.
    case bool
    /// A whole number from -2^63 to 2^63-1 (VAL-3).
    case int
    /// A finite binary floating-point number, kept to the bit (VAL-4).
    case double
    /// Unicode text, kept and compared by its bytes (VAL-1, VAL-2).
    case text
    /// Bytes.
    case data
    /// A UUID, ordered by its bytes.
    case uuid
    /// A moment in microseconds since 1970, UTC (VAL-5).
    case time
    /// A decimal number of at most 38 digits, compared by value.
    case decimal
    /// A nested value, stored as JSON; queries test it for nil only (QRY-2).
    case json
}
