/// A place on a server that one tool uses for itself and removes again, such as a schema or a database of its own.
///
/// ```swift
/// extension StorageBackend {
///     static var shelves: StorageBackend {
///         var backend = StorageBackend(name: "shelves", place: .server(parameters: [])) { settings in
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
