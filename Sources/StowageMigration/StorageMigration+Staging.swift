internal import Stowage

/// The copy into a target that can stage: batch by batch aside, then into place at once.
extension StorageMigration {
    func copyAside(
        _ reading: Reading,
        _ scan: SourceScan,
        _ resumed: MoveRecord?,
        _ report: inout MoveReport,
        _ progress: (@Sendable (MoveProgress) -> Void)?
    ) async throws {
        let writer = TargetWriter(database: target)
        let staging = collection.staging
        var record: MoveRecord
        if let resumed {
            record = resumed
            report.resumedAfter = resumed.copied
        } else {
            record = try MoveRecord(
                collection,
                from: source.driver.location,
                digest: scan.digest,
                records: scan.count,
                phase: .copying,
                batchSize: options.batchSize
            )
            let books = try await MoveBooks(of: collection, in: target)
            record = try await writer.transaction { transaction in
                if let other = try await MoveRecord.read(collection, in: transaction), other.phase == .copying {
                    throw overtaken
                }
                // Another move may have been published since the target was looked at.
                guard try await transaction.count(.all, in: collection) == 0 else { throw overtaken }
                try await stager(transaction).stage(collection, as: staging)
                // The move before this one can be undone no longer.
                try await books.clearJournal(in: transaction)
                var begun = record
                try await begun.write(in: transaction)
                return begun
            }
        }
        try await target.driver.open([staging], access: .readWrite, context: target.options.context())
        let foreign = try await foreignToKeep()
        do {
            try await fill(staging, reading, &record, writer, progress)
        } catch { throw stopped(error) }
        try await verifyStaged(staging, reading, scan, progress)
        progress?(MoveProgress(phase: .publishing, done: 0, total: scan.count))
        let (staged, began) = (record, scan.state)
        report.state = try await published(writer) { transaction in
            let isUntouched = try await stager(transaction).publish(staging, as: collection)
            try await requireUnchanged(staged, in: transaction)
            if !isUntouched {
                let published = Reading(transaction: transaction, limit: target.options.deadline)
                try await verifyPublished(published, reading, scan, foreign)
                try await keepAsLeft(foreign, in: transaction)
            }
            var done = staged
            done.phase = .published
            let outcome: StateOutcome
            (outcome, done.state) = try await writeState(began, in: transaction)
            try await done.write(in: transaction)
            return outcome
        }
        report.written = scan.count
        report.verified = scan.count
        progress?(MoveProgress(phase: .publishing, done: scan.count, total: scan.count))
    }

    /// Runs the transaction that puts the records into place; what stops it leaves the move unfinished.
    private func published<Result>(
        _ writer: TargetWriter,
        _ body: (any DriverTransaction) async throws -> Result
    ) async throws -> Result {
        do {
            return try await writer.transaction(isLong: true, isolation: .readCommitted, body)
        } catch { throw stopped(error) }
    }

    /// An error that leaves the move unfinished, with what that means: the same rule would stop it again.
    private func stopped(_ error: any Error) -> any Error {
        guard let known = error as? StorageError else { return error }
        switch known.code {
        case .alreadyExists where known.recordID == nil: return known.advising(Self.besideAdvice)
        case .constraint:
            return known.saying("a rule of the target's table refuses a record: \(known.message)")
                .advising(
                    "Nothing is visible in the target, and the unfinished move stays. Undo it by --rollback, correct the "
                        + "record or the rule, and start again: --resume meets the same rule in the copy"
                )
                .inCollection(collection.name).at(.init(table: collection.name))
        default: return error
        }
    }

    /// Copies what is not staged yet.
    private func fill(
        _ staging: CollectionSchema,
        _ reading: Reading,
        _ record: inout MoveRecord,
        _ writer: TargetWriter,
        _ progress: (@Sendable (MoveProgress) -> Void)?
    ) async throws {
        // The order is that of the keys and the content is the same, so what is staged is the beginning.
        var toSkip = record.copied
        let total = record.records
        if toSkip == total { return }
        let pages = try await reading.pages(of: collection, size: options.batchSize)
        var current = record
        try await pages.forEach { page in
            guard page.damages.isEmpty else { throw sourceChanged }
            let skipped = min(toSkip, page.rows.count)
            toSkip -= skipped
            if skipped == page.rows.count { return }
            let rows = skipped == 0 ? page.rows : Array(page.rows[skipped...])
            let before = current
            current = try await writer.transaction { transaction in
                try await requireUnchanged(before, in: transaction)
                _ = try await transaction.write(WriteBatch(rows.map(Mutation.insert), in: staging))
                var after = before
                after.copied += rows.count
                try await after.write(in: transaction)
                return after
            }
            progress?(MoveProgress(phase: .copying, done: current.copied, total: total))
        }
        record = current
    }

