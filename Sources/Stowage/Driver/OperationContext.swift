/// What holds for one call: its deadline and its levels.
public struct OperationContext: Sendable {
    /// The moment by which the call must have ended, waits and retries included (LIF-2).
    public var deadline: Deadline
    /// How far transactions are kept apart (TXN-1).
    public var isolation: Isolation
    /// When a write is acknowledged (DUR-1).
    public var durability: Durability

    /// Makes a context.
    public init(deadline: Deadline, isolation: Isolation = .serializable, durability: Durability = .full) {
        self.deadline = deadline
        self.isolation = isolation
        self.durability = durability
    }
}

/// How far transactions are kept apart. Anything weaker than the default must be asked for by name (TXN-1).
public enum Isolation: String, Sendable, Hashable, Codable, CaseIterable {
    /// As if one after the other.
    case serializable
    /// One snapshot a transaction; write skew is possible.
    case snapshot
    /// One snapshot a statement.
    case readCommitted
}

/// When a write is acknowledged. Anything weaker than the default must be asked for by name (DUR-1).
public enum Durability: String, Sendable, Hashable, Codable, CaseIterable {
    /// When it survives power loss.
    case full
    /// When it survives the end of the process; the last writes may be lost with the power, the store stays whole.
    case relaxed
}

/// What a transaction is for.
public enum TransactionMode: Sendable, Hashable {
    /// One snapshot that blocks no writer (TXN-6).
    case readOnly
    /// Reading and writing.
    case readWrite
}

/// How a store is opened.
public enum StorageAccess: String, Sendable, Hashable, Codable {
    /// For reading and writing; made when absent.
    case readWrite
    /// For reading: nothing is created, adopted or migrated, and an absent store is `notFound`.
    case readOnly
}
