import ConformanceKit
import FoundationEssentials
import Stowage
import Synchronization

/// What the handles on one location share: where a defect remembers.
final class Site: Sendable {
    let shelf = LooseShelf.Shared()
    /// Texts by what they are equal to for Swift, or whatever else a defect looks up.
    let texts = Mutex<[String: String]>([:])
    /// Writes that a defect keeps for later.
    let batches = Mutex<[WriteBatch]>([])
    let flag = Mutex(false)
    let wire = Wire()
    let path: String?

    init(path: String?) { self.path = path }
}

/// A harness over mutants: one site a location, one bad driver a handle.
final class MutantHarness: ConformanceHarness {
    let mutant: Mutant
    private let base: any ConformanceHarness
    private let sites = Mutex<[HarnessLocation: Site]>([:])

    init(_ mutant: Mutant) throws {
        self.mutant = mutant
        base =
            switch mutant.base {
            case .memory: MemoryHarness()
            case .json, .sqlite: try FactoryHarness(Backends.factory, backend: mutant.base.rawValue)
            }
    }

    var adapter: String { mutant.description }
    var abilities: Set<HarnessAbility> { mutant.hasWire ? base.abilities.union([.losesConnections]) : base.abilities }

    func open(at location: HarnessLocation, access: StorageAccess, options: StorageOptions) throws -> StorageDatabase {
        let database = try base.open(at: location, access: access, options: options)
        let driver = mutant.wrap(database.driver, site(location))
        return StorageDatabase(driver: driver, access: access, options: options)
    }

    private func site(_ location: HarnessLocation) -> Site {
        let path = base.storedFile(at: location)
        return sites.withLock { sites in
            let site = sites[location] ?? Site(path: path)
            sites[location] = site
            return site
        }
    }

    func storedFile(at location: HarnessLocation) -> String? { base.storedFile(at: location) }

    func connections(at location: HarnessLocation) -> ConnectionFault? {
        mutant.hasWire ? site(location).wire.fault : nil
    }

    func destroy(_ location: HarnessLocation) async throws {
        try await base.destroy(location)
        sites.withLock { _ = $0.removeValue(forKey: location) }
    }

    func removeAll() async { await base.removeAll() }
}
