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

    /// Whether the name is one of ours.
    package static func isInternal(_ name: String) -> Bool { name.utf8.starts(with: "_stowage".utf8) }
}
