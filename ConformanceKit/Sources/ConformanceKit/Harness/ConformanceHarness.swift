public import Stowage

/// What an adapter's author writes so that the kit can test the adapter.
///
/// ```swift
/// struct ShelfHarness: ConformanceHarness {
///     let adapter = "shelf"
///     func open(at location: HarnessLocation, access: StorageAccess, options: StorageOptions) throws -> StorageDatabase {
///         StorageDatabase(driver: ShelfDriver(path: "/tmp/shelf-\(location)"), access: access, options: options)
///     }
///     func destroy(_ location: HarnessLocation) async throws { try removeIfThere("/tmp/shelf-\(location)") }
/// }
/// ```
///
/// Never point a harness at a store that holds data.
public protocol ConformanceHarness: Sendable {
    /// The adapter's name, as reports show it.
    var adapter: String { get }

    /// A database at a location, not initialized. Two databases at one location are two handles on one store, at the
    /// same time or one after the other; a location that was never opened is an absent store.
    ///
    /// - Throws: What keeps the kit from testing at all, such as a missing server: the cases are then `untested`.
    func open(at location: HarnessLocation, access: StorageAccess, options: StorageOptions) throws -> StorageDatabase

    /// Removes all that stands at a location, opened or not. Called once for each location, after its handles are
    /// closed.
    func destroy(_ location: HarnessLocation) async throws

    /// Removes what the harness made beside its locations. Called by test libraries once all cases have ended.
    func removeAll() async

    /// What the harness can do beyond opening. ``HarnessAbility/otherSchema`` by default.
    var abilities: Set<HarnessAbility> { get }

    /// The path of the file that holds a location's store, for harnesses with the ability
    /// ``HarnessAbility/storedFile``; nil by default.
    func storedFile(at location: HarnessLocation) -> String?

    /// How a location's connections are lost in the middle of a commit, for harnesses with the ability
    /// ``HarnessAbility/losesConnections``; nil by default. Called after the location was opened.
    func connections(at location: HarnessLocation) -> ConnectionFault?

    /// The command, its program's path first, that runs ``ConformanceWorker`` at a location in a process of its own, for
    /// harnesses with the ability ``HarnessAbility/workers``; nil by default.
    func workerCommand(_ job: ConformanceWorker.Job, at location: HarnessLocation, name: String) -> [String]?

    /// Cases that are known to fail, by id, each with the reason. They still run, and fail when they start to pass.
    var knownFailures: [String: String] { get }
}

extension ConformanceHarness {
    /// Nothing.
    public func removeAll() async {}
    /// Opening a store again with another schema, which every store that keeps its data can do.
    public var abilities: Set<HarnessAbility> { [.otherSchema] }
    /// None.
    public func storedFile(at location: HarnessLocation) -> String? { nil }
    /// None.
    public func connections(at location: HarnessLocation) -> ConnectionFault? { nil }
    /// None.
    public func workerCommand(_ job: ConformanceWorker.Job, at location: HarnessLocation, name: String) -> [String]? {
        nil
    }
    /// None.
    public var knownFailures: [String: String] { [:] }
}

/// The name of a place where the kit may put a store: new, and used by one case alone.
public struct HarnessLocation: Sendable, Hashable, CustomStringConvertible {
    /// Small ASCII letters, digits and `_`, beginning with a letter, at most 40 characters: fit for a file's name and
    /// for the name of a database's schema.
    public let name: String

    /// Names a location.
    public init(name: String) { self.name = name }

    /// The name.
    public var description: String { name }

    /// A location that no other run uses.
    static func unique(for id: String) -> HarnessLocation {
        var random = SystemRandomNumberGenerator()
        let unique = String(random.next(), radix: 36)
        let head = id.utf8.prefix(22).map { byte -> Character in
            let scalar = Character(Unicode.Scalar(byte))
            return scalar.isASCII && (scalar.isLetter || scalar.isNumber) ? scalar : "_"
        }
        return HarnessLocation(name: "k_" + String(head) + "_" + unique)
    }
}

/// Something that only some harnesses can do, or that makes no sense for some adapters.
public struct HarnessAbility: Sendable, Hashable, CustomStringConvertible {
    /// What it is, as the end of "the harness cannot".
    public let description: String

    /// Names an ability.
    public init(_ description: String) { self.description = description }

    /// A store can be opened again by types that describe its collections with fewer or more fields.
    public static let otherSchema = HarnessAbility("open a store again with another schema")

    /// The store is one file, which the kit may damage while no handle is open on it.
    public static let storedFile = HarnessAbility("reach the file of a store")

    /// A commit's connection can be severed.
    public static let losesConnections = HarnessAbility("lose a connection in the middle of a commit")

    /// Other processes can work on a store, and be killed.
    public static let workers = HarnessAbility("start another process")
}
