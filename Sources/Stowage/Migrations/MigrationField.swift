/// A field as a migration describes it: its name, its type, and what the store does with it.
///
/// ```swift
/// .createCollection("sessions", [.text("session").identifier(), .text("taskId").optional().indexed()])
/// ```
public struct MigrationField: Sendable, Hashable, Codable {
    /// The stored name.
    public var name: String
    /// What it is stored as.
    public var type: FieldType
    /// Whether it may hold nothing.
    public var isOptional = false
    /// Whether it is part of the key.
    public var isIdentifier = false
    /// Whether an index of its own answers queries on it.
    public var isIndexed = false
    /// Whether a value may stand in one record only.
    public var isUnique = false

    /// Describes a required field.
    public init(_ name: String, _ type: FieldType) {
        self.name = name
        self.type = type
    }

    /// A truth value.
    public static func bool(_ name: String) -> MigrationField { MigrationField(name, .bool) }
    /// A whole number.
    public static func int(_ name: String) -> MigrationField { MigrationField(name, .int) }
    /// A floating-point number.
    public static func double(_ name: String) -> MigrationField { MigrationField(name, .double) }
    /// Text.
    public static func text(_ name: String) -> MigrationField { MigrationField(name, .text) }
    /// Bytes.
    public static func data(_ name: String) -> MigrationField { MigrationField(name, .data) }
    /// A UUID.
    public static func uuid(_ name: String) -> MigrationField { MigrationField(name, .uuid) }
    /// A moment.
    public static func time(_ name: String) -> MigrationField { MigrationField(name, .time) }
    /// A decimal number.
    public static func decimal(_ name: String) -> MigrationField { MigrationField(name, .decimal) }
    /// A nested value.
    public static func json(_ name: String) -> MigrationField { MigrationField(name, .json) }

    /// The field may hold nothing.
    public func optional() -> MigrationField { changing { $0.isOptional = true } }
    /// The field is the record's identifier, or a part of it.
    public func identifier() -> MigrationField { changing { $0.isIdentifier = true } }
    /// The field has an index of its own.
    public func indexed() -> MigrationField { changing { $0.isIndexed = true } }
    /// No two records hold the same value.
    public func unique() -> MigrationField { changing { $0.isUnique = true } }

    private func changing(_ change: (inout MigrationField) -> Void) -> MigrationField {
        var copy = self
        change(&copy)
        return copy
    }
}
