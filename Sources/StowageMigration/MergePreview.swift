internal import Stowage

/// What a merge would do to the records of a target.
public struct MergePreview: Sendable, Hashable {
    /// Records that the target does not have.
    public var written = 0
    /// Records that would stay as the target has them.
    public var skipped = 0
    /// Records that would take the place of the target's.
    public var replaced = 0
    /// With `fail`, the ids that both stores have: the merge would be refused because of them.
    public var common: [String] = []
}

/// What a merge finds before it writes; the plan and the merge itself look the same way.
struct MergeOutlook: Sendable {
    var preview = MergePreview()
    /// Records whose unique value another record of the target holds, and keeps.
    var refusals: [MoveRefused.Refusal] = []
    /// Records of the target that will give a unique value up to another one.
    var givingUp: [Key] = []
    /// Records that a rollback could restore in a new row alone, and the columns of the table's own that would have to fill
    /// themselves in it.
    var rebuilt = 0
    var rebuiltColumns: [String] = []

    /// What a plan says of a later rollback.
    var warnings: [String] {
        if rebuilt == 0 { return [] }
        let names = rebuiltColumns.map(StorageError.quoted).joined(separator: ", ")
        let gets = Counted.text(rebuilt, "record of the target gets", plural: "records of the target get")
        return [
            "\(gets) unknown members: the merge could not be rolled back unless the "
                + "\(rebuiltColumns.count == 1 ? "column" : "columns") \(names), which no field names, filled with the same again"
        ]
    }
}

extension StorageMigration {
    /// Looks every record of the source up in the target; writes nothing.
    func outlook(
        _ rule: ImportConflict,
        _ rules: TargetRules,
        _ reading: Reading,
        _ transaction: any DriverTransaction
    ) async throws -> MergeOutlook {
        var outlook = MergeOutlook()
        var taken: [Taken] = []
        let parking = UniqueParking(collection, rules)
        try await reading.pages(of: collection, size: 1000).forEach { page in
            guard page.damages.isEmpty else { throw sourceChanged }
            let keys = page.rows.map { collection.key(of: $0.values) }
            let held = try await stored(keys, transaction)
            var incoming: [Row] = []
            for (key, row) in zip(keys, page.rows) {
                switch (held[key] == nil, rule) {
                case (true, _): outlook.preview.written += 1
                case (false, .fail): outlook.preview.common.append(key.description)
                case (false, .skip): outlook.preview.skipped += 1
                case (false, .replace): outlook.preview.replaced += 1
                }
                if held[key] == nil || rule == .replace { incoming.append(row) }
                if rule == .replace, let old = held[key] {
                    try noteRebuilding(row, over: old, rules.foreign, &outlook)
                }
            }
            for unique in parking.uniques {
                taken += try await self.taken(unique, incoming, reading.limit, transaction)
            }
        }
        // One that is replaced itself gives its value up, where it can be without one for a moment.
        let holders = Array(Set(taken.map(\.holder)))
        let replaced = rule == .replace && !holders.isEmpty ? try await stored(holders, reading.transaction) : [:]
        for value in taken {
            if replaced[value.holder] != nil, parking.vacated(value.unique) != nil {
                outlook.givingUp.append(value.holder)
            } else {
                outlook.refusals.append(MoveRefused.Refusal(value.error))
            }
        }
        outlook.givingUp = Array(Set(outlook.givingUp))
        return outlook
    }

    /// Notes a record whose unknown members a merge would change: only a new row is without them.
    private func noteRebuilding(
        _ row: Row,
        over old: Row,
        _ foreign: ForeignColumns,
        _ outlook: inout MergeOutlook
    ) throws {
        let filled = foreign.filled(in: old)
        if filled.isEmpty { return }
        var new = try row.over(old, collection)
        try CanonicalText.apply(to: &new, nested: nestedFields, collection)
        let (mine, theirs) = (foreign.leavingOut(of: old, besides: nil), foreign.leavingOut(of: new, besides: nil))
        if (mine.unknown ?? "").utf8.elementsEqual((theirs.unknown ?? "").utf8) { return }
        outlook.rebuilt += 1
        outlook.rebuiltColumns = foreign.names.filter { filled.contains($0) || outlook.rebuiltColumns.contains($0) }
    }

    /// The error of a merge whose unique values other records of the target hold.
    func taken(_ refusals: [MoveRefused.Refusal]) -> MoveRefused {
        MoveRefused(
            code: .constraint,
            message: "nothing was moved from \(source.driver.location): \(MoveRefused.count(refusals))",
            advice: "Change the value on one side, and start the move again",
            refusals: refusals
        )
    }

    /// The records among some whose unique value another record of the target holds.
    func taken(
        _ unique: UniqueFields,
        _ rows: [Row],
        _ limit: Duration,
        _ transaction: any DriverTransaction
    ) async throws -> [Taken] {
        let names = unique.positions.map { self.collection.fields[$0].name }
        var wanted: [[Value]: Row] = [:]
        for row in rows {
            let values = unique.positions.map { row.values[$0] }
            if !values.contains(where: \.isNull) { wanted[values] = row }
        }
        if wanted.isEmpty { return [] }
        let found = Found<Row>()
        let collection = self.collection
        let order = collection.key.map { SortKey(collection.fields[$0].name) }
        for predicate in Self.predicates(names, Array(wanted.keys)) {
            let cursor = try await transaction.cursor(DriverQuery(predicate, order: order), in: collection)
            do {
                var mayHaveMore = true
                while mayHaveMore {
                    mayHaveMore = try await cursor.next(1000, until: .after(limit)) { reader in
                        found.append(try reader.row(of: collection))
                    }
                }
            } catch {
                await cursor.close()
                throw error
            }
            await cursor.close()
        }
        return found.all.compactMap { holder in
            let key = collection.key(of: holder.values)
            guard let row = wanted[unique.positions.map { holder.values[$0] }] else { return nil }
            let own = collection.key(of: row.values)
            if own == key { return nil }
            let error = StorageError(
                .constraint,
                "the target's record \(StorageError.quoted(key.description)) holds this unique value"
            ).inField(names.joined(separator: ", ")).forRecord(own.description).at(.init(table: collection.name))
            return Taken(holder: key, unique: unique, error: error)
        }
    }

    /// Conditions that together match the records with any of some values.
    private static func predicates(_ names: [String], _ values: [[Value]]) -> [QueryPredicate] {
        if names.count == 1 { return [.member(field: names[0], isIn: true, values.map { $0[0] })] }
        return stride(from: 0, to: values.count, by: 100).map { start in
            .or(
                values[start..<min(start + 100, values.count)].map { values in
                    .and(zip(names, values).map { .compare(field: $0, .equal, $1) })
                }
            )
        }
    }
}

/// A unique value of the source that a record of the target holds.
struct Taken: Sendable {
    let holder: Key
    let unique: UniqueFields
    let error: StorageError
}
