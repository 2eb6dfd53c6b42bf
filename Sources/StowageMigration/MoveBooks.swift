internal import Stowage

extension CollectionSchema {
    /// The journal of a merge into this collection. One entry a record: its key, the record that was there before (null
    /// for none), and the checksum of the one that was put there.
    ///
    /// It holds former records whole, secret fields too, and so it is there only as long as a rollback is promised.
    var undoJournal: CollectionSchema {
        CollectionSchema(
            name: internalName("undo"),
            namespace: namespace,
            fields: [
                FieldSchema(name: "id", type: .text, isOptional: false),
                FieldSchema(name: "key", type: .json, isOptional: false),
                FieldSchema(name: "former", type: .json, isOptional: true),
                FieldSchema(name: "written", type: .text, isOptional: false),
            ],
            key: [0],
            indexes: []
        )
    }
}

/// What a store keeps about moves into one of its collections: the record of the last one, its staging area, and the
/// journal of a merge.
struct MoveBooks: Sendable {
    let collection: CollectionSchema
    /// Whether the store has a place for moves.
    let hasMoves: Bool
    /// Whether it has a place for journals.
    let hasJournal: Bool

    /// Opens what is there, and makes nothing.
    init(of collection: CollectionSchema, in database: StorageDatabase) async throws {
        self.collection = collection
        hasMoves = try await Self.openIfThere(MoveRecord.schema, beside: collection, database)
        hasJournal = hasMoves ? try await Self.openIfThere(collection.undoJournal, beside: collection, database) : false
    }

    private static func openIfThere(
        _ schema: CollectionSchema,
        beside collection: CollectionSchema,
        _ database: StorageDatabase
    ) async throws -> Bool {
        // Engines with tables would make them for a writer. The others keep an empty collection nowhere, and know a store
        // by its records.
        let hasTables = database.driver.capabilities.contains(.staging)
        do {
            try await database.driver.open(
                hasTables ? [schema] : [collection, schema],
                access: hasTables ? .readOnly : database.access,
                context: database.options.context()
            )
            return true
        } catch let error as StorageError where error.code == .notFound {
            return false
        }
    }

    /// Whether there is a table of the name of the staging area, whatever it holds.
    func hasStaging(in database: StorageDatabase) async throws -> Bool {
        guard database.driver.capabilities.contains(.staging) else { return false }
        do {
            return try await Self.openIfThere(collection.staging, beside: collection, database)
        } catch let error as StorageError where error.code == .schemaMismatch {
            return true
        }
    }

    /// The last move.
    func last(in transaction: any DriverTransaction) async throws -> MoveRecord? {
        hasMoves ? try await MoveRecord.read(collection, in: transaction) : nil
    }

    /// How many former records the journal keeps.
    func formerRecords(in transaction: any DriverTransaction) async throws -> Int {
        hasJournal ? try await transaction.count(.isNotNil(field: "former"), in: collection.undoJournal) : 0
    }

    /// Ends the journal. After this nothing undoes the merge that wrote it.
    func clearJournal(in transaction: any DriverTransaction) async throws {
        guard hasJournal, try await transaction.count(.all, in: collection.undoJournal) > 0 else { return }
        _ = try await transaction.write(WriteBatch([.deleteAll(.all)], in: collection.undoJournal))
    }

    /// Forgets the last move, and all that was kept to go on with it or to undo it.
    func forget(in transaction: any DriverTransaction) async throws {
        guard let record = try await last(in: transaction) else { return }
        try await record.dropStaging(of: collection, in: transaction)
        try await clearJournal(in: transaction)
        try await record.remove(in: transaction)
    }
}
