/// One way in which a store, or a list of migrations, is not as it should be.
public struct SchemaDifference: Sendable, Hashable, CustomStringConvertible {
    /// What differs.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A collection is not there.
        case missingCollection
        /// A field is not there.
        case missingField
        /// There is a field that the schema does not name; a column of this kind refuses new records.
        case extraField
        /// There is a column that the schema does not name and that takes new records: it is kept, and no drift (REC-9).
        case foreignField
        /// The column for members that the schema does not know is not there.
        case missingUnknowns
        /// A field is stored as another type.
        case otherType
        /// A required field may hold nothing, or an optional one must hold something.
        case otherOptionality
        /// The key is made of other fields.
        case otherKey
        /// An index is not there.
        case missingIndex
        /// An index has the right name and is over other fields, or of another kind.
        case otherIndex
        /// There is an index that the schema does not name.
        case extraIndex
        /// The table has a rule that the schema does not name and that may refuse or change records, such as a CHECK or a
        /// trigger: it is kept, and no drift.
        case foreignRule
        /// The table loses its records when the server crashes (DUR-1).
        case unlogged
        /// Stored records are not what the schema says.
        case records
    }

    /// What differs.
    public let kind: Kind
    /// The collection.
    public let collection: String
    /// The field or the index.
    public let name: String?
    /// How.
    public let detail: String?

    /// Names a difference.
    public init(_ kind: Kind, in collection: String, _ name: String? = nil, _ detail: String? = nil) {
        self.kind = kind
        self.collection = collection
        self.name = name
        self.detail = detail
    }

    /// Whether a store with this difference cannot be taken as one of that schema. What remains is made good by opening
    /// the store, or does no harm.
    public var preventsAdoption: Bool {
        switch kind {
        case .missingCollection, .missingField, .otherType, .otherKey, .otherIndex, .records: true
        case .extraField, .foreignField, .missingUnknowns, .otherOptionality, .missingIndex, .extraIndex, .foreignRule,
            .unlogged:
            false
        }
    }

    /// Whether the store has drifted from its schema. What is told for information alone has not.
    public var isDrift: Bool { kind != .foreignField && kind != .foreignRule }

    /// `sessions: the field branch is missing`.
    public var description: String {
        let name = name ?? ""
        let what =
            switch kind {
            case .missingCollection: "the collection is missing"
            case .missingField: "the field \(name) is missing"
            case .extraField: "there is a field \(name) that the schema does not name"
            case .foreignField: "the column \(name) is not the schema's"
            case .missingUnknowns: "the column for unknown members is missing"
            case .otherType: "the field \(name) has another type"
            case .otherOptionality: "the field \(name) is not as optional as it should be"
            case .otherKey: "the key is another one"
            case .missingIndex: "the index \(name) is missing"
            case .otherIndex: "the index \(name) is another one"
            case .extraIndex: "there is an index \(name) that the schema does not name"
            case .foreignRule: "the \(name) is not the schema's, and may refuse or change records"
            case .unlogged: "the table is UNLOGGED: a crash of the server empties it"
            case .records: "records do not fit"
            }
        return "\(collection): \(what)" + (detail.map { " (\($0))" } ?? "")
    }
}
