#if Postgres
/// The statements that a connection's server session has prepared, by their text.
///
/// A statement sent a second time is neither parsed nor planned from scratch. The cache is bounded: the one unused for
/// longest goes, and its name waits to be deallocated beside a later statement.
struct StatementCache: Sendable {
    /// The same text with other parameter types is another statement.
    struct Key: Hashable, Sendable {
        let sql: String
        let types: [UInt32]
    }

    private struct Entry {
        let name: String
        var lastUse: UInt64
    }

    /// How many statements are kept; zero when none may be named, as behind a transaction-pooling proxy.
    let capacity: Int
    private var entries: [Key: Entry] = [:]
    /// The one asked for last: mostly it is asked for again, and texts that share their storage are compared at once.
    private var recent: (key: Key, name: String)?
    private var clock: UInt64 = 0
    /// Names that the server still holds and that nobody will use again.
    private(set) var obsolete: [String] = []

    init(capacity: Int) { self.capacity = capacity }

    var count: Int { entries.count }

    /// The name under which a statement is prepared.
    mutating func name(of key: Key) -> String? {
        if let recent, recent.key == key { return recent.name }
        guard let index = entries.index(forKey: key) else { return nil }
        clock += 1
        entries.values[index].lastUse = clock
        let name = entries.values[index].name
        recent = (key, name)
        return name
    }

    /// The name under which a statement is prepared.
    mutating func name(of statement: PostgresStatement) -> String? {
        name(of: Key(sql: statement.sql, types: statement.parameters.types))
    }

    /// A name that was never used on this connection.
    mutating func newName() -> String {
        clock += 1
        return "stowage_\(clock)"
    }

    /// Keeps a statement that the server has prepared.
    mutating func insert(_ key: Key, name: String) {
        if entries[key] == nil, entries.count >= capacity,
            let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            entries[oldest.key] = nil
            if recent?.key == oldest.key { recent = nil }
            obsolete.append(oldest.value.name)
        }
        clock += 1
        entries[key] = Entry(name: name, lastUse: clock)
    }

    /// Forgets a name that has been deallocated.
    mutating func deallocated(_ name: String) { obsolete.removeAll { $0 == name } }

    /// Forgets everything: the server's session no longer has it, or a table's definition has changed.
    mutating func removeAll() {
        obsolete += entries.values.map(\.name)
        entries.removeAll()
        recent = nil
    }

    /// Forgets everything, for a session that has dropped its statements itself.
    mutating func sessionLostAll() {
        entries.removeAll()
        recent = nil
        obsolete.removeAll()
    }
}
#endif
