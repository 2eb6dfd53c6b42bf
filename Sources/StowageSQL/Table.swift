package import Stowage

/// A collection together with what its table holds beyond it.
package struct SQLTable: Sendable {
    /// The collection.
    package var schema: CollectionSchema
    /// Whether the table has the column ``unknownColumn``.
    package var keepsUnknown: Bool
    /// Columns that the schema does not know, in the table's order; they come back as unknown members (REC-9).
    package var foreignColumns: [String]
    /// Whether the database has no such table, so that reads find nothing.
    package var isAbsent = false

    /// The column that holds the members of a record that the schema does not know, as one JSON object.
    package static let unknownColumn = "_stowage_unknown"

    /// Describes a table. By default it is one that Stowage made.
    package init(_ schema: CollectionSchema, keepsUnknown: Bool? = nil, foreignColumns: [String] = []) {
        self.schema = schema
        self.keepsUnknown = keepsUnknown ?? Self.shouldKeepUnknown(schema)
        self.foreignColumns = foreignColumns
    }

    /// A collection that a store which is only read has no table for: an empty one.
    package static func absent(_ schema: CollectionSchema) -> SQLTable {
        var table = SQLTable(schema, keepsUnknown: false)
        table.isAbsent = true
        return table
    }

    /// Whether a collection's table is made with the unknown column: every table of records is, one in which they are
    /// staged too; our own are not.
    package static func shouldKeepUnknown(_ schema: CollectionSchema) -> Bool {
        !CollectionSchema.isInternal(schema.name)
            || schema.name.utf8.starts(with: CollectionSchema.stagingPrefix.utf8)
    }

    /// The positions of the fields that are not part of the key.
    package var dataFields: [Int] { schema.fields.indices.filter { !schema.key.contains($0) } }
}

extension CollectionSchema {
    /// The position of a field that a query or an assignment names.
    func knownPosition(of name: String) throws -> Int {
        guard let position = position(of: name) else {
            throw StorageError(.invalidArgument, "the collection has no such field").inCollection(self.name).inField(
                name
            )
        }
        return position
    }
}
