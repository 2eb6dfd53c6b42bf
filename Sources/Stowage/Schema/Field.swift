internal import FoundationEssentials

/// A field of a record or of a state: a stored name, a key path, and what the store should know of it.
public struct Field<Root: Sendable>: Sendable {
    /// The stored name.
    public let name: String
    /// What it is stored as.
    public let type: FieldType
    /// Whether the property is optional.
    public let isOptional: Bool

    let keyPath: any PartialKeyPath<Root> & Sendable
    let nested: NestedType?
    /// The value of a root, and a way to set it: nil for a property that cannot be set.
    let read: @Sendable (Root) throws -> Value
    let write: (@Sendable (inout Root, Value) throws -> Void)?
    /// Throws when a stored value is none of the property's.
    let check: @Sendable (Value) throws -> Void

    var isIdentifier = false
    var isIndexed = false
    var isUnique = false
    var isSecret = false
    var secretKeys: [String] = []

    private init<V>(
        _ name: String,
        _ keyPath: any KeyPath<Root, V> & Sendable,
        type: FieldType,
        isOptional: Bool,
        nested: NestedType? = nil,
        store: @escaping @Sendable (V) throws -> Value,
        restore: @escaping @Sendable (Value) throws -> V
    ) {
        self.name = name
        self.type = type
        self.isOptional = isOptional
        self.keyPath = keyPath
        self.nested = nested
        read = { try store($0[keyPath: keyPath]) }
        check = { _ = try restore($0) }
        if let writable = keyPath as? WritableKeyPath<Root, V> {
            // The same object as `keyPath`, which is Sendable; a cast cannot say so, since Sendable leaves no trace.
            nonisolated(unsafe) let writable = writable
            write = { root, value in root[keyPath: writable] = try restore(value) }
        } else {
            write = nil
        }
    }
}

// The overloads below let the compiler pick how a property is stored from its type alone: a plain value, an enum by
// its raw value, or anything else that is Codable as nested JSON; each required or optional.
extension Field {
    /// A field that holds one value.
    public init<V: FieldValue>(_ name: String, _ keyPath: any KeyPath<Root, V> & Sendable) {
        self.init(
            name,
            keyPath,
            type: V.fieldType,
            isOptional: false,
            store: { try $0.storedValue() },
            restore: { try V(storedValue: $0) }
        )
    }

    /// A field that holds one value or none.
    public init<V: FieldValue>(_ name: String, _ keyPath: any KeyPath<Root, V?> & Sendable) {
        self.init(
            name,
            keyPath,
            type: V.fieldType,
            isOptional: true,
            store: { try $0?.storedValue() ?? .null },
            restore: { $0.isNull ? nil : try V(storedValue: $0) }
        )
    }

    /// A field that holds an enum by its raw value.
    public init<V: RawRepresentable & Codable & Sendable>(_ name: String, _ keyPath: any KeyPath<Root, V> & Sendable)
    where V.RawValue: FieldValue {
        self.init(
            name,
            keyPath,
            type: V.RawValue.fieldType,
            isOptional: false,
            store: { try $0.rawValue.storedValue() },
            restore: { try V(storedRawValue: $0) }
        )
    }

    /// A field that holds an enum by its raw value, or nothing.
    public init<V: RawRepresentable & Codable & Sendable>(_ name: String, _ keyPath: any KeyPath<Root, V?> & Sendable)
    where V.RawValue: FieldValue {
        self.init(
            name,
            keyPath,
            type: V.RawValue.fieldType,
            isOptional: true,
            store: { try $0?.rawValue.storedValue() ?? .null },
            restore: { $0.isNull ? nil : try V(storedRawValue: $0) }
        )
    }

    /// A field that holds a nested value, stored as JSON.
    public init<V: Codable & Sendable>(_ name: String, _ keyPath: any KeyPath<Root, V> & Sendable) {
        let nested = NestedType(V.self)
        self.init(
            name,
            keyPath,
            type: .json,
            isOptional: false,
            nested: nested,
            store: { .json(try nested.encode($0)) },
            restore: { try nested.decode(V.self, $0) }
        )
    }

    /// A field that holds a nested value, stored as JSON, or nothing.
    public init<V: Codable & Sendable>(_ name: String, _ keyPath: any KeyPath<Root, V?> & Sendable) {
        let nested = NestedType(V.self)
        self.init(
            name,
            keyPath,
            type: .json,
            isOptional: true,
            nested: nested,
            store: { try $0.map { .json(try nested.encode($0)) } ?? .null },
            restore: { $0.isNull ? nil : try nested.decode(V.self, $0) }
        )
    }
}

extension Field {
    /// The record's identifier. A ``CompositeKey`` has two such fields, in the order of the key's parts.
    public func identifier() -> Field { changing { $0.isIdentifier = true } }

    /// Equality and range queries on the field use an index (QRY-10).
    public func indexed() -> Field { changing { $0.isIndexed = true } }

    /// No two records hold the same value; nil is not equal to nil (REC-8).
    public func unique() -> Field { changing { $0.isUnique = true } }

    /// Reports name the field and never show it.
    public func secret() -> Field { changing { $0.isSecret = true } }

    /// Reports never show these keys of the nested value.
    public func secret(_ keys: String...) -> Field { changing { $0.secretKeys += keys } }

    private func changing(_ change: (inout Field) -> Void) -> Field {
        var copy = self
        change(&copy)
        return copy
    }

    var schema: FieldSchema {
        FieldSchema(
            name: name,
            type: type,
            isOptional: isOptional,
            isSecret: isSecret,
            secretKeys: secretKeys,
            keepingUnknown: nested?.keepingUnknown,
            canonical: nested?.canonical
        )
    }
}

extension RawRepresentable where RawValue: FieldValue {
    @usableFromInline
    init(storedRawValue value: Value) throws {
        guard let known = Self(rawValue: try RawValue(storedValue: value)) else {
            throw StorageError(.corrupt, "a stored raw value is none of the cases of \(Self.self)")
        }
        self = known
    }
}
