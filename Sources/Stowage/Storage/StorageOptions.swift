/// What holds for every call unless it is narrowed: options belong to the database.
public struct StorageOptions: Sendable, Hashable {
    /// How long a call may take, waits and retries included (LIF-2).
    public var deadline: Duration
    /// How far transactions are kept apart (TXN-1).
    public var isolation: Isolation
    /// When a write is acknowledged (DUR-1).
    public var durability: Durability

    /// The defaults: 30 seconds, serializable, durable.
    public init(
        deadline: Duration = .seconds(30),
        isolation: Isolation = .serializable,
        durability: Durability = .full
    ) {
        self.deadline = deadline
        self.isolation = isolation
        self.durability = durability
    }

    /// The context of a call that begins now.
    public func context() -> OperationContext {
        OperationContext(deadline: .after(deadline), isolation: isolation, durability: durability)
    }
}

/// One option narrowed for the calls made through a storage: `storage.with(.deadline(.seconds(2)))`.
public struct StorageOption: Sendable {
    let apply: @Sendable (inout StorageOptions) -> Void

    /// How long a call may take.
    public static func deadline(_ duration: Duration) -> StorageOption {
        StorageOption { $0.deadline = duration }
    }
    /// How far transactions are kept apart.
    public static func isolation(_ isolation: Isolation) -> StorageOption {
        StorageOption { $0.isolation = isolation }
    }
    /// When a write is acknowledged.
    public static func durability(_ durability: Durability) -> StorageOption {
        StorageOption { $0.durability = durability }
    }
}
