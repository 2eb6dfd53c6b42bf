public import FoundationEssentials

// A property's value by its type alone, as `Field` picks how it is stored: what @Record writes, and the counterpart of
// `RowReader.read`. All of them throw, so that who does not know the types can write one `try` for each.
extension RowWriter {
    /// Writes text.
    ///
    /// - Throws: ``StorageError`` with code `invalidValue` that names the field for U+0000.
    @inlinable
    public mutating func write(_ field: Int, _ value: String) throws { try set(field, value) }
    /// Writes text or nothing.
    ///
    /// - Throws: ``StorageError`` with code `invalidValue` that names the field for U+0000.
    @inlinable
    public mutating func write(_ field: Int, _ value: String?) throws { try set(field, value) }
    /// Writes a moment.
    @inlinable
    public mutating func write(_ field: Int, _ value: Timestamp) throws { set(field, value) }
    /// Writes a moment or nothing.
    @inlinable
    public mutating func write(_ field: Int, _ value: Timestamp?) throws { set(field, value) }
    /// Writes a truth value.
    @inlinable
    public mutating func write(_ field: Int, _ value: Bool) throws { set(field, value) }
    /// Writes a truth value or nothing.
    @inlinable
    public mutating func write(_ field: Int, _ value: Bool?) throws { set(field, value) }
    /// Writes a whole number.
    @inlinable
    public mutating func write(_ field: Int, _ value: Int) throws { set(field, value) }
    /// Writes a whole number or nothing.
    @inlinable
    public mutating func write(_ field: Int, _ value: Int?) throws { set(field, value) }
    /// Writes a whole number.
    @inlinable
    public mutating func write(_ field: Int, _ value: Int64) throws { set(field, value) }
    /// Writes a whole number or nothing.
    @inlinable
    public mutating func write(_ field: Int, _ value: Int64?) throws { set(field, value) }

    /// Writes a moment.
    ///
    /// - Throws: ``StorageError`` with code `invalidValue` that names the field outside the years 1 to 9999 (VAL-5).
    public mutating func write(_ field: Int, _ value: Date) throws {
        do {
            set(field, try Timestamp(value))
        } catch {
            throw error.inField(collection.fields[field].name)
        }
    }
    /// Writes a moment or nothing.
    ///
    /// - Throws: ``StorageError`` with code `invalidValue` that names the field outside the years 1 to 9999 (VAL-5).
    public mutating func write(_ field: Int, _ value: Date?) throws {
        if let value { try write(field, value) } else { set(field, nil as Timestamp?) }
    }

    /// Writes a plain value.
    ///
    /// - Throws: ``StorageError`` with code `invalidValue` that names the field when no backend could keep the value.
    @inlinable
    public mutating func write<V: FieldValue>(_ field: Int, _ value: V) throws { try set(field, value) }
    /// Writes a plain value or nothing.
    ///
    /// - Throws: ``StorageError`` with code `invalidValue` that names the field when no backend could keep the value.
    @inlinable
    public mutating func write<V: FieldValue>(_ field: Int, _ value: V?) throws { try set(field, value) }

    /// Writes an enum by its raw value.
    ///
    /// - Throws: ``StorageError`` with code `invalidValue` that names the field when no backend could keep the value.
    @inlinable
    public mutating func write<V: RawRepresentable & Codable & Sendable>(_ field: Int, _ value: V) throws
    where V.RawValue: FieldValue {
        try set(field, value.rawValue)
    }
    /// Writes an enum by its raw value, or nothing.
    ///
    /// - Throws: ``StorageError`` with code `invalidValue` that names the field when no backend could keep the value.
    @inlinable
    public mutating func write<V: RawRepresentable & Codable & Sendable>(_ field: Int, _ value: V?) throws
    where V.RawValue: FieldValue {
        try set(field, value?.rawValue)
    }
    /// Writes an enum by its raw text.
    ///
    /// - Throws: ``StorageError`` with code `invalidValue` that names the field for U+0000.
    @inlinable
    public mutating func write<V: RawRepresentable & Codable & Sendable>(_ field: Int, _ value: V) throws
    where V.RawValue == String {
        try set(field, value.rawValue)
    }
    /// Writes an enum by its raw text, or nothing.
    ///
    /// - Throws: ``StorageError`` with code `invalidValue` that names the field for U+0000.
    @inlinable
    public mutating func write<V: RawRepresentable & Codable & Sendable>(_ field: Int, _ value: V?) throws
    where V.RawValue == String {
        try set(field, value?.rawValue)
    }

    /// Writes a nested value, stored as JSON.
    ///
    /// - Throws: ``StorageError`` with code `invalidValue` that names the field when the value cannot be stored.
    public mutating func write<V: Codable & Sendable>(_ field: Int, _ value: V) throws { try setNested(field, value) }
    /// Writes a nested value, stored as JSON, or nothing.
    ///
    /// - Throws: ``StorageError`` with code `invalidValue` that names the field when the value cannot be stored.
    public mutating func write<V: Codable & Sendable>(_ field: Int, _ value: V?) throws { try setNested(field, value) }
}
