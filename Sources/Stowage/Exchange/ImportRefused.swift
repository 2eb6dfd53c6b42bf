/// An import that was not done: every record that stood in its way, and nothing was changed.
public struct ImportRefused: RecordsRefused, Sendable {
    /// What kind of trouble it is: `corrupt` or `invalidValue` for a file that cannot be taken, `alreadyExists` for
    /// records that the store has.
    public let code: StorageError.Code
    /// What was imported, as the caller named it.
    public let source: String
    /// What can be done about it.
    public let advice: String
    /// Every record, or member of the file, that was refused, in the order of the file.
    public let refusals: [Refusal]

    /// One record that was refused.
    public struct Refusal: Sendable, Hashable, CustomStringConvertible {
        /// The record's position in the file, counted from zero; nil for what is no record.
        public let index: Int?
        /// Its id, when it can be told.
        public let id: String?
        /// The line of the file, counted from one.
        public let line: Int
        /// The byte of the file, counted from zero.
        public let byteOffset: Int
        /// The field.
        public let field: String?
        /// What is wrong, without any value.
        public let reason: String

        /// One line: which record, where, and why.
        public var description: String {
            var text = index.map { "record \($0 + 1)" } ?? "the file"
            if let id { text += " \(StorageError.quoted(id))" }
            text += ", line \(line), byte \(byteOffset)"
            if let field { text += ", field \(StorageError.quoted(field))" }
            return "\(text): \(reason)"
        }
    }

    /// What happened in one line.
    public var message: String {
        let count = refusals.count
        return
            "nothing was imported from \(source): \(Counted.text(count, "record was", plural: "records were")) refused"
    }

    /// A line for each record.
    public var refusalLines: [String] { refusals.map(\.description) }
}
