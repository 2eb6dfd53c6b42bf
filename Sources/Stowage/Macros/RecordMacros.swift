#if Macros
/// Makes a plain struct a ``StorageRecord``: its schema, and a codec as fast as one written by hand.
///
/// ```swift
/// @Record("notes")
/// struct Note {
///     @Identifier var id: String
///     @Unique var title: String
///     @Indexed var status: Status = .open         // enum Status: String, Codable
///     @FieldName("due_at") var dueAt: Date?
///     @Secret var token: String?
///     var tags: [String] = []                     // any other Codable type is stored as nested JSON
/// }
/// ```
///
/// Every stored property is a field, in the order in which it is written, under its own name unless ``FieldName(_:)``
/// gives another. Computed and static properties are none, and neither is a `let` that has its value already. What the
/// struct is missing is written: the conformance, ``StorageRecord/collection``, ``StorageRecord/fields``,
/// ``StorageRecord/codec`` (unless the struct has its own), the type `ID` and the coding keys; public for a public
/// struct. A property's default is for the program alone: a stored record that lacks a required field is an error that
/// names it (SCH-3).
///
/// Two identifiers make a composite key when the struct says so: `typealias ID = CompositeKey<String, Int64>`.
///
/// What cannot be a record is an error at its place: another kind of type, a generic struct, no identifier, a property
/// without a type, a name that no backend takes (QRY-7).
///
/// - Parameter collection: The name of the table, or of the array in a JSON file; a literal.
@attached(
    extension,
    conformances: StorageRecord,
    names: named(collection),
    named(fields),
    named(codec),
    named(init)
)
@attached(member, names: named(ID), named(CodingKeys))
public macro Record(_ collection: String) = #externalMacro(module: "StowageMacros", type: "RecordMacro")

/// The identifier of a ``Record(_:)``: a `String`, `Int`, `Int64`, `UUID`, or a type around one of them. See
/// ``Field/identifier()``.
@attached(peer)
public macro Identifier() = #externalMacro(module: "StowageMacros", type: "IdentifierMacro")

/// Equality and range queries on this property of a ``Record(_:)`` use an index (QRY-10). See ``Field/indexed()``.
@attached(peer)
public macro Indexed() = #externalMacro(module: "StowageMacros", type: "IndexedMacro")

/// No two records hold the same value of this property; nil is not equal to nil (REC-8). See ``Field/unique()``.
@attached(peer)
public macro Unique() = #externalMacro(module: "StowageMacros", type: "UniqueMacro")

/// Reports name this property of a ``Record(_:)`` and never show it (LIF-4). See ``Field/secret()``.
///
/// - Parameter keys: Keys of a nested value that are secret; with none, the whole property is. Literals.
@attached(peer)
public macro Secret(_ keys: String...) = #externalMacro(module: "StowageMacros", type: "SecretMacro")

/// The stored name of this property of a ``Record(_:)``: its column, its key in JSON and its coding key.
///
/// - Parameter name: Any name that every backend takes (QRY-7); a literal.
@attached(peer)
public macro FieldName(_ name: String) = #externalMacro(module: "StowageMacros", type: "FieldNameMacro")
#endif
