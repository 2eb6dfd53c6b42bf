import Stowage
import Testing

@testable import ConformanceKit

@Suite struct AgreementTests {
    /// The reference against the contract's rules written once more.
    @Test(arguments: [1, 2] as [UInt64])
    func memoryAgreesWithThePlainModel(seed: UInt64) async throws {
        let records = ZooAgreement.records(150, seed: seed)
        let zoos = try StorageDatabase.memory().storage(Zoo.self)
        try await zoos.initialize()
        try await zoos.createMany(records)
        let model = try PlainModel(records)
        var matched = 0
        for index in 0..<500 {
            guard case .fetch(let query) = try ZooAgreement.question(index, seed: seed, records: 150) else { continue }
            let expected = model.fetch(query)
            let found = try await zoos.fetch(query)
            matched += found.count
            #expect(
                SameBits.same(found.map(\.id), expected.map(\.id)),
                "seed \(seed), question \(index): \(QueryAgreement.json(query))"
            )
            #expect(try await zoos.count(query) == expected.count, "seed \(seed), question \(index)")
            #expect(try await zoos.exists(query) == !expected.isEmpty, "seed \(seed), question \(index)")
        }
        #expect(matched > 5_000, "the questions match hardly anything")
    }

    @Test func pagesAreTheWholeAnswer() async throws {
        let records = ZooAgreement.records(80, seed: 3)
        let zoos = try StorageDatabase.memory().storage(Zoo.self)
        try await zoos.initialize()
        try await zoos.createMany(records)
        let model = try PlainModel(records)
        for index in 0..<400 {
            guard case .pages(let query, let size) = try ZooAgreement.question(index, seed: 3, records: 80) else {
                continue
            }
            let found = await ZooAgreement.answer(.pages(query, size), from: zoos).filter { $0 != "page" }
            #expect(
                SameBits.same(found, model.fetch(query).map(\.id)),
                "question \(index): \(QueryAgreement.json(query))"
            )
        }
    }

    @Test func memoryAgreesWithItself() async throws {
        let found = try await QueryAgreement.run(
            reference: .memory(),
            others: [("memory", .memory())],
            records: 80,
            queries: 300,
            seed: 4
        )
        #expect(found.isEmpty, "\(found.map(\.description).joined(separator: "\n"))")
    }

    /// The comparison must see each of these defects, and say where.
    @Test(arguments: Mutant.inAnswers)
    func aDefectIsADisagreement(mutant: Mutant) async throws {
        let found = try await QueryAgreement.run(
            reference: .memory(),
            others: [("mutant", StorageDatabase(driver: mutant.wrap(MemoryDriver(), Site(path: nil))))],
            records: 60,
            queries: 400,
            seed: 5
        )
        let first = try #require(found.first, "\(mutant) is not noticed")
        #expect(first.description.contains("seed 5, question"))
        #expect(first.query.contains("predicate"))
    }

    @Test func queriesAreReadBackFromJSON() throws {
        for index in 0..<200 {
            let query = try ZooAgreement.question(index, seed: 6, records: 20).query
            let again = try JSONDecoding.query(QueryAgreement.json(query))
            #expect(again == query)
        }
    }
}
