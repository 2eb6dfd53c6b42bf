/// What a driver knows of a collection: a table in SQL, an array in a JSON file.
///
/// Positions in ``fields`` are how rows, assignments and readers name a field.
public struct CollectionSchema: Sendable {
    /// One reference, since schemas are passed along with every call.
    private let contents: Contents

    private final class Contents: Sendable {
        let name: String
        let namespace: String?
        let fields: [FieldSchema]
        let key: [Int]
        let indexes: [IndexSchema]
        let layout: RowLayout

        init(name: String, namespace: String?, fields: [FieldSchema], key: [Int], indexes: [IndexSchema]) {
            self.name = name
            self.namespace = namespace
            self.fields = fields
            self.key = key
            self.indexes = indexes
            layout = RowLayout(fields: fields, key: key, indexes: indexes)
        }
    }

    /// The collection's name, stored as it is, hostile characters and all (QRY-7).
    public var name: String { contents.name }
    /// A Postgres schema, a staging area; nil for the default.
    public var namespace: String? { contents.namespace }
    /// The fields, in the order in which records are written.
    public var fields: [FieldSchema] { contents.fields }
    /// The positions of the identifier fields.
    public var key: [Int] { contents.key }
    /// The secondary indexes, unique ones among them.
    public var indexes: [IndexSchema] { contents.indexes }
    /// What is asked of every row.
    package var layout: RowLayout { contents.layout }

    package init(name: String, namespace: String? = nil, fields: [FieldSchema], key: [Int], indexes: [IndexSchema]) {
        contents = Contents(name: name, namespace: namespace, fields: fields, key: key, indexes: indexes)
    }

    /// The position of a field by its name, compared by bytes.
    ///
    /// - Parameter guess: Where to look first: readers meet fields mostly in schema order.
    public func position(of name: String, guess: Int = 0) -> Int? {
        if guess < fields.count, TextOrder.equal(fields[guess].name, name) { return guess }
        return fields.firstIndex { TextOrder.equal($0.name, name) }
    }

    /// The key of a row.
    public func key(of values: [Value]) -> Key { Key(key.map { values[$0] }) }

    /// The indexes that allow a value once.
    public var uniqueIndexes: [IndexSchema] { layout.uniqueIndexes }

    /// Whether any field holds nested JSON.
    public var hasNestedFields: Bool { fields.contains { $0.type == .json } }

    /// Whether this is the collection's name, compared by bytes (VAL-1).
    public func isNamed(_ name: String) -> Bool { TextOrder.equal(self.name, name) }

    /// Whether this is ``state``.
    public var isState: Bool { isNamed(Self.state.name) }

    /// The collection in which a store keeps what belongs to it as a whole: the state's own fields, such as `baseDir`.
    ///
    /// A name and a JSON value a row. SQL keeps it as a table of this name, the JSON file as its top-level keys.
    public static let state = CollectionSchema(
        name: "_stowage_state",
        fields: [
            FieldSchema(name: "name", type: .text, isOptional: false),
            FieldSchema(name: "value", type: .json, isOptional: false),
        ],
        key: [0],
        indexes: []
    )
}

/// What is asked of every row, without a copy of the fields' descriptions, whose many references would be counted.
package final class RowLayout: Sendable {
    /// The fields' names in UTF-8.
    let names: [[UInt8]]
    /// The fields' types.
    let types: [FieldType]
    /// Which fields may hold nothing.
    let isOptional: [Bool]
    /// The fields whose values must be short enough to be indexed (VAL-2), the key's first.
    let indexable: [Int]
    /// Which fields belong to the key or to a unique index.
    let isIdentifying: [Bool]
    /// A bit for each field that may not be nil; for the first 64 fields.
    let required: UInt64
    /// Whether one field of text is all that tells a record from others, and a bit can stand for each field.
    let hasPlainIdentity: Bool
    /// The indexes that allow a value once.
    package let uniqueIndexes: [IndexSchema]

    init(fields: [FieldSchema], key: [Int], indexes: [IndexSchema]) {
        names = fields.map { Array($0.name.utf8) }
        types = fields.map(\.type)
        isOptional = fields.map(\.isOptional)
        indexable = key + indexes.flatMap(\.fields).filter { !key.contains($0) }
        let unique = indexes.filter(\.isUnique)
        uniqueIndexes = unique
        isIdentifying = fields.indices.map { field in
            key.contains(field) || unique.contains { $0.fields.contains(field) }
        }
        required = fields.prefix(64).enumerated().reduce(0) { $1.element.isOptional ? $0 : $0 | 1 << UInt64($1.offset) }
        hasPlainIdentity = unique.isEmpty && key.count == 1 && fields[key[0]].type == .text && fields.count <= 64
    }
}

extension RowLayout {
    /// The position of a field by its name's bytes.
    ///
    /// - Parameter guess: Where to look first.
    func position(ofUTF8 name: UnsafeBufferPointer<UInt8>, guess: Int) -> Int? {
        func isNamed(_ field: Int) -> Bool {
            names[field].withUnsafeBytes { TextOrder.equal(bytes: $0, UnsafeRawBufferPointer(name)) }
        }
        if guess < names.count, isNamed(guess) { return guess }
        return names.indices.first(where: isNamed)
    }
}

/// What a driver knows of a field.
public struct FieldSchema: Sendable {
    /// The field's name, and the name of its column.
    public let name: String
    /// What it holds.
    public let type: FieldType
    /// Whether it may hold nothing.
    public let isOptional: Bool
    /// Whether the whole field is secret: masked in reports, never in an error.
    public let isSecret: Bool
    /// Keys inside a nested value that are secret.
    public let secretKeys: [String]
    /// For nested fields: which text to keep when `new` is about to replace `old`.
    ///
    /// It is `old` when the two are the same value and `old` merely holds keys that the type does not know, which
    /// must survive (REC-9); else `new`.
    public let keepingUnknown: (@Sendable (_ old: String, _ new: String) throws -> String)?
    /// For nested fields: the text with the type's own keys first, in its order, and unknown keys after them, so that
    /// equal content is exported as equal bytes.
    public let canonical: (@Sendable (_ text: String) throws -> String)?

    package init(
        name: String,
        type: FieldType,
        isOptional: Bool,
        isSecret: Bool = false,
        secretKeys: [String] = [],
        keepingUnknown: (@Sendable (_ old: String, _ new: String) throws -> String)? = nil,
        canonical: (@Sendable (_ text: String) throws -> String)? = nil
    ) {
        self.name = name
        self.type = type
        self.isOptional = isOptional
        self.isSecret = isSecret
        self.secretKeys = secretKeys
        self.keepingUnknown = keepingUnknown
        self.canonical = canonical
    }
}

/// A secondary index.
public struct IndexSchema: Sendable, Hashable {
    /// Its name, unique in the store: `sessions_taskId`.
    public let name: String
    /// The positions of its fields.
    public let fields: [Int]
    /// Whether a value may stand in one record only; nil never equals nil (REC-8).
    public let isUnique: Bool

    package init(name: String, fields: [Int], isUnique: Bool) {
        self.name = name
        self.fields = fields
        self.isUnique = isUnique
    }
}
