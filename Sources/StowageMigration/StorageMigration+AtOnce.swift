internal import Stowage

/// The copy into a target that cannot stage: everything in one transaction, which is verified before it commits.
extension StorageMigration {
    func copyAtOnce(
        _ reading: Reading,
        _ scan: SourceScan,
        _ report: inout MoveReport,
        _ progress: (@Sendable (MoveProgress) -> Void)?
    ) async throws {
        let books = try await MoveBooks(of: collection, in: target)
        let foreign = try await foreignToKeep()
        report.state = try await TargetWriter(database: target).transaction(isLong: true) { transaction in
            guard try await transaction.count(.all, in: collection) == 0 else {
                throw StorageError(.alreadyExists, "another program has written records to the target meanwhile")
                    .inCollection(collection.name)
            }
            var copied = 0
            try await reading.pages(of: collection, size: options.batchSize).forEach { page in
                guard page.damages.isEmpty else { throw sourceChanged }
                _ = try await transaction.write(WriteBatch(page.rows.map(Mutation.insert), in: collection))
                copied += page.rows.count
                progress?(MoveProgress(phase: .copying, done: copied, total: scan.count))
            }
            let written = Reading(transaction: transaction, limit: target.options.deadline)
            try await verify(written, collection, reading, scan, progress)
            var record = try MoveRecord(
                collection,
                from: source.driver.location,
                digest: scan.digest,
                records: scan.count,
                phase: .published,
                batchSize: options.batchSize
            )
            let outcome: StateOutcome
            (outcome, record.state) = try await writeState(scan.state, in: transaction)
            // The move before this one can be undone no longer.
            try await books.clearJournal(in: transaction)
            try await keepAsLeft(foreign, in: transaction)
            try await record.write(in: transaction)
            progress?(MoveProgress(phase: .publishing, done: scan.count, total: scan.count))
            return outcome
        }
        report.written = scan.count
        report.verified = scan.count
    }
}
