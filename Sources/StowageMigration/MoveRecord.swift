internal import Stowage

/// What the target remembers of the last move into a collection: its checkpoint while it runs, its proof afterwards.
struct MoveRecord: Sendable {
    enum Phase: String, Sendable {
        /// Records lie in the staging area, and nobody sees them.
        case copying
        /// All records are in place, and the move can be undone.
        case published
        /// All records are in place, and what undoing takes is not kept any more.
        case settled
    }

    var collection: String
    var id: String
    var source: String
    /// The checksum of the source's content when the move began.
    var digest: String
    var records: Int
    /// How many records are staged, in key order.
    var copied: Int
    var phase: Phase
    /// The rule of a merge, whose undo journal then stands beside this record.
    var merge: ImportConflict?
    var batchSize: Int
    /// The state's members that the move wrote, as a JSON object.
    var state: String?
    var startedAt: Timestamp
    var updatedAt: Timestamp

    static let schema = CollectionSchema.moves

    var row: Row {
        Row(values: [
            .text(collection), .text(id), .text(source), .text(digest), .int(Int64(records)), .int(Int64(copied)),
            .text(phase.rawValue), merge.map { .text($0.rawValue) } ?? .null, .int(Int64(batchSize)),
            state.map(Value.json) ?? .null, .time(startedAt), .time(updatedAt),
        ])
    }

    init(_ row: any RowReader) throws {
        collection = try row.text(0)
        id = try row.text(1)
        source = try row.text(2)
        digest = try row.text(3)
        records = Int(try row.int(4))
        copied = Int(try row.int(5))
        guard let phase = Phase(rawValue: try row.text(6)) else {
            throw StorageError(
                .schemaMismatch,
                "the target holds the checkpoint of a move by a newer version",
                advice: "Use that version to resume it or to roll it back"
            ).inCollection(Self.schema.name)
        }
        self.phase = phase
        merge = try row.isNull(7) ? nil : ImportConflict(rawValue: try row.text(7))
        batchSize = Int(try row.int(8))
        state = try row.isNull(9) ? nil : try row.json(9)
        startedAt = try row.time(10)
        updatedAt = try row.time(11)
    }

    init(
        _ collection: CollectionSchema,
        from source: StorageLocation,
        digest: String,
        records: Int,
        phase: Phase,
        merge: ImportConflict? = nil,
        batchSize: Int
    ) throws {
        self.collection = collection.name
        id = SHA256.hex(of: Array("\(source) \(digest) \(UInt64.random(in: 0 ... .max))".utf8))
        self.source = Self.name(of: source)
        self.digest = digest
        self.records = records
        copied = phase == .copying ? 0 : records
        self.phase = phase
        self.merge = merge
        self.batchSize = batchSize
        startedAt = .now
        updatedAt = startedAt
    }

    /// The source as it is remembered, without credentials.
    static func name(of source: StorageLocation) -> String { "\(source.backend):\(source.description)" }

    /// Whether it came from a store: by its name, or by its file, to which links may lead.
    func isFrom(_ location: StorageLocation) -> Bool {
        if source == Self.name(of: location) { return true }
        let prefix = "\(location.backend):/"
        guard source.hasPrefix(prefix), location.description.hasPrefix("/") else { return false }
        return StoreFile.isSame(String(source.dropFirst(prefix.count - 1)), location.description)
    }

    static func read(_ collection: CollectionSchema, in transaction: any DriverTransaction) async throws -> MoveRecord?
    {
        let found = Found<MoveRecord>()
        try await transaction.get([Key(.text(collection.name))], in: schema, includingUnknown: false) {
            found.append(try MoveRecord($0))
        }
        return found.all.first
    }

    /// Writes it in a transaction, so that it says what that transaction leaves.
    mutating func write(in transaction: any DriverTransaction) async throws {
        updatedAt = .now
        _ = try await transaction.write(WriteBatch([.upsert(row)], in: Self.schema))
    }

    /// Removes the staging area of a move that did not end. Any other move has none: a table of that name is not ours.
    func dropStaging(of collection: CollectionSchema, in transaction: any DriverTransaction) async throws {
        guard phase == .copying, let stager = transaction as? any StagingTransaction else { return }
        try await stager.drop(collection.staging)
    }

    func remove(in transaction: any DriverTransaction) async throws {
        _ = try await transaction.write(WriteBatch([.delete(Key(.text(collection)))], in: Self.schema))
    }
}
