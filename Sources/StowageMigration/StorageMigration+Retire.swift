public import Stowage

extension StorageMigration {
    /// Takes the source out of use: verifies every record once more, then renames the store to `….migrated`, while no other
    /// program can write to it. A merge is settled by this (``settle()``); a move into an empty target can still be rolled
    /// back for as long as the target is as it was left.
    ///
    /// - Returns: Where the store stands now.
    /// - Throws: `unsupported` when the source is no file; `conflict` when the stores differ or another program uses the
    ///   source; `alreadyExists` when something has the new name. The source stays then.
    public func retire() async throws -> StorageLocation {
        _ = try retirable()
        let reading = try await beginSource()
        let scan: SourceScan
        do {
            try await checkRetirement()
            scan = try await self.scan(reading, nil)
            let verdict = try await withExamined {
                try await compare(reading, with: $0, try await allowance(in: $0, for: .retiring), nil)
            }
            await reading.end()
            guard verdict.isEqual else {
                throw StorageError(
                    .conflict,
                    "the stores differ in \(Counted.text(verdict.total, "place")), so the source stays",
                    advice: "See which by verify",
                    isRetryable: false
                )
            }
        } catch {
            await reading.end()
            throw error
        }
        return try await retire(expecting: scan.digest)
    }

    /// Throws what keeps the source from being taken out of use, as far as it can be seen.
    func checkRetirement() async throws { try await retirable().checkRetirement(context: source.options.context()) }

    /// The source's driver, when it can be taken out of use.
    func retirable() throws -> any RetirableDriver {
        if source.driver.capabilities.contains(.retirement), let driver = source.driver as? any RetirableDriver {
            return driver
        }
        throw StorageError(
            .unsupported,
            "a source on \(source.driver.location.backend) is no file that could be renamed, so it is not retired",
            advice: "Move without retiring it, and remove its records by hand when nothing needs them any more"
        )
    }

    /// Retires the source if its content is still what was verified, and settles a merge: it was accepted.
    func retire(expecting digest: String) async throws -> StorageLocation {
        let driver = try retirable()
        let move = try await examine().move
        let isMerge = move?.merge != nil && move?.isFrom(source.driver.location) == true
        if isMerge, target.access == .readOnly {
            throw StorageError(.readOnly, "the target is open for reading only, and keeps what its merge has replaced")
        }
        let limit = source.options.deadline
        // Once the file is renamed, a link to it leads nowhere.
        let location = driver.retiredLocation
        try await driver.retire(context: source.options.context()) { transaction in
            let reading = Reading(transaction: transaction, limit: limit)
            let scan = try await self.scan(reading, nil)
            if scan.digest == digest { return }
            throw StorageError(
                .conflict,
                "the source has changed since it was verified, so it stays",
                advice: "Move what is new, then retire it",
                isRetryable: false
            )
        }
        if isMerge {
            do { try await settle() } catch let error as StorageError {
                throw error.advising("The source was renamed; end what the merge keeps by --settle")
            }
        }
        return location
    }
}
