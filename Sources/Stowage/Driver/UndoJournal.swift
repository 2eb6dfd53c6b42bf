internal import Synchronization

/// What a key-value transaction would have to put back: its savepoints, kept by the core.
///
/// An author's transaction holds one and does nothing with it.
public final class UndoJournal: Sendable {
    enum Entry: Sendable {
        case mark
        /// The row that stood under a key before it was written; nil for none.
        case before(CollectionSchema, Key, Row?)
    }

    private let entries = Mutex<[Entry]>([])

    /// An empty journal.
    public init() {}

    func mark() { entries.withLock { $0.append(.mark) } }

    func note(_ collection: CollectionSchema, _ key: Key, _ row: Row?) {
        entries.withLock { if !$0.isEmpty { $0.append(.before(collection, key, row)) } }
    }

    /// Forgets the last mark; what was noted since then belongs to the one before it.
    func release() {
        entries.withLock { entries in
            guard let last = entries.lastIndex(where: \.isMark) else { return }
            entries.remove(at: last)
            if !entries.contains(where: \.isMark) { entries.removeAll() }
        }
    }

    /// What to put back since the last mark, the newest first; forgets it and the mark.
    func unwind() -> [Entry] {
        entries.withLock { entries in
            guard let last = entries.lastIndex(where: \.isMark) else { return [] }
            let undone = entries[(last + 1)...].reversed()
            entries.removeSubrange(last...)
            return Array(undone)
        }
    }
}

extension UndoJournal.Entry {
    fileprivate var isMark: Bool {
        if case .mark = self { true } else { false }
    }
}
