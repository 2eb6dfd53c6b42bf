extension StorageError {
    /// A portable code (LIF-3). Adapters use these codes only; an app can switch on them for every backend.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's stable name.
        public let name: String

        private init(_ name: String) { self.name = name }

        /// The code's stable name.
        public var description: String { name }

        /// A record with this id exists (REC-1), or a file would be overwritten.
        public static let alreadyExists = Code("alreadyExists")
        /// The store, the collection or the migration does not exist. An absent *record* is no error.
        public static let notFound = Code("notFound")
        /// Another writer came first: a revision differs, or transactions could not be put in an order.
        public static let conflict = Code("conflict")
        /// A unique field holds this value already (REC-8).
        public static let constraint = Code("constraint")
        /// The call makes no sense: a negative limit, an assignment to the id, a field that does not exist.
        public static let invalidArgument = Code("invalidArgument")
        /// A value cannot be stored: U+0000, NaN, a date outside 0001 to 9999.
        public static let invalidValue = Code("invalidValue")
        /// What is stored cannot be read (DUR-4).
        public static let corrupt = Code("corrupt")
        /// What is stored has another schema, or a newer one.
        public static let schemaMismatch = Code("schemaMismatch")
        /// The disk is full, or an input or output operation failed.
        public static let storageFull = Code("storageFull")
        /// The store was opened for reading only, or cannot be written.
        public static let readOnly = Code("readOnly")
        /// The operating system or the server denies access.
        public static let permission = Code("permission")
        /// The server or the connection is not there.
        public static let unavailable = Code("unavailable")
        /// The deadline passed (LIF-2); the message says what was waited for.
        public static let timeout = Code("timeout")
        /// The connection was lost during a commit: the write may or may not have happened (TXN-5).
        public static let commitUnknown = Code("commitUnknown")
        /// The storage was closed (LIF-1).
        public static let closed = Code("closed")
        /// The task was cancelled.
        public static let cancelled = Code("cancelled")
        /// The adapter does not do this and says so in its capabilities (LIF-5).
        public static let unsupported = Code("unsupported")
        /// A setting or a schema is wrong.
        public static let configuration = Code("configuration")

        /// Every code.
        public static let all: [Code] = [
            alreadyExists, notFound, conflict, constraint, invalidArgument, invalidValue, corrupt, schemaMismatch,
            storageFull, readOnly, permission, unavailable, timeout, commitUnknown, closed, cancelled, unsupported,
            configuration,
        ]

        var isUsuallyRetryable: Bool {
            switch self {
            case .conflict, .unavailable, .timeout: true
            default: false
            }
        }
    }
}
