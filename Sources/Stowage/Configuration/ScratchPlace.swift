/// A place on a server that one tool uses for itself and removes again, such as a schema or a database of its own.
///
/// ```swift
/// extension StorageBackend {
///     static var shelves: StorageBackend {
///         var backend = StorageBackend(name: "shelves", place: .server(parameters: { [] })) { settings in
///             ShelvesDriver(url: try settings.url(), room: "main")
///         }
///         backend.scratch = { settings, name in
///             let url = try settings.url()
///             return ScratchPlace(driver: ShelvesDriver(url: url, room: name)) { try await Shelves.remove(name, url) }
///         }
///         return backend
///     }
/// }
/// ```
public struct ScratchPlace: Sendable {
    /// A driver on the place. Opening it for writing makes the place when it is absent, so that a tool sees an absent
    /// store before.
    public let driver: any StorageDriver
    /// Removes the place and all that is in it; absent is no error. Called once, after every driver on it is closed.
    public let remove: @Sendable () async throws -> Void
    /// Loses connections in the middle of a commit; nil when there are none to lose.
    public var connections: ConnectionFault?

    /// Makes a place.
    ///
    /// - Parameters:
    ///   - driver: A driver on the place, not opened yet.
    ///   - remove: Removes the place and all that is in it.
    public init(driver: any StorageDriver, remove: @escaping @Sendable () async throws -> Void) {
        self.driver = driver
        self.remove = remove
    }
}

/// How a tool makes a commit's outcome unknown on a place of its own (TXN-5).
public struct ConnectionFault: Sendable {
    /// Makes every later commit that has written to a collection wait, until its connection is severed.
    public let holdCommits: @Sendable (_ collection: String) async throws -> Void
    /// Severs the connections whose commits wait, and returns how many there were.
    public let sever: @Sendable () async throws -> Int
    /// Severs every connection to the place, whatever it is doing, and returns how many there were; nil when there is no
    /// way to.
    public var severAll: (@Sendable () async throws -> Int)?

    /// Makes a fault of its two steps.
    public init(
        holdCommits: @escaping @Sendable (_ collection: String) async throws -> Void,
        sever: @escaping @Sendable () async throws -> Int
    ) {
        self.holdCommits = holdCommits
        self.sever = sever
    }
}
