public import Stowage

extension StorageMigration {
    /// Takes the source out of use: verifies every record once more, then renames the store to `….migrated`, while no other
    /// program can write to it.
    ///
    /// - Returns: Where the store stands now.
    /// - Throws: `unsupported` when the source is no file; `conflict` when the stores differ or another program uses the
    ///   source; `alreadyExists` when something has the new name. The source stays then.
    public func retire() async throws -> StorageLocation {
        _ = try retirable()
        let reading = try await beginSource()
        let scan: SourceScan
        do {
            scan = try await self.scan(reading, nil)
            let verdict = try await withExamined { try await compare(reading, with: $0, nil) }
            await reading.end()
            guard verdict.isEqual else {
                throw StorageError(
                    .conflict,
                    "the stores differ in \(verdict.total) \(verdict.total == 1 ? "place" : "places"), so the source stays",
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

    /// The source's driver, when it can be taken out of use.
    func retirable() throws -> any RetirableDriver {
        try source.driver.capabilities.require(.retirement, for: "taking a store out of use")
        guard let driver = source.driver as? any RetirableDriver else {
            throw StorageError(.unsupported, "the adapter declares retirement, and does not do it")
        }
        return driver
    }

    /// Retires the source if its content is still what was verified.
    func retire(expecting digest: String) async throws -> StorageLocation {
        let driver = try retirable()
        let limit = source.options.deadline
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
        return driver.retiredLocation
    }
}
