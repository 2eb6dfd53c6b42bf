internal import Stowage

/// Unique values that change places between records of one collection: before any of them is written, those who will give
/// their value up hold nothing, so that the order of the writes does not matter.
struct UniqueParking: Sendable {
    private let collection: CollectionSchema
    /// The groups of fields whose values stand together in one record only.
    let uniques: [UniqueFields]
    private let required: [Int]

    init(_ collection: CollectionSchema, _ rules: TargetRules) {
        self.collection = collection
        uniques = collection.uniqueIndexes.map { UniqueFields(positions: $0.fields) } + rules.unique
        required = rules.required
    }

    var isEmpty: Bool { uniques.isEmpty }

    /// A field of a group that may hold nothing, which makes the group no obstacle to others; nil when there is none.
    func vacated(_ unique: UniqueFields) -> Int? {
        unique.positions.first { position in
            collection.fields[position].isOptional && !collection.key.contains(position) && !required.contains(position)
        }
    }

    /// Empties the unique values of some records.
    func park(_ keys: [Key], in transaction: any DriverTransaction) async throws {
        let fields = Set(uniques.compactMap(vacated)).sorted()
        if fields.isEmpty || keys.isEmpty { return }
        let nothing = fields.map { Assignment(field: $0, value: .null) }
        _ = try await transaction.write(WriteBatch(keys.map { .update($0, nothing) }, in: collection))
    }
}
