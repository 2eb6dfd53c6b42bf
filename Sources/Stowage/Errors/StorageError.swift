/// The one error that storages throw: a portable code, what happened, what to do, and where.
///
/// ```swift
/// do {
///     try await sessions.create(record)
/// } catch let error as StorageError where error.code == .alreadyExists {
///     print("there is already a session \(error.recordID ?? "")")
/// }
/// ```
///
/// It never carries a record's values or a credential, so it is safe to log whole (LIF-3, LIF-4). Ids may appear.
public struct StorageError: Error, Sendable {
    private var storage: Storage

    /// The fields live behind one reference: an error costs a pointer on the path that does not fail.
    private final class Storage: Sendable {
        let fields: Fields
        init(_ fields: Fields) { self.fields = fields }
    }

    private struct Fields: Sendable {
        var code: Code
        var message: String
        var advice: String?
        var isRetryable: Bool
        var collection: String?
        var recordID: String?
        var batchIndex: Int?
        var field: String?
        var place: Place?
        var backend: BackendCode?
        var underlying: (any Error)?
    }

    /// Makes an error.
    ///
    /// - Parameters:
    ///   - code: The portable code that callers switch on.
    ///   - message: What happened, as a sentence without its full stop and without any stored value.
    ///   - advice: What the reader can do about it.
    ///   - isRetryable: Whether the same call can succeed when it is made again; by default the code decides.
    public init(_ code: Code, _ message: String, advice: String? = nil, isRetryable: Bool? = nil) {
        storage = Storage(
            Fields(code: code, message: message, advice: advice, isRetryable: isRetryable ?? code.isUsuallyRetryable)
        )
    }

    private func changing(_ change: (inout Fields) -> Void) -> StorageError {
        var copy = self
        var fields = storage.fields
        change(&fields)
        copy.storage = Storage(fields)
        return copy
    }
}

extension StorageError {
    /// The portable code that callers switch on.
    public var code: Code { storage.fields.code }
    /// What happened, in a sentence without stored values.
    public var message: String { storage.fields.message }
    /// What the reader can do about it.
    public var advice: String? { storage.fields.advice }
    /// Whether the same call can succeed when it is made again.
    public var isRetryable: Bool { storage.fields.isRetryable }
    /// The collection concerned, such as `sessions`.
    public var collection: String? { storage.fields.collection }
    /// The id of the record concerned.
    public var recordID: String? { storage.fields.recordID }
    /// The position in the batch of the first record that failed (REC-6), counted from zero.
    public var batchIndex: Int? { storage.fields.batchIndex }
    /// The field concerned.
    public var field: String? { storage.fields.field }
    /// The file, and the position in it, where the trouble lies.
    public var place: Place? { storage.fields.place }
    /// The backend's own code and the name of the constraint.
    public var backend: BackendCode? { storage.fields.backend }
    /// The error beneath this one. Its text is not part of any description, since it may quote values.
    public var underlying: (any Error)? { storage.fields.underlying }

    /// The same error in other words.
    package func saying(_ message: String) -> StorageError { changing { $0.message = message } }
    /// The same error for another collection.
    public func inCollection(_ name: String) -> StorageError { changing { $0.collection = name } }
    /// The same error with the record's id.
    public func forRecord(_ id: String?) -> StorageError { changing { $0.recordID = id } }
    /// The same error with the record's position in its batch.
    public func atIndex(_ index: Int?) -> StorageError { changing { $0.batchIndex = index } }
    /// The same error with the field's name.
    public func inField(_ name: String?) -> StorageError { changing { $0.field = name } }
    /// The same error with the place where the trouble lies.
    public func at(_ place: Place?) -> StorageError { changing { $0.place = place } }
    /// The same error with the backend's own code.
    public func from(_ backend: BackendCode?) -> StorageError { changing { $0.backend = backend } }
    /// The same error with the error that caused it.
    public func causedBy(_ error: (any Error)?) -> StorageError { changing { $0.underlying = error } }
    /// The same error with other advice.
    public func advising(_ advice: String?) -> StorageError { changing { $0.advice = advice } }
    /// The same error, marked as worth another try or not.
    public func retryable(_ retryable: Bool) -> StorageError { changing { $0.isRetryable = retryable } }
}

extension StorageError {
    /// Where in a store the trouble lies.
    public struct Place: Sendable, Hashable {
        /// The file's path, when there is one.
        public var path: String?
        /// The offset of the first bad byte, counted from zero.
        public var byteOffset: Int?
        /// The line of that byte, counted from one.
        public var line: Int?
        /// The table.
        public var table: String?
        /// The engine's own number of the row in the table.
        public var row: Int64?

        /// Makes a place of what is known.
        public init(
            path: String? = nil,
            byteOffset: Int? = nil,
            line: Int? = nil,
            table: String? = nil,
            row: Int64? = nil
        ) {
            self.path = path
            self.byteOffset = byteOffset
            self.line = line
            self.table = table
            self.row = row
        }
    }

    /// The backend's own code, kept raw.
    public struct BackendCode: Sendable, Hashable {
        /// The code as the backend writes it: `SQLITE_BUSY (5)`, `40001`, `ENOSPC (28)`.
        public var code: String
        /// The constraint's name, when one was broken.
        public var constraint: String?

        /// Keeps a code.
        public init(_ code: String, constraint: String? = nil) {
            self.code = code
            self.constraint = constraint
        }
    }
}

extension StorageError: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// One line: the code, what happened, where, and what to do.
    public var description: String {
        var text = "\(code): \(message)"
        var details: [String] = []
        if let collection { details.append("collection \(collection)") }
        if let recordID { details.append("record \(Self.quoted(recordID))") }
        if let batchIndex { details.append("index \(batchIndex) of the batch") }
        if let field { details.append("field \(field)") }
        if let place {
            if let path = place.path { details.append("file \(path)") }
            if let line = place.line { details.append("line \(line)") }
            if let offset = place.byteOffset { details.append("byte \(offset)") }
            if let table = place.table { details.append("table \(table)") }
            if let row = place.row { details.append("row \(row)") }
        }
        if let backend {
            details.append("backend code \(backend.code)")
            if let constraint = backend.constraint { details.append("constraint \(constraint)") }
        }
        if !details.isEmpty { text += " [" + details.joined(separator: ", ") + "]" }
        if let advice { text += ". " + advice }
        return text
    }

    /// The same as ``description``: a debugger shows no more than a log.
    public var debugDescription: String { description }

    /// A mirror without the underlying error, which `dump` would otherwise print with what it quotes (LIF-4).
    public var customMirror: Mirror {
        Mirror(self, children: ["description": description], displayStyle: .struct)
    }

    /// How many characters of an id or a name a message shows.
    private static var longestName: Int { 200 }

    /// The beginning of an id that is too long for a message.
    package static func shortened(_ id: String) -> String {
        // The bytes are counted in constant time, and are no fewer than the characters.
        guard id.utf8.count > longestName, id.unicodeScalars.count > longestName else { return id }
        return String(String.UnicodeScalarView(id.unicodeScalars.prefix(longestName))) + "…"
    }

    /// An id on one line, in quotes, its control characters escaped and its end cut when it is very long.
    package static func quoted(_ id: String) -> String {
        var text = "\""
        for scalar in shortened(id).unicodeScalars {
            if scalar.value < 0x20 || scalar.value == 0x7f || scalar == "\"" || scalar == "\\" {
                text += scalar.escaped(asASCII: false)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
