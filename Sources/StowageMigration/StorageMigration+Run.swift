internal import Stowage

extension StorageMigration {
    /// Plans, copies, verifies and publishes.
    ///
    /// With ``MoveOptions/resumes`` an interrupted move goes on behind what it has written, and a finished one is only
    /// verified: then ``MoveReport/verdict`` holds what differs.
    ///
    /// - Throws: ``MoveRefused`` with every record that cannot go, or, merging with `fail`, every id that both stores
    ///   have; `alreadyExists` for a target with records and no rule for them; `conflict` for an unfinished move that is
    ///   not to be gone on with, or whose source has changed since; `notFound` for an absent source; `unsupported` for a
    ///   source that cannot be retired, `permission` and its kin for a store that cannot be written or renamed. Nothing
    ///   is visible in the target then.
    public func run(progress: (@Sendable (MoveProgress) -> Void)? = nil) async throws -> MoveReport {
        if options.retires { _ = try retirable() }
        let reading = try await beginSource()
        var report: MoveReport
        do {
            // After the source was found: one that has been retired is absent, whatever has its new name.
            if options.retires { try await checkRetirement() }
            report = try await move(reading, progress)
            await reading.end()
        } catch {
            await reading.end()
            throw error
        }
        if options.retires {
            if report.verdict?.isEqual == false { return report }
            report.retired = try await retire(expecting: report.digest)
        }
        return report
    }

    private func move(_ reading: Reading, _ progress: (@Sendable (MoveProgress) -> Void)?) async throws -> MoveReport {
        let found = try await examineUnlessPending()
        var resumed = try found.flatMap(resumable)
        let rules = found?.rules ?? TargetRules()
        let scan = try await scan(reading, for: rules, progress)
        let refusals = try await refusals(scan, rules, reading)
        if !refusals.isEmpty { throw refusal(refusals) }
        let view: TargetView
        if let found {
            view = found
        } else {
            // Nothing stands in the source's way: now the target may be changed.
            try await checkTargetWritable(nil)
            try await open(target)
            view = try await examine()
            let refusals = view.rules.refusals(collection)
            if !refusals.isEmpty { throw refusal(refusals) }
            resumed = try resumable(view)
        }
        var report = MoveReport(source: source.driver.location, target: target.driver.location)
        report.read = scan.count
        report.digest = scan.digest
        if let resumed, resumed.phase != .copying {
            if resumed.merge != nil { try requireSame(resumed, scan) }
            let verdict = try await withExamined {
                try await compare(
                    reading,
                    with: $0,
                    MergeAllowance(after: resumed, for: options.retires ? .retiring : .resuming),
                    progress
                )
            }
            report.verified = verdict.verified
            report.verdict = verdict
            report.state =
                switch verdict.state {
                case .none: .none
                case .same: .same
                case .different: .kept
                }
            return report
        }
        if let resumed { try requireSame(resumed, scan) }
        try await checkTargetWritable(view)
        try await open(target)
        let context = target.options.context()
        try await target.driver.open([MoveRecord.schema], access: .readWrite, context: context)
        if let merge = options.merge, view.records > 0 {
            try await self.merge(merge, view.rules, reading, scan, &report, progress)
        } else if target.driver.capabilities.contains(.staging) {
            try await copyAside(reading, scan, resumed, &report, progress)
        } else {
            try await copyAtOnce(reading, scan, &report, progress)
        }
        return report
    }

    /// The move that this one goes on with, or that it repeats.
    func resumable(_ view: TargetView) throws -> MoveRecord? {
        // A merge needs no staging area.
        if let stranger = view.stranger, options.merge == nil || view.records == 0 {
            throw StorageError(
                .alreadyExists,
                "the target has a table \(StorageError.quoted(stranger)) that no move has made, and nothing was changed",
                advice: "Rename it: the move needs a table of that name for itself"
            ).inCollection(collection.name)
        }
        guard let record = view.move else {
            try requireEmpty(view)
            return nil
        }
        let isSame = record.isFrom(source.driver.location)
        if record.phase == .copying {
            guard options.resumes else {
                throw StorageError(
                    .conflict,
                    "the target holds an unfinished move from \(record.source): "
                        + "\(record.copied) of \(Counted.text(record.records, "record")) are written aside",
                    advice: "Go on with it by --resume, or undo it by --rollback",
                    isRetryable: false
                )
            }
            if isSame { try requireNothingBeside(view) }
            return record
        }
        // A merge that is repeated would forget what it replaced the first time.
        if options.resumes, isSame { return record }
        try requireEmpty(view)
        return nil
    }

    private func requireEmpty(_ view: TargetView) throws {
        guard view.records > 0, options.merge == nil else { return }
        var advice = "Name an empty target, or say how to merge: --merge fail, skip or replace"
        if let move = view.move {
            if move.isFrom(source.driver.location) {
                advice =
                    "The last move came from this source: verify it by --resume, and retire the source by "
                    + "--resume --retire. Else name an empty target, or say how to merge: --merge fail, skip or replace"
            } else if options.resumes {
                advice =
                    "The last move came from \(move.source): name the source so to verify that one. Else name an "
                    + "empty target, or say how to merge: --merge fail, skip or replace"
            }
        }
        throw StorageError(
            .alreadyExists,
            "the target holds \(Counted.text(view.records, "record")), and nothing was changed",
            advice: advice
        ).inCollection(collection.name)
    }

    /// Throws when the target of an unfinished move has got records from elsewhere: what is written aside has no place.
    private func requireNothingBeside(_ view: TargetView) throws {
        guard view.records > 0, options.merge == nil else { return }
        throw StorageError(
            .alreadyExists,
            "the target has got \(Counted.text(view.records, "record")) since the unfinished move began, and nothing was "
                + "changed",
            advice: Self.besideAdvice
        ).inCollection(collection.name)
    }

    /// What to do about records that came into the target of an unfinished move.
    static var besideAdvice: String {
        "Remove them and go on by --resume, say how to merge with them by --resume --merge fail, skip or replace, or undo "
            + "the unfinished move by --rollback"
    }

    func requireSame(_ record: MoveRecord, _ scan: SourceScan) throws {
        let isSame = record.isFrom(source.driver.location)
        if isSame, record.digest == scan.digest, record.records == scan.count { return }
        throw StorageError(
            .conflict,
            isSame
                ? "the source has changed since the unfinished move began"
                : "the unfinished move in the target comes from another source, \(record.source)",
            advice: isSame
                ? "Undo it by --rollback, and start the move again"
                : "Name the source as that move did, by \(record.source), to go on with it or to undo it by --rollback",
            isRetryable: false
        )
    }
}
