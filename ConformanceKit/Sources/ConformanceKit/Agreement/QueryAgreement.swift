internal import FoundationEssentials
public import Stowage

/// Compares the answers of databases to generated queries over generated records.
///
/// ```swift
/// let disagreements = try await QueryAgreement.run(
///     reference: .memory(), others: [("sqlite", sqlite)], records: 200, queries: 2_000, seed: 1)
/// ```
///
/// The records hold every type of value, hostile text, nils and few distinct values, so that conditions match and sort
/// keys tie. A question is a fetch with its count and existence, a walk over pages, an `updateAll` or a `deleteAll`.
public enum QueryAgreement {
    /// An answer that differs from the reference's.
    public struct Disagreement: Sendable, CustomStringConvertible {
        /// The database that differs.
        public var database: String
        /// The seed of the run, which makes it again.
        public var seed: UInt64
        /// The number of the question.
        public var index: Int
        /// What was asked.
        public var question: String
        /// The query as JSON, as `Query<Zoo>` reads it.
        public var query: String
        /// The first difference.
        public var difference: String

        /// Everything, a line each.
        public var description: String {
            "\(database) disagrees at seed \(seed), question \(index): \(question)\n  query: \(query)\n  \(difference)"
        }
    }

    /// More than these say nothing new.
    static let mostDisagreements = 20

    /// Fills the databases with the same records and asks them the same questions.
    ///
    /// - Parameters:
    ///   - reference: What the others are measured against, such as a database in memory. Not initialized, or not with
    ///     the kit's collection; it is filled and left filled.
    ///   - others: The databases to compare, by name; treated alike.
    ///   - records: How many records.
    ///   - queries: How many questions.
    ///   - seed: Decides records and questions.
    /// - Returns: What differs, at most 20; empty when all agree.
    /// - Throws: What keeps the databases from being filled.
    public static func run(
        reference: StorageDatabase,
        others: [(name: String, database: StorageDatabase)],
        records: Int,
        queries: Int,
        seed: UInt64
    ) async throws -> [Disagreement] {
        let all = ZooAgreement.records(records, seed: seed)
        let model = try await filled(reference, all)
        var zoos: [(name: String, storage: ZooAgreement.Zoos)] = []
        for other in others { zoos.append((other.name, try await filled(other.database, all))) }
        var found: [Disagreement] = []
        for index in -1..<queries {
            if found.count >= mostDisagreements { break }
            // The question before the first is whether all hold the same records.
            let question: ZooAgreement.Question =
                index < 0 ? .fetch(.all) : try ZooAgreement.question(index, seed: seed, records: records)
            var doomed: [Zoo] = []
            if case .deleteAll(let query) = question { doomed = try await model.fetch(query) }
            let expected = await ZooAgreement.answer(question, from: model)
            let contents = question.changesRecords || index < 0 ? await ZooAgreement.contents(of: model) : nil
            for (name, storage) in zoos {
                let answer = await ZooAgreement.answer(question, from: storage)
                var difference = ZooAgreement.difference(expected, answer)
                if let contents, difference == nil {
                    difference = ZooAgreement.difference(contents, await ZooAgreement.contents(of: storage))
                        .map { "the records afterwards: " + $0 }
                }
                guard let difference else { continue }
                found.append(
                    Disagreement(
                        database: name,
                        seed: seed,
                        index: index,
                        question: question.name,
                        query: json(question.query),
                        difference: difference
                    )
                )
                // From here on it starts with the same records again.
                if contents != nil { try await refill(storage, try await model.fetch()) }
            }
            if !doomed.isEmpty {
                try await model.createMany(doomed)
                for (_, storage) in zoos { try await storage.createMany(doomed) }
            }
        }
        return found
    }

    private static func filled(_ database: StorageDatabase, _ records: [Zoo]) async throws -> ZooAgreement.Zoos {
        let storage = try database.storage(Zoo.self)
        try await storage.initialize()
        try await refill(storage, records)
        return storage
    }

    private static func refill(_ storage: ZooAgreement.Zoos, _ records: [Zoo]) async throws {
        try await storage.deleteAll(.all)
        try await storage.createMany(records)
    }

    static func json(_ query: Query<Zoo>) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        guard let data = try? encoder.encode(query) else { return "a query that cannot be encoded" }
        return String(decoding: data, as: UTF8.self)
    }
}
