/// A record type: a `Codable` value whose fields are named by key path.
///
/// ```swift
/// struct Note: StorageRecord {
///     var id: String
///     var title: String
///     var status: Status          // enum Status: String, Codable
///     var tags: [String]          // any other Codable type is stored as nested JSON
///     var dueAt: Date?
///
///     static let collection = "notes"
///     static var fields: [Field<Note>] {
///         Field("id", \.id).identifier()
///         Field("title", \.title).unique()
///         Field("status", \.status).indexed()
///         Field("tags", \.tags)
///         Field("dueAt", \.dueAt)
///     }
/// }
/// ```
///
/// A field's name is its coding key; it names the column in SQL and the key in JSON. Every key that the type encodes
/// must be listed: a write with one that is not throws `configuration`, so that nothing is dropped in silence.
///
/// With the trait `Macros`, the macro `@Record` writes all of this for a plain struct.
public protocol StorageRecord: Codable, Sendable {
    /// The identifier's type: `String` unless the type says otherwise.
    associatedtype ID: RecordKey = String

    /// The name of the table, or of the array in a JSON file.
    static var collection: String { get }

    /// The fields, in the order in which they are written.
    @FieldsBuilder<Self> static var fields: [Field<Self>] { get }

    /// How records become rows and rows records: through `Codable` unless the type brings a codec of its own.
    static var codec: RecordCodec<Self> { get }
}

extension StorageRecord {
    /// Through `Codable`.
    public static var codec: RecordCodec<Self> { .codable }

    /// The checked schema, made once for each type.
    ///
    /// - Throws: ``StorageError`` with code `configuration` when the description is bad (QRY-7).
    public static var schema: RecordSchema<Self> {
        get throws { try SchemaCache.shared.schema(of: Self.self) }
    }
}

/// Collects the fields of a record type.
@resultBuilder
public enum FieldsBuilder<Root: Sendable> {
    /// One field.
    public static func buildExpression(_ field: Field<Root>) -> [Field<Root>] { [field] }
    /// Several fields, as from a helper that a few types share.
    public static func buildExpression(_ fields: [Field<Root>]) -> [Field<Root>] { fields }
    /// All fields.
    public static func buildBlock(_ fields: [Field<Root>]...) -> [Field<Root>] { fields.flatMap { $0 } }
}
