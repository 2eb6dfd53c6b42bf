/// What a collection looks like after some migrations: portable, comparable, without any Swift type behind it.
public struct CollectionShape: Sendable, Hashable, Codable {
    /// The collection's name.
    public var name: String
    /// A Postgres schema; nil for the default.
    public var namespace: String?
    /// The fields, in the order in which they came.
    public var fields: [FieldShape]
    /// The secondary indexes.
    public var indexes: [IndexShape]

    /// A field.
    public struct FieldShape: Sendable, Hashable, Codable {
        /// Its name.
        public var name: String
        /// What it holds.
        public var type: FieldType
        /// Whether it may hold nothing.
        public var isOptional: Bool
        /// Whether it is part of the key.
        public var isIdentifier: Bool
    }

    /// A secondary index.
    public struct IndexShape: Sendable, Hashable, Codable {
        /// Its name in the store.
        public var name: String
        /// The names of its fields.
        public var fields: [String]
        /// Whether a value may stand in one record only.
        public var isUnique: Bool

        init(on fields: [String], of collection: String, isUnique: Bool) {
            // The names that record types give their indexes.
            name = SchemaNames.fitting(([collection] + fields + [isUnique ? "key" : "idx"]).joined(separator: "_"))
            self.fields = fields
            self.isUnique = isUnique
        }

        init(name: String, fields: [String], isUnique: Bool) {
            self.name = name
            self.fields = fields
            self.isUnique = isUnique
        }
    }

    init(name: String, namespace: String?, fields: [FieldShape], indexes: [IndexShape]) {
        self.name = name
        self.namespace = namespace
        self.fields = fields
        self.indexes = indexes
    }

    /// The shape that a record type describes.
    public init(_ collection: CollectionSchema) {
        name = collection.name
        namespace = collection.namespace
        fields = collection.fields.enumerated().map { position, field in
            FieldShape(
                name: field.name,
                type: field.type,
                isOptional: field.isOptional,
                isIdentifier: collection.key.contains(position)
            )
        }
        indexes = collection.indexes.map { index in
            IndexShape(
                name: index.name,
                fields: index.fields.map { collection.fields[$0].name },
                isUnique: index.isUnique
            )
        }
    }

    /// What a driver works with: the shape as a collection.
    public var schema: CollectionSchema {
        CollectionSchema(
            name: name,
            namespace: namespace,
            fields: fields.map { FieldSchema(name: $0.name, type: $0.type, isOptional: $0.isOptional) },
            key: fields.indices.filter { fields[$0].isIdentifier },
            indexes: indexes.map { index in
                IndexSchema(
                    name: index.name,
                    fields: index.fields.compactMap { position(of: $0) },
                    isUnique: index.isUnique
                )
            }
        )
    }

    /// Whether this is the collection's name, by its bytes.
    public func isNamed(_ name: String) -> Bool { TextOrder.equal(self.name, name) }

    /// The position of a field by its name.
    package func position(of field: String) -> Int? { fields.firstIndex { TextOrder.equal($0.name, field) } }

    /// What another shape of the collection has otherwise. The order of fields is nobody's business but the key's.
    public func differences(to other: CollectionShape) -> [SchemaDifference] {
        var found: [SchemaDifference] = []
        func note(_ kind: SchemaDifference.Kind, _ name: String? = nil, _ detail: String? = nil) {
            found.append(SchemaDifference(kind, in: self.name, name, detail))
        }
        for field in other.fields {
            guard let position = position(of: field.name) else {
                note(.missingField, field.name)
                continue
            }
            let own = fields[position]
            if own.type != field.type { note(.otherType, field.name, "\(own.type), not \(field.type)") }
            if own.isOptional != field.isOptional {
                note(
                    .otherOptionality,
                    field.name,
                    own.isOptional ? "optional, not required" : "required, not optional"
                )
            }
        }
        for field in fields where other.position(of: field.name) == nil { note(.extraField, field.name) }
        let (ownKey, otherKey) = (key.map(ByteText.init), other.key.map(ByteText.init))
        if ownKey != otherKey { note(.otherKey, nil, key.joined(separator: ", ")) }
        for index in other.indexes {
            guard let own = indexes.first(where: { TextOrder.equal($0.name, index.name) }) else {
                note(.missingIndex, index.name)
                continue
            }
            if own != index { note(.otherIndex, index.name) }
        }
        for index in indexes where !other.indexes.contains(where: { TextOrder.equal($0.name, index.name) }) {
            note(.extraIndex, index.name)
        }
        return found
    }

    /// The names of the key's fields.
    public var key: [String] { fields.filter(\.isIdentifier).map(\.name) }
}
