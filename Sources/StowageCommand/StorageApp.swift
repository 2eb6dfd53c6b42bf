public import Stowage

/// An app whose store the commands of this module serve.
///
/// ```swift
/// enum MinskyStore: StorageApp {
///     typealias Record = SessionRecord
///     typealias State = SessionState
///     static var factory: StorageFactory { StorageFactory(prefix: "MINSKY", store: "SESSION", backends: [.json]) }
/// }
///
/// struct Minsky: AsyncParsableCommand {
///     static let configuration = CommandConfiguration(subcommands: [StorageCommand<MinskyStore>.self])
/// }
/// ```
public protocol StorageApp: Sendable {
    /// The type of the records.
    associatedtype Record: StorageRecord
    /// The whole store as a value.
    associatedtype State: StorageState where State.Record == Record

    /// How the app's store is configured.
    static var factory: StorageFactory { get }
}

extension StorageApp {
    /// Opens the store for reading, runs the body, and closes it.
    ///
    /// A store that cannot be written is read all the same. One that is not there yet is made, and is empty; one with
    /// pending migrations is brought up to date, unless the configuration refuses that.
    public static func readingStorage<Result: Sendable>(
        _ body: (RecordStorage<Record, State>) async throws -> Result
    ) async throws -> Result {
        do {
            return try await withStorage(access: .readOnly, body)
        } catch let error as StorageError where error.code == .notFound || error.underlying is PendingMigrations {
            return try await withStorage(body)
        }
    }

    /// Opens the store, runs the body, and closes it.
    ///
    /// - Parameters:
    ///   - location: A backend's name or a URL; nil for what the configuration says.
    ///   - access: For reading and writing, or for reading alone.
    ///   - body: What to do with the opened storage.
    public static func withStorage<Result: Sendable>(
        at location: String? = nil,
        access: StorageAccess = .readWrite,
        _ body: (RecordStorage<Record, State>) async throws -> Result
    ) async throws -> Result {
        let database = try factory.configuration(at: location, access: access).database()
        let storage = try database.storage(Record.self, state: State.self)
        let result: Result
        do {
            try await storage.initialize()
            result = try await body(storage)
        } catch {
            // The first error is the one to tell.
            try? await storage.close()
            throw advised(error)
        }
        try await storage.close()
        return result
    }

    /// A command has no call whose deadline could be widened: the setting is what can.
    private static func advised(_ error: any Error) -> any Error {
        guard let timeout = error as? StorageError, timeout.code == .timeout else { return error }
        return timeout.advising("Try again, or allow more time: \(factory.timeoutVariable)=60s")
    }
}
