internal import Synchronization

/// A record type's schema, checked: how its Swift fields map to stored ones.
public struct RecordSchema<Record: StorageRecord>: Sendable {
    /// What drivers know of the collection.
    public var collection: CollectionSchema { content.collection }
    /// The fields as the record type describes them.
    public var fields: [Field<Record>] { content.fields }
    var codec: RecordCodec<Record> { content.codec }

    /// Everything: a schema is handed on with every call, and this counts one reference.
    private let content: Content

    private final class Content: Sendable {
        let collection: CollectionSchema
        let fields: [Field<Record>]
        /// The fields' key paths, apart: to look at one in `fields` copies a field, and each of its many references counts.
        let keyPaths: [any AnyKeyPath & Sendable]
        let codec: RecordCodec<Record>

        init(_ collection: CollectionSchema, _ fields: [Field<Record>], _ codec: RecordCodec<Record>) {
            self.collection = collection
            self.fields = fields
            keyPaths = fields.map(\.keyPath)
            self.codec = codec
        }
    }

    /// Checks the description of a record type.
    ///
    /// - Throws: ``StorageError`` with code `configuration` for a bad name (QRY-7), for fields of one name or key
    ///   path, and when the identifier fields are missing, optional or not of the type `Record.ID`.
    public init(_ type: Record.Type = Record.self) throws {
        try self.init(collection: Record.collection, fields: Record.fields, codec: Record.codec)
    }

    /// Checks a description made at run time; see ``init(_:)``.
    ///
    /// - Parameters:
    ///   - name: The collection's name.
    ///   - namespace: A Postgres schema; nil for the default.
    ///   - fields: The fields, in the order in which they are written.
    ///   - codec: How records become rows.
    public init(
        collection name: String,
        namespace: String? = nil,
        fields: [Field<Record>],
        codec: RecordCodec<Record> = .codable
    ) throws {
        try SchemaNames.check(collection: name)
        try SchemaNames.check(fields: fields.map(\.name), of: name)
        var seen: Set<AnyKeyPath> = []
        for field in fields where !seen.insert(field.keyPath).inserted {
            throw SchemaNames.refusal("the field \(field.name) of \(name) has the key path of another field")
        }
        let key = fields.indices.filter { fields[$0].isIdentifier }
        guard !key.isEmpty else {
            throw SchemaNames.refusal("\(name) has no identifier: mark a field with .identifier()")
        }
        let keyTypes = key.map { fields[$0].type }
        guard keyTypes == Record.ID.keyTypes, !key.contains(where: { fields[$0].isOptional }) else {
            throw SchemaNames.refusal("the identifier fields of \(name) are not the parts of \(Record.ID.self)")
        }
        for field in fields where field.type == .json && (field.isIndexed || field.isUnique) {
            throw SchemaNames.refusal("the field \(field.name) of \(name) is nested and cannot be indexed or unique")
        }
        let collection = CollectionSchema(
            name: name,
            namespace: namespace,
            fields: fields.map(\.schema),
            key: key,
            indexes: fields.indices.compactMap { position in
                let field = fields[position]
                guard field.isIndexed || field.isUnique, !(key == [position]) else { return nil }
                let suffix = field.isUnique ? "key" : "idx"
                return IndexSchema(
                    name: SchemaNames.fitting("\(name)_\(field.name)_\(suffix)"),
                    fields: [position],
                    isUnique: field.isUnique
                )
            }
        )
        content = Content(collection, fields, codec)
    }

    /// The position of a key path; nil when it names no field.
    func position(of keyPath: AnyKeyPath) -> Int? {
        // Literals of one key path are mostly one object, and comparing identities costs a third of a dictionary.
        content.keyPaths.firstIndex { $0 === keyPath } ?? content.keyPaths.firstIndex { $0 == keyPath }
    }

    /// The stored name of a key path; nil when it names no field.
    public func name(of keyPath: PartialKeyPath<Record>) -> String? {
        position(of: keyPath).map { collection.fields[$0].name }
    }

    /// The fields whose values are kept in an index and so may not be long (VAL-2).
    var indexedPositions: Set<Int> { Set(collection.key + collection.indexes.flatMap(\.fields)) }
}

/// The schemas made so far, by record type: queries are written against the type, without a storage at hand.
final class SchemaCache: Sendable {
    static let shared = SchemaCache()
    private let made = Mutex<[ObjectIdentifier: any AnyObject & Sendable]>([:])

    private final class Entry<Record: StorageRecord>: Sendable {
        let schema: RecordSchema<Record>
        init(_ schema: RecordSchema<Record>) { self.schema = schema }
    }

    func schema<Record: StorageRecord>(of type: Record.Type) throws -> RecordSchema<Record> {
        let id = ObjectIdentifier(type)
        if let known = made.withLock({ $0[id] }) {
            // Under the identity of a type stands an entry of that type and nothing else: it is put there below. A checked
            // cast would take as long as all the rest.
            return unsafeDowncast(known, to: Entry<Record>.self).schema
        }
        let entry = Entry(try RecordSchema(type))
        made.withLock { $0[id] = entry }
        return entry.schema
    }
}
