public import Stowage

/// A move that was not done: every record that stood in its way. Nothing was changed.
public struct MoveRefused: RecordsRefused, Sendable {
    /// What kind of trouble it is: `corrupt` for records that cannot be read or written, `alreadyExists` for ids that
    /// both stores have.
    public let code: StorageError.Code
    /// What happened in one line.
    public let message: String
    /// What can be done about it.
    public let advice: String
    /// Every record that was refused.
    public let refusals: [Refusal]

    /// One record that was refused.
    public struct Refusal: Sendable, Hashable, CustomStringConvertible {
        /// Its id, when it can be told.
        public let id: String?
        /// The field.
        public let field: String?
        /// Where it stands: a file with its byte and line, a table with its row.
        public let place: StorageError.Place?
        /// What is wrong, without any value.
        public let reason: String

        init(_ error: StorageError) {
            id = error.recordID
            field = error.field
            place = error.place
            reason = error.message
        }

        init(id: String, reason: String) {
            self.id = id
            field = nil
            place = nil
            self.reason = reason
        }

        /// One line: which record, where, and why.
        public var description: String {
            var text = id.map { "record \(StorageError.quoted($0))" } ?? "a record whose id cannot be read"
            if id == nil, field != nil, place == nil { text = "the state" }
            if let line = place?.line { text += ", line \(line)" }
            if let byte = place?.byteOffset { text += ", byte \(byte)" }
            if let table = place?.table { text += ", table \(table)" }
            if let row = place?.row { text += ", row \(row)" }
            if let field { text += ", field \(StorageError.quoted(field))" }
            return "\(text): \(reason)"
        }
    }

    /// A line for each record.
    public var refusalLines: [String] { refusals.map(\.description) }
}

extension StorageMigration {
    /// The error of a move whose source holds records that cannot go.
    func refusal(_ refusals: [MoveRefused.Refusal]) -> MoveRefused {
        let count = refusals.count
        return MoveRefused(
            code: .corrupt,
            message: "nothing was moved from \(source.driver.location): "
                + "\(count) \(count == 1 ? "record" : "records") cannot go",
            advice: "Correct what is named at the source, and start the move again",
            refusals: refusals
        )
    }
}
