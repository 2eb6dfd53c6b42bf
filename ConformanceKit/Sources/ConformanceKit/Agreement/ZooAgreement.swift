internal import Stowage

/// What two databases are asked, and how their answers are compared.
enum ZooAgreement {
    typealias Zoos = RecordStorage<Zoo, RecordsOnly<Zoo>>

    /// The id of a record by its number: hostile, and in another order than the numbers.
    static func id(_ number: Int) -> String {
        "\(HostileValues.texts[(number * 7) % HostileValues.texts.count])#\(number)"
    }

    /// Records for a seed.
    static func records(_ count: Int, seed: UInt64) -> [Zoo] {
        var generator = SeededGenerator(seed: seed, "records")
        return (0..<count).map { ZooMaker.record(id($0), &generator) }
    }

    /// One question, with all that decides its answer.
    enum Question: Sendable {
        /// The records, how many, and whether there are any.
        case fetch(Query<Zoo>)
        /// All pages of a size.
        case pages(Query<Zoo>, Int)
        /// Sets some fields of all that match, to those of a record.
        case updateAll(Query<Zoo>, Zoo, fields: Int)
        /// Removes all that match; they are put back afterwards.
        case deleteAll(Query<Zoo>)

        var query: Query<Zoo> {
            switch self {
            case .fetch(let query), .pages(let query, _), .updateAll(let query, _, _), .deleteAll(let query): query
            }
        }

        var name: String {
            switch self {
            case .fetch: "fetch"
            case .pages(_, let size): "pages of \(size)"
            case .updateAll(_, _, let fields): "updateAll of \(fields) groups of fields"
            case .deleteAll: "deleteAll"
            }
        }

        var changesRecords: Bool {
            switch self {
            case .fetch, .pages: false
            case .updateAll, .deleteAll: true
            }
        }
    }

    /// The question with a number; one in ten changes records.
    static func question(_ index: Int, seed: UInt64, records: Int) throws -> Question {
        var generator = SeededGenerator(seed: seed, "question \(index)")
        switch generator.below(20) {
        case 0:
            let query = try ZooQueries.pageable(&generator, ids: records)
            let fields = 1 + generator.below(3)
            return .updateAll(query, ZooMaker.record("new", &generator), fields: fields)
        case 1: return .deleteAll(try ZooQueries.pageable(&generator, ids: records))
        case 2...4:
            let query = try ZooQueries.pageable(&generator, ids: records)
            return .pages(query, generator.pick([7, 20, 60]))
        default: return .fetch(try ZooQueries.query(&generator, ids: records))
        }
    }

    /// Asks, and gives the answer as lines that can be compared; an error is an answer too.
    static func answer(_ question: Question, from zoos: Zoos) async -> [String] {
        do {
            switch question {
            case .fetch(let query):
                let found = try await zoos.fetch(query)
                return try await [
                    "count \(zoos.count(query))", "exists \(zoos.exists(query))",
                ] + found.map(\.id)
            case .pages(let query, let size):
                var lines: [String] = []
                var page = try await zoos.page(query.limit(size))
                lines += page.records.map(\.id)
                while let next = page.next, lines.count < 10_000 {
                    lines.append("page")
                    page = try await zoos.page(query.limit(size).after(next))
                    lines += page.records.map(\.id)
                }
                return lines
            case .updateAll(let query, let values, let fields):
                return ["\(try await zoos.updateAll(query) { assign(values, fields, &$0) })"]
            case .deleteAll(let query):
                return ["\(try await zoos.deleteAll(query))"]
            }
        } catch let error as StorageError {
            return ["threw \(error.code)", error.description]
        } catch {
            return ["threw \(error)"]
        }
    }

    private static func assign(_ zoo: Zoo, _ fields: Int, _ changes: inout RecordChanges<Zoo>) {
        changes.textMaybe = zoo.textMaybe
        changes.countMaybe = zoo.countMaybe
        changes.amount = zoo.amount
        guard fields > 1 else { return }
        changes.ratioMaybe = zoo.ratioMaybe
        changes.moodMaybe = zoo.moodMaybe
        changes.time = zoo.time
        changes.spotMaybe = zoo.spotMaybe
        guard fields > 2 else { return }
        changes.bytesMaybe = zoo.bytesMaybe
        changes.uuidMaybe = zoo.uuidMaybe
        changes.dateMaybe = zoo.dateMaybe
        changes.flagMaybe = zoo.flagMaybe
        changes.tags = zoo.tags
    }

    /// The whole content, a line a record.
    static func contents(of zoos: Zoos) async -> [String] {
        do {
            return try await zoos.fetch().map {
                "\($0.id) \(SameBits.bytes($0).map { String(decoding: $0, as: UTF8.self) } ?? "?")"
            }
        } catch {
            return ["threw \(error)"]
        }
    }

    /// The first place where two answers differ, as text; nil when they are the same bytes. The text of an error may
    /// differ, its code may not.
    static func difference(_ reference: [String], _ other: [String]) -> String? {
        if let code = reference.first, code.hasPrefix("threw "), code == other.first { return nil }
        for index in 0..<max(reference.count, other.count) {
            let left = index < reference.count ? reference[index] : nil
            let right = index < other.count ? other[index] : nil
            if let left, let right, TextOrder.equal(left, right) { continue }
            return "line \(index): \(shown(left)) from the reference, \(shown(right)) from the other"
        }
        return nil
    }

    private static func shown(_ line: String?) -> String { line.map { String(reflecting: $0) } ?? "the end" }
}
