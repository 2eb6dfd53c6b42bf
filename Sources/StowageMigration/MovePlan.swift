public import Stowage

/// What a move would do. Making one reads both stores and changes neither.
public struct MovePlan: Sendable, Hashable {
    /// Where the records would come from.
    public var source: StorageLocation
    /// Where they would go.
    public var target: StorageLocation
    /// How many records the source has.
    public var records: Int
    /// About how many bytes they take.
    public var estimatedBytes: Int
    /// The checksum of the source's content: equal content has the same on every adapter.
    public var digest: String
    /// What the target holds.
    public var targetState: TargetState
    /// Keys that no field of the schema has a place for, with the number of records that have them, by name. They travel
    /// along, and are kept beside the fields (REC-9).
    public var unknownMembers: [String: Int]
    /// The names of what belongs to the store as a whole.
    public var stateMembers: [String]
    /// Whether the state goes along: the target has none of its own.
    public var takesState: Bool
    /// Records that cannot go, each by name, and columns of the target that nothing fills; a move is refused while there
    /// are any.
    public var refusals: [MoveRefused.Refusal]
    /// Rules of the target that only writing can check, such as triggers, in words.
    public var warnings: [String]
    /// What a merge would do; nil without one.
    public var merge: MergePreview?
    /// What the target remembers of the last move into it, and what it still keeps of that.
    public var lastMove: PastMove?
    /// Why the move would be refused because of what the target holds, whatever the records are.
    public var obstacle: Obstacle?

    /// A reason for which a move would be refused.
    public struct Obstacle: Sendable, Hashable {
        /// The code of the error that the move would throw.
        public var code: StorageError.Code
        /// What stands in the way.
        public var message: String
        /// What can be done about it.
        public var advice: String?
    }

    /// What a target holds.
    public enum TargetState: Sendable, Hashable, CustomStringConvertible {
        /// There is no such store yet; the move makes it.
        case absent
        /// A database that is there and does not have the collection; the move makes its tables beside what is in it.
        case withoutCollection
        /// A store without records.
        case empty
        /// A store with records.
        case records(Int)
        /// A move that did not end: how many records of how many are written aside, and where they come from.
        case unfinished(copied: Int, of: Int, source: String)

        /// In words.
        public var description: String {
            switch self {
            case .absent: "absent; it will be made"
            case .withoutCollection: "no records of this kind yet; their tables will be made in the database"
            case .empty: "empty"
            case .records(let count): Counted.text(count, "record")
            case .unfinished(let copied, let total, let source):
                "an unfinished move from \(source): \(copied) of \(Counted.text(total, "record"))"
            }
        }
    }
}

extension StorageMigration {
    /// Reads the whole source and looks at the target; writes nothing.
    ///
    /// - Throws: `notFound` for an absent source, `corrupt` for one that is not a store at all. Records that cannot go are
    ///   no error here: they stand in the plan, all of them.
    public func plan(progress: (@Sendable (MoveProgress) -> Void)? = nil) async throws -> MovePlan {
        if options.retires { _ = try retirable() }
        let reading: Reading
        do {
            reading = try await beginSource()
        } catch let refused as MoveRefused {
            return MovePlan(try await examine(), self, SourceScan(refused: refused.refusals))
        }
        do {
            if options.retires { try await checkRetirement() }
            let view = try await examine()
            let scan = try await scan(reading, for: view.rules, progress)
            var plan = MovePlan(view, self, scan)
            plan.refusals = try await refusals(scan, view.rules, reading)
            plan.obstacle = obstacle(view, scan)
            if plan.obstacle == nil, plan.refusals.isEmpty, try !isDone(view) {
                plan.obstacle = try await obstacleToWriting(view)
            }
            if let rule = options.merge, view.records > 0, plan.refusals.isEmpty, plan.obstacle == nil {
                let merging: MergeOutlook = try await withExamined { database in
                    let other = try await Reading.begin(database)
                    do {
                        let outlook = try await self.outlook(rule, view.rules, reading, other.transaction)
                        await other.end()
                        return outlook
                    } catch {
                        await other.end()
                        throw error
                    }
                }
                plan.merge = merging.preview
                plan.refusals = merging.refusals
                plan.warnings += merging.warnings
                if !merging.preview.common.isEmpty { plan.obstacle = .init(common(merging.preview.common)) }
            }
            await reading.end()
            return plan
        } catch {
            await reading.end()
            throw error
        }
    }

    /// The error that the move would throw because the target cannot be written.
    private func obstacleToWriting(_ view: TargetView) async throws -> MovePlan.Obstacle? {
        do {
            try await checkTargetWritable(view)
            return nil
        } catch let error as StorageError where [.permission, .readOnly, .notFound].contains(error.code) {
            let path = error.place?.path.map { ": \($0)" } ?? ""
            return .init(code: error.code, message: error.message + path, advice: error.advice)
        }
    }

    /// Throws what would keep the target from being written, as far as its driver can tell without writing.
    ///
    /// - Parameter view: What the target holds; nil when it is to be migrated first.
    func checkTargetWritable(_ view: TargetView?) async throws {
        guard let driver = target.driver as? any PreflightDriver else { return }
        let isMerge = options.merge != nil && (view?.records ?? 0) > 0
        let aside = isMerge ? collection.undoJournal : collection.staging
        let written = view == nil ? [collection] : [collection, .state, MoveRecord.schema, aside]
        try await driver.checkWritable(written, context: target.options.context())
    }

    /// Whether the move would only verify what it finds in place.
    private func isDone(_ view: TargetView) throws -> Bool { try resumable(view).map { $0.phase != .copying } ?? false }

    /// The error that the move would throw because of what the target holds.
    private func obstacle(_ view: TargetView, _ scan: SourceScan) -> MovePlan.Obstacle? {
        do {
            if let resumed = try resumable(view), scan.refusals.isEmpty,
                resumed.phase == .copying || resumed.merge != nil
            {
                try requireSame(resumed, scan)
            }
            return nil
        } catch let error as StorageError {
            return .init(code: error.code, message: error.message, advice: error.advice)
        } catch {
            return nil
        }
    }
}

extension MovePlan.Obstacle {
    init(_ refused: MoveRefused) {
        self.init(code: refused.code, message: refused.message, advice: refused.advice)
    }
}

extension MovePlan {
    init<Record, State>(_ view: TargetView, _ move: StorageMigration<Record, State>, _ scan: SourceScan) {
        source = move.source.driver.location
        target = move.target.driver.location
        records = scan.count
        estimatedBytes = scan.byteCount
        digest = scan.digest
        unknownMembers = scan.unknown
        stateMembers = scan.state.map(\.name)
        takesState = view.state.isEmpty && !scan.state.isEmpty
        refusals = scan.refusals
        warnings = view.rules.warnings(scan.unknown)
        lastMove = view.move.map { PastMove($0, formerRecords: view.formerRecords) }
        if let record = view.move, record.phase == .copying {
            targetState = .unfinished(copied: record.copied, of: record.records, source: record.source)
        } else if !view.exists {
            targetState = view.isOthers ? .withoutCollection : .absent
        } else {
            targetState = view.records == 0 ? .empty : .records(view.records)
        }
    }
}
