internal import Stowage

// What a merge has written over and beside the records of its target, taken back by its journal.
extension StorageMigration {
    /// Gives every record of the journal back what it was.
    func undoMerge(
        _ rules: TargetRules,
        _ transaction: any DriverTransaction,
        _ report: inout RollbackReport
    ) async throws {
        let parked = try await parkHolders(rules, transaction)
        let journal = Reading(transaction: transaction, limit: target.options.deadline)
        let pages = try await journal.pages(of: undo, size: 1000)
        var lost: [MoveRefused.Refusal] = []
        // Without reading ahead: a transaction takes one call at a time.
        while let page = try await pages.next() {
            if let damage = page.damages.first { throw damage }
            let entries = try page.rows.map(entry)
            var stored = try await stored(entries.map(\.key), transaction)
            for entry in entries { if let row = parked[entry.key] { stored[entry.key] = row } }
            var mutations: [Mutation] = []
            var restored: [(key: Key, former: Row, isWhole: Bool)] = []
            for entry in entries {
                let present = stored[entry.key]
                guard let present, ContentDigest.hex(of: present) == entry.written else {
                    if present != nil || entry.former != nil {
                        report.changed.append(entry.key.description)
                    } else {
                        report.gone.append(entry.key.description)
                    }
                    continue
                }
                guard let former = entry.former else {
                    mutations.append(.delete(entry.key))
                    report.removed += 1
                    continue
                }
                let keeps = hasUnknown(of: former, present, rules.foreign)
                mutations += restoring(former, rules.foreign, keepsRow: keeps, entry.key)
                restored.append((entry.key, former, !keeps))
                report.restored += 1
            }
            try await undo(mutations, in: transaction)
            let after = try await self.stored(restored.map(\.key), transaction)
            for (key, former, isWhole) in restored {
                // A row that was put there anew has lost what its own columns held, unless they fill themselves alike.
                let isSame = after[key].map {
                    isWhole ? $0.isIdentical(to: former) : rules.foreign.areSame($0, former, besides: Row(values: []))
                }
                if isSame != true { lost.append(notRestored(key)) }
            }
        }
        if !lost.isEmpty {
            throw MoveRefused(
                code: .constraint,
                message: "nothing was rolled back: \(Counted.text(lost.count, "record")) would not be as before",
                advice: "Restore a backup of the target, or change the records by hand",
                refusals: lost
            )
        }
    }

    private func notRestored(_ key: Key) -> MoveRefused.Refusal {
        MoveRefused.Refusal(
            id: key.description,
            place: .init(table: collection.name),
            reason:
                "its former content cannot be restored whole: columns that no field names, or triggers, are in the way"
        )
    }

    /// Records that the merge has written and that hold a unique value which another record gets back: they give it up.
    ///
    /// - Returns: What they were before that.
    private func parkHolders(_ rules: TargetRules, _ transaction: any DriverTransaction) async throws -> [Key: Row] {
        let parking = UniqueParking(collection, rules)
        if parking.isEmpty { return [:] }
        let limit = target.options.deadline
        let pages = try await Reading(transaction: transaction, limit: limit).pages(of: undo, size: 1000)
        var holders = Set<Key>()
        while let page = try await pages.next() {
            if let damage = page.damages.first { throw damage }
            let former = try page.rows.compactMap { try entry($0).former }
            for unique in parking.uniques where parking.vacated(unique) != nil {
                holders.formUnion(try await taken(unique, former, limit, transaction).map(\.holder))
            }
        }
        if holders.isEmpty { return [:] }
        // What was changed since the merge stays, and the write that needs its value says so.
        let keys = Array(holders)
        let (rows, left) = (try await stored(keys, transaction), try await leftBehind(keys, transaction))
        let parked = rows.filter { left[$0.key] == ContentDigest.hex(of: $0.value) }
        try await parking.park(Array(parked.keys), in: transaction)
        return parked
    }

    /// Whether two records of one key have the same unknown members, but for what is the table's own.
    private func hasUnknown(of former: Row, _ present: Row, _ foreign: ForeignColumns) -> Bool {
        let (old, new) = (foreign.leavingOut(of: former, besides: nil), foreign.leavingOut(of: present, besides: nil))
        return (old.unknown ?? "").utf8.elementsEqual((new.unknown ?? "").utf8)
    }

    /// What brings a record to its former content. Columns that the schema does not know stay where they can.
    private func restoring(_ former: Row, _ foreign: ForeignColumns, keepsRow: Bool, _ key: Key) -> [Mutation] {
        // What a column of the table holds must not become a member beside it.
        if !keepsRow { return [.delete(key), .insert(foreign.leavingOut(of: former, besides: nil))] }
        let data = collection.fields.indices.filter { !collection.key.contains($0) }
        return [.update(key, data.map { Assignment(field: $0, value: former.values[$0]) })]
    }

    private func entry(_ row: Row) throws -> (key: Key, former: Row?, written: String) {
        guard case .json(let key) = row.values[1], case .text(let written) = row.values[3] else {
            throw StorageError(.corrupt, "the journal of a merge cannot be read").inCollection(undo.name)
        }
        var former: Row?
        if case .json(let text) = row.values[2] { former = try self.row(of: text, as: plain) }
        return (Key(try self.row(of: key, as: keys).values), former, written)
    }
}
