internal import Stowage

extension StorageMigration {
    /// Undoes the last move from this source into the target: removes what it wrote, and only that.
    ///
    /// Of an unfinished move that is the staging area and the checkpoint. Of a finished one it is every record that is
    /// still as the move left it; a merge also gives replaced records their former content back, from its journal. What
    /// was changed since stays, and is named. All is one transaction. A target that is as the move left it needs no
    /// source, which may have been retired; any other is compared with the source, which must be what was moved.
    ///
    /// - Throws: `notFound` when the target remembers no move; `conflict` when it remembers one from another source or one
    ///   that was settled, or when the source has changed since: then nobody can tell any more what the move wrote.
    public func rollBack() async throws -> RollbackReport {
        try await StorePlace.requireDifferentStores(source, target, of: collection)
        let record = try await lastMove(to: "undo")
        if record.phase == .settled {
            throw StorageError(
                .conflict,
                "the move was settled: what undoing it takes is not kept any more",
                advice: "Restore a backup of the target, or remove the records by hand",
                isRetryable: false
            )
        }
        var reading: Reading?
        var absent: (any Error)?
        if record.phase == .published, record.merge == nil {
            do { reading = try await beginSource() } catch { absent = error }
        }
        do {
            try await open(target)
            let context = target.options.context()
            let own = record.merge == nil ? [MoveRecord.schema] : [MoveRecord.schema, undo]
            try await target.driver.open(own, access: .readWrite, context: context)
            let report = try await TargetWriter(database: target).transaction(isLong: true) {
                try await undo(record, reading, absent, $0)
            }
            await reading?.end()
            return report
        } catch {
            await reading?.end()
            throw error
        }
    }

    private func undo(
        _ record: MoveRecord,
        _ reading: Reading?,
        _ absent: (any Error)?,
        _ transaction: any DriverTransaction
    ) async throws -> RollbackReport {
        var report = RollbackReport()
        // The move may have gone on, or have been published, since it was looked at.
        try await requireUnchanged(record, in: transaction)
        if let stager = transaction as? any StagingTransaction { try await stager.drop(collection.staging) }
        if record.phase == .published {
            if record.merge == nil {
                let held = try await scan(
                    Reading(transaction: transaction, limit: target.options.deadline),
                    isSource: false,
                    nil
                )
                if held.digest == record.digest {
                    let removed = try await transaction.write(WriteBatch([.deleteAll(.all)], in: collection))
                    guard removed.reduce(0, { $0 + $1.affected }) == held.count else { throw notUndone }
                    report.removed = held.count
                } else if let reading {
                    guard try await scan(reading, nil).digest == record.digest else {
                        throw StorageError(
                            .conflict,
                            "the source has changed since the move, and so has the target; nothing was removed",
                            advice: "Restore the source as it was moved, or remove the records by hand",
                            isRetryable: false
                        )
                    }
                    try await removeMoved(reading, transaction, &report)
                } else {
                    throw absent ?? sourceChanged
                }
            } else {
                try await undoMerge(transaction, &report)
                _ = try await transaction.write(WriteBatch([.deleteAll(.all)], in: undo))
            }
            try await removeState(record, transaction)
        }
        try await record.remove(in: transaction)
        return report
    }

    /// Removes the records that are still those of the source.
    private func removeMoved(
        _ reading: Reading,
        _ transaction: any DriverTransaction,
        _ report: inout RollbackReport
    ) async throws {
        try await reading.pages(of: collection, size: 1000).forEach { page in
            guard page.damages.isEmpty else { throw sourceChanged }
            let stored = try await stored(page.rows.map { collection.key(of: $0.values) }, transaction)
            var mutations: [Mutation] = []
            for row in page.rows {
                let key = collection.key(of: row.values)
                guard let present = stored[key] else { continue }
                if present.isIdentical(to: row) {
                    mutations.append(.delete(key))
                } else {
                    report.changed.append(key.description)
                }
            }
            try await undo(mutations, in: transaction)
            report.removed += mutations.count
        }
    }

    /// Writes what undoes a move; a record that the target's engine keeps as it is undoes nothing.
    private func undo(_ mutations: [Mutation], in transaction: any DriverTransaction) async throws {
        if mutations.isEmpty { return }
        let outcomes = try await transaction.write(WriteBatch(mutations, in: collection))
        if outcomes.contains(where: { $0.affected == 0 }) { throw notUndone }
    }

    private var notUndone: StorageError {
        StorageError(
            .constraint,
            "the target keeps records that were to be removed; nothing was changed",
            advice: "Look for triggers and rules of its table"
        ).inCollection(collection.name)
    }

    /// Gives every record of the journal back what it was.
    private func undoMerge(_ transaction: any DriverTransaction, _ report: inout RollbackReport) async throws {
        let journal = Reading(transaction: transaction, limit: target.options.deadline)
        let pages = try await journal.pages(of: undo, size: 1000)
        // Without reading ahead: a transaction takes one call at a time.
        while let page = try await pages.next() {
            if let damage = page.damages.first { throw damage }
            let entries = try page.rows.map(entry)
            let stored = try await stored(entries.map(\.key), transaction)
            var mutations: [Mutation] = []
            for entry in entries {
                let present = stored[entry.key]
                guard let present, ContentDigest.hex(of: present) == entry.written else {
                    if present != nil || entry.former != nil { report.changed.append(entry.key.description) }
                    continue
                }
                guard let former = entry.former else {
                    mutations.append(.delete(entry.key))
                    report.removed += 1
                    continue
                }
                mutations += restoring(former, over: present, entry.key)
                report.restored += 1
            }
            try await undo(mutations, in: transaction)
        }
    }

    /// What brings a record to its former content. Columns that the schema does not know stay where they can.
    private func restoring(_ former: Row, over present: Row, _ key: Key) -> [Mutation] {
        guard (former.unknown ?? "").utf8.elementsEqual((present.unknown ?? "").utf8) else {
            return [.delete(key), .insert(former)]
        }
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

    /// Removes what the move wrote of the state, where it is still so.
    private func removeState(_ record: MoveRecord, _ transaction: any DriverTransaction) async throws {
        guard let text = record.state, case .object(let written) = try JSON(parsing: text) else { return }
        let reading = Reading(transaction: transaction, limit: target.options.deadline)
        let mutations: [Mutation] = try await reading.state(State.self).compactMap { member in
            guard let value = written[member.name] else { return nil }
            let isSame = try CanonicalText.of(member.json).utf8.elementsEqual(value.compact)
            return isSame ? .delete(Key(.text(member.name))) : nil
        }
        if !mutations.isEmpty { _ = try await transaction.write(WriteBatch(mutations, in: .state)) }
    }
}
