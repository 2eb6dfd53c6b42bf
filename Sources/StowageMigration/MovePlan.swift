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
    /// Records that cannot go, each by name; a move is refused while there are any.
    public var refusals: [MoveRefused.Refusal]

    /// What a target holds.
    public enum TargetState: Sendable, Hashable, CustomStringConvertible {
        /// There is no such store yet; the move makes it.
        case absent
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
            case .empty: "empty"
            case .records(let count): "\(count) \(count == 1 ? "record" : "records")"
            case .unfinished(let copied, let total, let source):
                "an unfinished move from \(source): \(copied) of \(total) records"
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
        let reading: Reading
        do {
            reading = try await beginSource()
        } catch let refused as MoveRefused {
            return MovePlan(try await examine(), self, SourceScan(refused: refused.refusals))
        }
        do {
            let scan = try await scan(reading, progress)
            await reading.end()
            return MovePlan(try await examine(), self, scan)
        } catch {
            await reading.end()
            throw error
        }
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
        if let record = view.move, record.phase == .copying {
            targetState = .unfinished(copied: record.copied, of: record.records, source: record.source)
        } else if !view.exists {
            targetState = .absent
        } else {
            targetState = view.records == 0 ? .empty : .records(view.records)
        }
    }
}
