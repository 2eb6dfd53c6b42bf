/// How a JSON file takes writes.
///
/// The mode belongs to an opened store, not to the file: programs with different modes may use one file at once, and all
/// of them see every committed write.
public enum JSONFileMode: Sendable, Hashable {
    /// Each group of writes replaces the file. What is in the file is all there is, and other tools may read and edit it at
    /// any time. A write takes as long as the file is large: about a millisecond a megabyte.
    case replace
    /// Each group of writes is appended to a journal beside the file, `NAME.journal`, and is safe there: a write takes as
    /// long as what it changes is large. The journal is folded into the file when the store is closed, and when it has
    /// become larger than the file and than `foldingAt` bytes.
    ///
    /// Until then the file and its journal belong together. A file that was edited or replaced under its journal, and a
    /// journal whose file is gone, are `corrupt` with advice, and nothing is merged or dropped by guess (DUR-4). But a file
    /// does not know of its journal: one that is copied without it, or whose journal is removed, is the store as it was
    /// last folded, and so it is to other tools. Copy a store that was closed, or make a backup.
    case journal(foldingAt: Int)

    /// The journal mode with the usual size, one mebibyte.
    public static var journal: JSONFileMode { .journal(foldingAt: 1 << 20) }
}
