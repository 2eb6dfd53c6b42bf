// Collections of our own beside an app's: their names begin with `_stowage`, which no app's may (QRY-7).
extension CollectionSchema {
    package static let stagingPrefix = "_stowage_move_"

    /// The staging area in which this collection is filled aside: the same fields and key, no secondary index.
    package var staging: CollectionSchema {
        CollectionSchema(
            name: SchemaNames.fitting(Self.stagingPrefix + name),
            namespace: namespace,
            fields: fields,
            key: key,
            indexes: []
        )
    }

    /// The name of a collection of ours that belongs to this one: `_stowage_undo_sessions`.
    package func internalName(_ purpose: String) -> String { SchemaNames.fitting("_stowage_\(purpose)_\(name)") }

    /// What a store keeps of the last move into each collection: its checkpoint, then its proof.
    package static let moves = CollectionSchema(
        name: "_stowage_moves",
        fields: [
            FieldSchema(name: "collection", type: .text, isOptional: false),
            FieldSchema(name: "id", type: .text, isOptional: false),
            FieldSchema(name: "source", type: .text, isOptional: false),
            FieldSchema(name: "digest", type: .text, isOptional: false),
            FieldSchema(name: "records", type: .int, isOptional: false),
            FieldSchema(name: "copied", type: .int, isOptional: false),
            FieldSchema(name: "phase", type: .text, isOptional: false),
            FieldSchema(name: "merge", type: .text, isOptional: true),
            FieldSchema(name: "batchSize", type: .int, isOptional: false),
            FieldSchema(name: "state", type: .json, isOptional: true),
            FieldSchema(name: "startedAt", type: .time, isOptional: false),
            FieldSchema(name: "updatedAt", type: .time, isOptional: false),
        ],
        key: [0],
        indexes: []
    )

    /// Whether the name is one of ours.
    package static func isInternal(_ name: String) -> Bool { name.utf8.starts(with: "_stowage".utf8) }
}
