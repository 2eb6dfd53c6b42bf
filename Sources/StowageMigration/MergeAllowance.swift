internal import Stowage

/// What is no difference between a source and a target after a merge of one into the other: the one rule of `--resume`,
/// `verify` and retiring.
///
/// A merge with `replace` writes as every write does: a record keeps the unknown members that only the target knew (REC-9).
/// They are counted, and are no difference to anybody. Whether all of the source is in the target does not depend on records
/// and a state of the target's own either; `verify`, which compares two stores, names those. With `skip` the target's own
/// records stayed, which is what such a merge is for, and no reason to retire a source whose records are in no store then.
struct MergeAllowance: Sendable {
    /// Who asks.
    enum Purpose: Sendable { case resuming, verifying, retiring }

    /// Unknown members that only the target has.
    var keptMembers = false
    /// Records that only the target has.
    var moreRecords = false
    /// A state that the target kept.
    var ownState = false
    /// Records of the target under ids that both have.
    var otherRecords = false

    /// Everything is a difference.
    static let none = MergeAllowance()

    private init() {}

    init(after move: MoveRecord?, for purpose: Purpose) {
        guard let move, let rule = move.merge, move.phase != .copying else { return }
        keptMembers = rule == .replace
        if purpose == .verifying { return }
        moreRecords = true
        ownState = true
        otherRecords = rule == .skip && purpose == .resuming
    }
}

extension StorageMigration {
    /// What is no difference after the last move into a store; everything when that came from elsewhere, or when the store
    /// does not tell.
    func allowance(in database: StorageDatabase, for purpose: MergeAllowance.Purpose) async throws -> MergeAllowance {
        do {
            let books = try await MoveBooks(of: collection, in: database)
            guard books.hasMoves else { return .none }
            let reading = try await Reading.begin(database)
            let last: MoveRecord?
            do {
                last = try await books.last(in: reading.transaction)
            } catch {
                await reading.end()
                throw error
            }
            await reading.end()
            guard let last, last.isFrom(source.driver.location) else { return .none }
            return MergeAllowance(after: last, for: purpose)
        } catch let error as StorageError where [.schemaMismatch, .corrupt, .permission].contains(error.code) {
            return .none
        }
    }
}
