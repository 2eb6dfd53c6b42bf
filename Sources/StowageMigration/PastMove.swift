public import Stowage

/// What a store remembers of the last move into one of its collections.
///
/// ```swift
/// if let move = try await PastMove.last(into: SessionRecord.self, in: database), move.formerRecords > 0 {
///     print("\(move.formerRecords) replaced records are kept until the move is settled or rolled back")
/// }
/// ```
public struct PastMove: Sendable, Hashable, CustomStringConvertible {
    /// How far it came.
    public enum Phase: String, Sendable, Hashable {
        /// It did not end: it can be gone on with, or rolled back.
        case unfinished
        /// It ended, and can be rolled back.
        case finished
        /// It ended, and cannot be rolled back any more; see ``StorageMigration/settle()``.
        case settled
    }

    /// How far it came.
    public var phase: Phase
    /// Where its records came from, without credentials: `json:/home/me/sessions.json`.
    public var source: String
    /// How many records the source had.
    public var records: Int
    /// The rule of a merge; nil for a move into an empty target.
    public var merge: ImportConflict?
    /// When it began.
    public var startedAt: Timestamp
    /// How many replaced records, secret fields included, the store keeps so that the move can be rolled back.
    public var formerRecords: Int

    init(_ record: MoveRecord, formerRecords: Int) {
        phase =
            switch record.phase {
            case .copying: .unfinished
            case .published: .finished
            case .settled: .settled
            }
        source = record.source
        records = record.records
        merge = record.merge
        startedAt = record.startedAt
        self.formerRecords = formerRecords
    }

    /// The last move into a record type's collection; nil when the store remembers none. Nothing is made or changed.
    ///
    /// - Throws: `notFound` for an absent store, `schemaMismatch` for the move of a newer version.
    public static func last<Record: StorageRecord>(
        into record: Record.Type = Record.self,
        in database: StorageDatabase
    ) async throws -> PastMove? {
        let books = try await MoveBooks(of: Record.schema.collection, in: database)
        guard books.hasMoves else { return nil }
        let reading = try await Reading.begin(database)
        do {
            let last = try await books.last(in: reading.transaction)
            let kept = last == nil ? 0 : try await books.formerRecords(in: reading.transaction)
            await reading.end()
            return last.map { PastMove($0, formerRecords: kept) }
        } catch {
            await reading.end()
            throw error
        }
    }

    /// In words.
    public var description: String {
        let rule = merge.map { ", merged with \($0.rawValue)" } ?? ""
        var text = "\(phase.rawValue): \(Counted.text(records, "record")) from \(source)\(rule)"
        if formerRecords > 0 {
            let kept = Counted.text(formerRecords, "replaced record is", plural: "replaced records are")
            text += "; \(kept) kept for a rollback"
        }
        return text
    }
}
