/// One step of a migration, as data: what changes, for every engine alike.
///
/// The SQL of an engine is made of it, and a JSON file is changed by it. What the portable form does not reach is said
/// as ``sql(sqlite:postgres:json:)`` or ``transform(_:)``.
public enum SchemaOperation: Sendable {
    /// Makes a collection, empty.
    case createCollection(String, [MigrationField], namespace: String? = nil)

    /// Removes a collection and all its records.
    case dropCollection(String)

    /// Gives every record of a collection a field.
    ///
    /// A required field needs a default, which the stored records get. A stored member of this name that the schema
    /// did not know becomes the field's value; when it is of another type, the migration fails and names the record.
    case addField(MigrationField, to: String, default: Value? = nil)

    /// Renames a field and its indexes.
    case renameField(String, of: String, to: String)

    /// Removes a field, its values and its indexes.
    case dropField(String, of: String)

    /// Makes an index over fields; a unique one fails when two records hold one value.
    case addIndex(on: [String], of: String, isUnique: Bool = false)

    /// Removes an index.
    case dropIndex(on: [String], of: String, isUnique: Bool = false)

    /// Gives a field another type; every stored value must convert, or the migration fails and names the record.
    /// ``ValueConversion`` says which types convert and how.
    case changeType(String, of: String, to: FieldType)

    /// Lets a required field hold nothing.
    case makeOptional(String, of: String)

    /// Makes an optional field required. Records that hold nothing there get the default; without one they fail the
    /// migration, and the first of them is named.
    case makeRequired(String, of: String, default: Value? = nil)

    /// Runs SQL of an engine's own; on engines without a text nothing is done. A JSON file runs the transform.
    ///
    /// It must leave collections and fields as the other operations describe them.
    case sql(sqlite: String? = nil, postgres: String? = nil, json: RecordTransform? = nil)

    /// Changes every record of a collection by code.
    case transform(RecordTransform)

    /// Changes every record of a collection by code; see ``RecordTransform/init(_:version:_:)``.
    public static func transform(
        _ collection: String,
        version: String,
        _ change: @escaping @Sendable (_ record: inout MigrationRecord) throws -> Void
    ) -> SchemaOperation {
        .transform(RecordTransform(collection, version: version, change))
    }
}

/// Code that changes the records of a collection, one by one, within a migration.
///
/// It must depend on the record alone: it may run again when the migration is tried again.
public struct RecordTransform: Sendable {
    /// The collection.
    public let collection: String
    /// What stands for the code in the migration's checksum: another code needs another version.
    public let version: String
    /// Changes one record; throwing undoes the migration.
    public let change: @Sendable (_ record: inout MigrationRecord) throws -> Void

    /// Describes a change.
    ///
    /// ```swift
    /// RecordTransform("sessions", version: "1") { record in
    ///     if record["branch"].isNull { record["branch"] = .text("main") }
    /// }
    /// ```
    public init(
        _ collection: String,
        version: String,
        _ change: @escaping @Sendable (_ record: inout MigrationRecord) throws -> Void
    ) {
        self.collection = collection
        self.version = version
        self.change = change
    }
}