    /// Compares what is staged with the source, before anybody can see it.
    private func verifyStaged(
        _ staging: CollectionSchema,
        _ reading: Reading,
        _ scan: SourceScan,
        _ progress: (@Sendable (MoveProgress) -> Void)?
    ) async throws {
        let staged = try await Reading.begin(target)
        do {
            try await verify(staged, staging, reading, scan, progress)
            await staged.end()
        } catch {
            await staged.end()
            throw error
        }
    }

    /// Compares written records with the source: by the checksum of both, and only when that differs one by one.
    func verify(
        _ written: Reading,
        _ place: CollectionSchema,
        _ reading: Reading,
        _ scan: SourceScan,
        _ progress: (@Sendable (MoveProgress) -> Void)?
    ) async throws {
        var digest = ContentDigest()
        var count = 0
        var isReadable = true
        try await written.contents(of: place).forEach { page in
            if !page.isReadable { isReadable = false }
            digest.add(page.content)
            count += page.count
            progress?(MoveProgress(phase: .verifying, done: count, total: scan.count))
        }
        if isReadable, count == scan.count,
            SourceScan.digest(records: digest.finish(), state: scan.state) == scan.digest
        {
            return
        }
        let foreign = try await ForeignColumns(of: collection, in: target)
        let verdict = try await join(reading, written, place, limit: options.differenceLimit, foreign)
        // What the table adds by itself makes the checksums differ, and no difference.
        if verdict.isEqual, verdict.verified == scan.count, count == scan.count, !foreign.isEmpty { return }
        throw notGivenBack(verdict)
    }

    /// Compares what was written into the target's own table with the source.
    private func verifyPublished(
        _ published: Reading,
        _ reading: Reading,
        _ scan: SourceScan,
        _ foreign: ForeignColumns
    ) async throws {
        let count = try await published.transaction.count(.all, in: collection)
        let verdict = try await join(reading, published, collection, limit: options.differenceLimit, foreign)
        guard verdict.isEqual, verdict.verified == scan.count, count == scan.count else { throw notGivenBack(verdict) }
    }

    func notGivenBack(_ verdict: MoveVerdict) -> MoveRefused {
        MoveRefused(
            code: .corrupt,
            message:
                "the target does not give back what was written to it: \(Counted.text(verdict.total, "difference"))",
            advice: "Nothing is visible in the target. Triggers, rules or defaults of its table may change what is "
                + "written; undo the move by --rollback, and move into a table without them",
            refusals: verdict.differences.map {
                MoveRefused.Refusal(
                    subject: $0.id == nil ? .state : .record,
                    id: $0.id,
                    field: $0.field,
                    reason: $0.kind
                )
            }
        )
    }

    /// Writes the state of the source into a target that has none; answers what was written, as JSON.
    func writeState(
        _ state: [StateMember],
        in transaction: any DriverTransaction
    ) async throws -> (StateOutcome, written: String?) {
        let reading = Reading(transaction: transaction, limit: target.options.deadline)
        if state.isEmpty { return (.none, nil) }
        let held = try await reading.state(State.self).map {
            StateMember(name: $0.name, json: try CanonicalText.of($0.json))
        }
        guard held.isEmpty else { return (held == state ? .same : .kept, nil) }
        let rows = state.map { Mutation.upsert(Row(values: [.text($0.name), .json($0.json)])) }
        _ = try await transaction.write(WriteBatch(rows, in: .state))
        let stored = try await reading.state(State.self).map {
            StateMember(name: $0.name, json: try CanonicalText.of($0.json))
        }
        guard stored == state else {
            throw StorageError(.corrupt, "the target does not give back the state that was written to it")
        }
        var object = JSONObject()
        for member in state { object[member.name] = try JSON(parsing: member.json) }
        return (.copied, String(decoding: JSON.object(object).compact, as: UTF8.self))
    }

    // MARK: Checks

    func stager(_ transaction: any DriverTransaction) throws -> any StagingTransaction {
        guard let stager = transaction as? any StagingTransaction else {
            throw StorageError(.unsupported, "the adapter declares staging, and its transactions do not do it")
        }
        return stager
    }

    /// Throws when another process goes on with the same move.
    func requireUnchanged(_ record: MoveRecord, in transaction: any DriverTransaction) async throws {
        let stored = try await MoveRecord.read(collection, in: transaction)
        guard let stored, stored.id == record.id, stored.copied == record.copied, stored.phase == record.phase else {
            throw overtaken
        }
    }

    private var overtaken: StorageError {
        StorageError(
            .conflict,
            "another process moves records into the same target",
            advice: "Let it finish, then look at what it did",
            isRetryable: false
        )
    }

    var sourceChanged: StorageError {
        StorageError(.conflict, "the source's snapshot changed while it was read", isRetryable: false)
    }
}
