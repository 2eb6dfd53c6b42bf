public import FoundationEssentials

// A property's value by its type alone, as `Field` picks how it is stored: what @Record writes. The type is that of what
// the value is given to, `note.dueAt = try row.read(3)`, so that nobody need name it.
//
// Inlined, always where a type has a method of `RowReader`, so that a call costs what that method costs: left to itself the
// optimizer calls the function of the extension, which then looks up the reader's own.
extension RowReader {
    /// Reads text.
    @inlinable @inline(__always)
    public func read(_ field: Int) throws -> String { try text(field) }
    /// Reads text or nothing.
    @inlinable @inline(__always)
    public func read(_ field: Int) throws -> String? { try isNull(field) ? nil : text(field) }
    /// Reads a moment.
    @inlinable @inline(__always)
    public func read(_ field: Int) throws -> Timestamp { try time(field) }
    /// Reads a moment or nothing.
    @inlinable @inline(__always)
    public func read(_ field: Int) throws -> Timestamp? { try isNull(field) ? nil : time(field) }
    /// Reads a moment.
    @inlinable @inline(__always)
    public func read(_ field: Int) throws -> Date { try time(field).date }
    /// Reads a moment or nothing.
    @inlinable @inline(__always)
    public func read(_ field: Int) throws -> Date? { try isNull(field) ? nil : time(field).date }
    /// Reads a truth value.
    @inlinable @inline(__always)
    public func read(_ field: Int) throws -> Bool { try bool(field) }
    /// Reads a truth value or nothing.
    @inlinable @inline(__always)
    public func read(_ field: Int) throws -> Bool? { try isNull(field) ? nil : bool(field) }
    /// Reads a whole number.
    @inlinable @inline(__always)
    public func read(_ field: Int) throws -> Int { try Int(storedValue: .int(int(field))) }
    /// Reads a whole number or nothing.
    @inlinable @inline(__always)
    public func read(_ field: Int) throws -> Int? { try isNull(field) ? nil : Int(storedValue: .int(int(field))) }
    /// Reads a whole number.
    @inlinable @inline(__always)
    public func read(_ field: Int) throws -> Int64 { try int(field) }
    /// Reads a whole number or nothing.
    @inlinable @inline(__always)
    public func read(_ field: Int) throws -> Int64? { try isNull(field) ? nil : int(field) }
    /// Reads a floating-point number.
    @inlinable @inline(__always)
    public func read(_ field: Int) throws -> Double { try double(field) }
    /// Reads a floating-point number or nothing.
    @inlinable @inline(__always)
    public func read(_ field: Int) throws -> Double? { try isNull(field) ? nil : double(field) }

    /// Reads a plain value.
    ///
    /// - Throws: ``StorageError`` with code `corrupt` when there is none, or one that is not of the type (VAL-6).
    @inlinable
    public func read<V: FieldValue>(_ field: Int) throws -> V { try V(storedValue: value(field, as: V.fieldType)) }
    /// Reads a plain value or nothing.
    ///
    /// - Throws: ``StorageError`` with code `corrupt` when the value is not of the type (VAL-6).
    @inlinable
    public func read<V: FieldValue>(_ field: Int) throws -> V? {
        try isNull(field) ? nil : V(storedValue: value(field, as: V.fieldType))
    }

    /// Reads an enum by its raw value.
    ///
    /// - Throws: ``StorageError`` with code `corrupt` when the raw value is none of its cases (VAL-6).
    @inlinable
    public func read<V: RawRepresentable & Codable & Sendable>(_ field: Int) throws -> V where V.RawValue: FieldValue {
        try V(storedRawValue: value(field, as: V.RawValue.fieldType))
    }
    /// Reads an enum by its raw value, or nothing.
    ///
    /// - Throws: ``StorageError`` with code `corrupt` when the raw value is none of its cases (VAL-6).
    @inlinable
    public func read<V: RawRepresentable & Codable & Sendable>(_ field: Int) throws -> V? where V.RawValue: FieldValue {
        try isNull(field) ? nil : V(storedRawValue: value(field, as: V.RawValue.fieldType))
    }

    /// Reads a nested value, stored as JSON; nothing, when an optional one is asked for.
    ///
    /// Every type that the other functions return is Codable too, and so are optionals: this one comes last.
    ///
    /// - Throws: ``StorageError`` with code `corrupt` when there is none, or its text is not of the type (VAL-6).
    @_disfavoredOverload
    public func read<V: Codable & Sendable>(_ field: Int) throws -> V {
        var text = "null"
        if try !isNull(field) {
            text = try json(field)
        } else if !(V.self is any ExpressibleByNilLiteral.Type) {
            throw StorageError(.corrupt, "a required field has no value")
        }
        do {
            return try JSONValueDecoder.decode(V.self, fromText: text)
        } catch let error as JSONSyntaxError {
            throw StorageError(.corrupt, "a stored nested value is no JSON: \(error.reason)")
        }
    }
}
