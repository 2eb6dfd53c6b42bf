internal import Stowage

/// What settling a move did.
public struct SettleReport: Sendable, Hashable {
    /// How many replaced records were kept until now, and are not any more.
    public var forgotten: Int
}

extension StorageMigration {
    /// Accepts the last move from this source: it cannot be rolled back any more, and the replaced records that a merge
    /// kept for that are removed. The source need not be there. A move that is settled already stays so.
    ///
    /// A merge's journal lives from the merge until the first of these: ``rollBack()``, this call, ``retire()``, the next
    /// move into the collection, a restore of a backup.
    ///
    /// - Throws: `notFound` when the target remembers no move; `conflict` when it remembers one from another source, or
    ///   one that did not end.
    @discardableResult
    public func settle() async throws -> SettleReport {
        let record = try await lastMove(to: "settle")
        if record.phase == .copying {
            throw StorageError(
                .conflict,
                "the move into the target did not end",
                advice: "Go on with it by --resume, or undo it by --rollback",
                isRetryable: false
            )
        }
        if record.phase == .settled { return SettleReport(forgotten: 0) }
        try await open(target)
        let books = try await MoveBooks(of: collection, in: target)
        return try await TargetWriter(database: target).transaction { transaction in
            try await requireUnchanged(record, in: transaction)
            let kept = try await books.formerRecords(in: transaction)
            try await books.clearJournal(in: transaction)
            var settled = record
            settled.phase = .settled
            // The state that it wrote served the rollback alone.
            settled.state = nil
            try await settled.write(in: transaction)
            return SettleReport(forgotten: kept)
        }
    }

    /// The last move into the target, which must have come from this source.
    func lastMove(to what: String) async throws -> MoveRecord {
        guard let record = try await examine().move else {
            throw StorageError(
                .notFound,
                "the target remembers no move to \(what)",
                advice: "Check which target is meant"
            ).inCollection(collection.name)
        }
        guard record.isFrom(source.driver.location) else {
            throw StorageError(
                .conflict,
                "the last move into the target came from another source, \(record.source)",
                advice: "Name the source as the move did, by \(record.source), to \(what) it",
                isRetryable: false
            )
        }
        return record
    }
}
