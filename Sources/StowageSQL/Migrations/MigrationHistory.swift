package import Stowage

extension CollectionSchema {
    /// The table in which an SQL store notes what it has applied, for people to read as well.
    package static let migrationHistory = CollectionSchema(
        name: "_stowage_migrations",
        fields: [
            FieldSchema(name: "number", type: .int, isOptional: false),
            FieldSchema(name: "name", type: .text, isOptional: false),
            FieldSchema(name: "checksum", type: .text, isOptional: false),
            FieldSchema(name: "applied_at", type: .time, isOptional: false),
            FieldSchema(name: "duration_ms", type: .int, isOptional: false),
            FieldSchema(name: "applied_by", type: .text, isOptional: false),
            FieldSchema(name: "adopted", type: .bool, isOptional: false),
        ],
        key: [0],
        indexes: []
    )
}

extension AppliedMigration {
    /// The migration as a row of ``Stowage/CollectionSchema/migrationHistory``.
    package var row: Row {
        Row(values: [
            .int(Int64(number)), .text(name), .text(checksum), .time(appliedAt), .int(milliseconds), .text(appliedBy),
            .bool(isAdopted),
        ])
    }

    /// Reads a row of the history.
    package init(_ row: any RowReader) throws {
        self.init(
            number: Int(try row.int(0)),
            name: try row.text(1),
            checksum: try row.text(2),
            appliedAt: try row.time(3),
            milliseconds: try row.int(4),
            appliedBy: try row.text(5),
            isAdopted: try row.bool(6)
        )
    }
}
