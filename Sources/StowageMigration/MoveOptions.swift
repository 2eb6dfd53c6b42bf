public import Stowage

/// How a move is done.
public struct MoveOptions: Sendable, Hashable {
    /// How many records go in one transaction, with one checkpoint.
    public var batchSize: Int
    /// What happens to records whose id the target has; nil refuses a target that holds any record.
    public var merge: ImportConflict?
    /// Whether an unfinished move is gone on with, and a finished one verified.
    public var resumes: Bool
    /// Whether the source is taken out of use after the move was verified; see ``StorageMigration/retire()``.
    public var retires: Bool
    /// The most differences that a verification lists; it counts them all.
    public var differenceLimit: Int

    /// The defaults: batches of 5,000 records into an empty target.
    public init(
        batchSize: Int = 5000,
        merge: ImportConflict? = nil,
        resumes: Bool = false,
        retires: Bool = false,
        differenceLimit: Int = 1000
    ) {
        self.batchSize = batchSize
        self.merge = merge
        self.resumes = resumes
        self.retires = retires
        self.differenceLimit = differenceLimit
    }
}

/// How far a move is.
public struct MoveProgress: Sendable, Hashable {
    /// What is being done.
    public enum Phase: String, Sendable, Hashable {
        /// The source is read and every record checked.
        case planning
        /// Records are written to the target, where nobody sees them yet.
        case copying
        /// What was written is read back and compared.
        case verifying
        /// The records become visible.
        case publishing
    }
    /// What is being done.
    public var phase: Phase
    /// Records done with in this phase.
    public var done: Int
    /// Records in all, once they are counted.
    public var total: Int?
}

/// What a move did with the source's state, that which belongs to the store as a whole.
public enum StateOutcome: String, Sendable, Hashable, CaseIterable {
    /// The source has none.
    case none
    /// The target had none, and has the source's now.
    case copied
    /// The target had the same already.
    case same
    /// The target kept its own, which differs from the source's: that stays behind.
    case kept
}

/// What a move did.
public struct MoveReport: Sendable, Hashable {
    /// Where the records came from and went to.
    public var source: StorageLocation
    /// Where they are now.
    public var target: StorageLocation
    /// Records read from the source.
    public var read = 0
    /// Records that the target did not have; those of an interrupted move that was gone on with count.
    public var written = 0
    /// Records of the source that were found in the target as they should be, to the bit.
    public var verified = 0
    /// Records that stayed as the target had them.
    public var skipped = 0
    /// Records that took the place of the target's.
    public var replaced = 0
    /// What became of the source's state.
    public var state = StateOutcome.none
    /// How many records an interrupted move had written before.
    public var resumedAfter = 0
    /// The checksum of the source's content: equal content has the same on every adapter.
    public var digest = ""
    /// The differences, when a finished move was only verified.
    public var verdict: MoveVerdict?
    /// Where the source stands now, when it was taken out of use.
    public var retired: StorageLocation?
}

/// What taking a move back did.
public struct RollbackReport: Sendable, Hashable {
    /// Records removed from the target.
    public var removed = 0
    /// Records that have their former content again.
    public var restored = 0
    /// The ids of records that were changed since the move: they stay as they are.
    public var changed: [String] = []
    /// The ids of records that the move wrote and that somebody has removed since.
    public var gone: [String] = []
}
