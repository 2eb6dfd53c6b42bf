public import Stowage
internal import Synchronization

/// The harness of ``MemoryStorage``: a location is a driver that is kept until it is destroyed.
public final class MemoryHarness: ConformanceHarness {
    /// `memory`.
    public let adapter = "memory"
    private let drivers = Mutex<[HarnessLocation: MemoryDriver]>([:])

    /// A harness without stores.
    public init() {}

    /// Rows in memory have the schema of the one process that made them.
    public var abilities: Set<HarnessAbility> { [] }

    /// A database over the location's driver.
    public func open(
        at location: HarnessLocation,
        access: StorageAccess,
        options: StorageOptions
    ) throws -> StorageDatabase {
        let driver = drivers.withLock { drivers in
            if let known = drivers[location] { return known }
            let new = MemoryDriver()
            drivers[location] = new
            return new
        }
        return StorageDatabase(driver: driver, access: access, options: options)
    }

    /// Forgets the driver.
    public func destroy(_ location: HarnessLocation) async throws {
        drivers.withLock { _ = $0.removeValue(forKey: location) }
    }
}
