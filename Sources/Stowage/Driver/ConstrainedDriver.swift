/// A driver whose engine keeps rules of its own about records, which a schema may not know: columns that must be filled,
/// unique indexes, checks, triggers.
///
/// Optional. A move asks it before it writes: what would be refused is said in the plan. A driver that does not conform
/// keeps the schema's rules and no others.
public protocol ConstrainedDriver: StorageDriver {
    /// The rules under which a collection that is open is written, those of the schema among them; none for a collection
    /// that is not there. Nothing is changed.
    func constraints(on collection: CollectionSchema, context: OperationContext) async throws -> [StoredConstraint]

    /// The columns of a collection that is open which no field of the schema names, and whose values reads hand over as
    /// unknown members of these names. They are the table's own: defaults and triggers fill them, the core never writes
    /// them. Derived: none.
    func foreignColumns(of collection: CollectionSchema, context: OperationContext) async throws -> [String]
}

extension ConstrainedDriver {
    /// None.
    public func foreignColumns(
        of collection: CollectionSchema,
        context: OperationContext
    ) async throws -> [String] { [] }
}

/// A rule of an engine about the records of one collection.
public struct StoredConstraint: Sendable, Hashable {
    /// What kind of rule it is.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A column that must hold something, and that nothing fills by itself.
        case required
        /// Columns whose values may stand together in one row only.
        case unique
        /// A condition on the values of a row.
        case check
        /// Rows of another table to which a row must point.
        case foreignKey
        /// Code that runs when a row is written.
        case trigger
        /// What changes other tables when a row is removed: a foreign key of another table that removes its rows or
        /// empties their columns then, a table that inherits from this one, or code that runs. Code is named as a
        /// ``trigger`` too, an inheriting table as ``other``.
        case removal
        /// A foreign key of another table that may refuse to let a row be removed.
        case reference
        /// A rule about which rows this user may see at all; it is named as an ``other`` one too, whoever asks.
        case visibility
        /// Any other rule that may refuse a row, such as one about who may write it.
        case other
    }

    /// What kind of rule it is.
    public var kind: Kind
    /// The engine's name for it; empty for none.
    public var name: String
    /// The columns it is about, as far as they are known.
    public var columns: [String]

    /// Describes a rule.
    public init(_ kind: Kind, name: String = "", columns: [String] = []) {
        self.kind = kind
        self.name = name
        self.columns = columns
    }
}
