internal import Stowage

/// What a report says of an adapter beside its results, asked of a store of its own before the first case.
struct AdapterFacts: Sendable {
    var backendVersion = "unknown"
    var capabilities: [String] = []
    /// Why no store could be opened at all, such as a missing server.
    var problem: String?

    static func asking(_ harness: any ConformanceHarness, seed: UInt64) async -> AdapterFacts {
        let context = CaseContext(
            ConformanceCase("lif.health.version", ["LIF-1"]) { _ in },
            harness: harness,
            seed: seed
        )
        var facts = AdapterFacts()
        do {
            let database = try context.database()
            facts.capabilities = database.driver.capabilities.features.map(\.rawValue).sorted()
            let notes = try database.storage(Note.self)
            try await notes.initialize()
            facts.backendVersion = try await notes.health().backendVersion
        } catch {
            facts.problem = "the store could not be opened: \(CaseContext.shown(error))"
        }
        await context.cleanUp()
        return facts
    }
}
