public import Stowage

/// A move that was not done: every record that stood in its way. Nothing was changed.
public struct MoveRefused: RecordsRefused, Sendable {
    /// What kind of trouble it is: `corrupt` for records that cannot be read or written, `alreadyExists` for ids that
    /// both stores have, `constraint` for unique values that records of the target hold.
    public let code: StorageError.Code
    /// What happened in one line.
    public let message: String
    /// What can be done about it.
    public let advice: String
    /// Every record that was refused.
    public let refusals: [Refusal]

    /// One record that was refused, or what else stands in the way.
    public struct Refusal: Sendable, Hashable, CustomStringConvertible {
        /// What it is about.
        public enum Subject: String, Sendable, Hashable {
            /// A record of the source.
            case record
            /// A part of the source's state.
            case state
            /// The target itself, whatever the records are.
            case target
        }

        /// What it is about.
        public let subject: Subject
        /// The record's id, when it can be told.
        public let id: String?
        /// The field, or the target's column.
        public let field: String?
        /// Where it stands: a file with its byte and line, a table with its row.
        public let place: StorageError.Place?
        /// What is wrong, without any value.
        public let reason: String
        /// Which of the source's records it is, where neither an id nor a row tells.
        private let number: Int?

        init(_ error: StorageError) {
            subject = error.collection == CollectionSchema.state.name ? .state : .record
            id = error.recordID
            field = error.field
            place = error.place
            reason = error.message
            number = error.batchIndex
        }

        init(
            subject: Subject = .record,
            id: String? = nil,
            field: String? = nil,
            place: StorageError.Place? = nil,
            reason: String
        ) {
            self.subject = subject
            self.id = id
            self.field = field
            self.place = place
            self.reason = reason
            number = nil
        }

        /// What tells its record from others, when anything does.
        fileprivate var record: ByteText? {
            if let id { return ByteText("id \(id)") }
            if let row = place?.row { return ByteText("row \(row)") }
            return number.map { ByteText("number \($0)") }
        }

        /// One line: which record, where, and why.
        public var description: String {
            var text =
                switch subject {
                case .record: id.map { "record \(StorageError.quoted($0))" } ?? "a record whose id cannot be read"
                case .state: "the state"
                case .target: "the target"
                }
            if let line = place?.line { text += ", line \(line)" }
            if let byte = place?.byteOffset { text += ", byte \(byte)" }
            if let table = place?.table { text += ", table \(table)" }
            if let row = place?.row { text += ", row \(row)" }
            if let field { text += ", \(subject == .target ? "column" : "field") \(StorageError.quoted(field))" }
            return "\(text): \(reason)"
        }
    }

    /// A line for each.
    public var refusalLines: [String] { refusals.map(\.description) }

    /// How many stand in the way: `3 records cannot go`. A record may be named more than once.
    public static func count(_ refusals: [Refusal]) -> String {
        let records = refusals.filter { $0.subject == .record }
        let unknown = records.count { $0.record == nil }
        let count = Set(records.compactMap(\.record)).count + unknown
        var parts: [String] = []
        if count > 0 { parts.append("\(Counted.text(count, "record")) cannot go") }
        if refusals.contains(where: { $0.subject == .state }) { parts.append("the state cannot go") }
        if refusals.contains(where: { $0.subject == .target }) { parts.append("the target takes no record") }
        return parts.joined(separator: ", ")
    }
}

extension StorageMigration {
    /// The error of a move whose source holds records that cannot go.
    func refusal(_ refusals: [MoveRefused.Refusal]) -> MoveRefused {
        MoveRefused(
            code: .corrupt,
            message: "nothing was moved from \(source.driver.location): \(MoveRefused.count(refusals))",
            advice: "Correct what is named, and start the move again",
            refusals: refusals
        )
    }
}
