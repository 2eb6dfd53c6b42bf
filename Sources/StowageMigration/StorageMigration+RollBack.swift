internal import Stowage

extension StorageMigration {
    /// Undoes the last move from this source into the target: removes what it wrote, and only that.
    ///
    /// Of an unfinished move that is the staging area and the checkpoint. Of a finished one it is every record that is
    /// still as the move left it; a merge also gives replaced records their former content back, from its journal. What
    /// was changed since stays, and is named. All is one transaction. A target that is as the move left it needs no
    /// source, which may have been retired; any other is compared with the source, which must be what was moved.
    ///
    /// What the target's table adds by itself, in columns that no field names, goes with the records as long as it is as the
    /// move left it; a record in which it has changed counts as changed.
    ///
    /// - Throws: `notFound` when the target remembers no move; `constraint` when removing records would change other tables,
    ///   or when a former record cannot be restored whole: nothing is changed then; `conflict` when it remembers one from
    ///   another source or one that was settled, or when the source has changed since: then nobody can tell any more what
    ///   the move wrote.
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
            let rules = try await rules(of: target)
            if record.phase == .published { try rules.requireSilentRemoval(collection) }
            let books = try await MoveBooks(of: collection, in: target)
            let report: RollbackReport
            do {
                report = try await TargetWriter(database: target).transaction(isLong: true) {
                    try await undo(record, reading, absent, rules, books, $0)
                }
            } catch { throw rules.explained(error, collection) }
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
        _ rules: TargetRules,
        _ books: MoveBooks,
        _ transaction: any DriverTransaction
    ) async throws -> RollbackReport {
        var report = RollbackReport()
        // The move may have gone on, or have been published, since it was looked at.
        try await requireUnchanged(record, in: transaction)
        try await record.dropStaging(of: collection, in: transaction)
        if record.phase == .published {
            if record.merge == nil {
                try await removePublished(record, reading, absent, rules.foreign, books, transaction, &report)
            } else {
                try await undoMerge(rules, transaction, &report)
            }
            try await books.clearJournal(in: transaction)
            try await removeState(record, transaction)
        }
        try await record.remove(in: transaction)
        return report
    }

    /// Removes what a move has put into an empty target.
    private func removePublished(
        _ record: MoveRecord,
        _ reading: Reading?,
        _ absent: (any Error)?,
        _ foreign: ForeignColumns,
        _ books: MoveBooks,
        _ transaction: any DriverTransaction,
        _ report: inout RollbackReport
    ) async throws {
        let published = Reading(transaction: transaction, limit: target.options.deadline)
        let held = try await scan(published, isSource: false, nil)
        if held.digest == record.digest {
            let removed = try await transaction.write(WriteBatch([.deleteAll(.all)], in: collection))
            guard removed.reduce(0, { $0 + $1.affected }) == held.count else { throw notUndone }
            report.removed = held.count
            return
        }
        if !foreign.isEmpty,
            try await scan(published, isSource: false, without: foreign, nil).digest == record.digest
        {
            // Only the table's own columns hold more than was moved.
            let pages = try await published.pages(of: collection, size: 1000)
            while let page = try await pages.next() {
                try await remove(page.rows.map { ($0, nil) }, foreign, books, transaction, &report)
            }
            return
        }
        guard let reading else { throw absent ?? sourceChanged }
        guard try await scan(reading, nil).digest == record.digest else {
            throw StorageError(
                .conflict,
                "the source has changed since the move, and so has the target; nothing was removed",
                advice: "Restore the source as it was moved, or remove the records by hand",
                isRetryable: false
            )
        }
        try await reading.pages(of: collection, size: 1000).forEach { page in
            guard page.damages.isEmpty else { throw sourceChanged }
            let stored = try await stored(page.rows.map { collection.key(of: $0.values) }, transaction)
            let pairs = page.rows.compactMap { row in stored[collection.key(of: row.values)].map { ($0, row) } }
            report.gone += page.rows.map { collection.key(of: $0.values) }.filter { stored[$0] == nil }
                .map(\.description)
            try await remove(pairs, foreign, books, transaction, &report)
        }
    }

    /// Removes the records that are still as the move left them.
    ///
    /// - Parameter pairs: Records of the target, each with the source's; nil for one that is known to be the same.
    private func remove(
        _ pairs: [(present: Row, source: Row?)],
        _ foreign: ForeignColumns,
        _ books: MoveBooks,
        _ transaction: any DriverTransaction,
        _ report: inout RollbackReport
    ) async throws {
        var left: [Key: String] = [:]
        if !foreign.isEmpty, books.hasJournal {
            left = try await leftBehind(pairs.map { collection.key(of: $0.present.values) }, transaction)
        }
        var mutations: [Mutation] = []
        for (present, source) in pairs {
            let key = collection.key(of: present.values)
            let bare = foreign.leavingOut(of: present, besides: source)
            let isMoved = source.map { bare.isIdentical(to: $0) } ?? true
            if isMoved, bare.isIdentical(to: present) || left[key] == ContentDigest.hex(of: present) {
                mutations.append(.delete(key))
            } else {
                report.changed.append(key.description)
            }
        }
        try await undo(mutations, in: transaction)
        report.removed += mutations.count
    }

    /// Writes what undoes a move; a record that the target's engine keeps as it is undoes nothing.
    func undo(_ mutations: [Mutation], in transaction: any DriverTransaction) async throws {
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
