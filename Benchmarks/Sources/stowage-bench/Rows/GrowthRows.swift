import Foundation
import Stowage
import StowageJSON

/// What an operation costs as the store grows: its time in a large store beside its time in one of 1,000 records.
enum GrowthRows {
    private static let sizes = ["10k": 10_000, "100k": 100_000, "1M": 1_000_000]

    enum Operation: String, CaseIterable {
        case get
        case byIndexedField
        case deepPage
        case count
        case create = "create.durable"

        var what: String {
            switch self {
            case .get: "get by id"
            case .byIndexedField: "the ten records of one task, by an indexed field"
            case .deepPage: "a page of 50 records in the middle of the store, reached by its token (keyset)"
            case .count: "count of all records"
            case .create: "create, one record a commit, durable"
            }
        }
    }

    static var all: [BenchmarkRow] {
        // A JSON file is held in memory whole and is not meant for a million records.
        rows("sqlite", ["10k", "100k", "1M"]) + rows("postgres", ["10k", "100k", "1M"]) + rows("json", ["10k", "100k"])
            + rows(journal, ["10k", "100k"], [.create])
    }

    /// A JSON file in the journal mode.
    private static let journal = "json.journal"

    private static func rows(
        _ backend: String,
        _ sizes: [String],
        _ operations: [Operation] = Operation.allCases
    ) -> [BenchmarkRow] {
        operations.flatMap { operation in sizes.map { row(backend, operation, $0) } }
    }

    private static func row(_ backend: String, _ operation: Operation, _ size: String) -> BenchmarkRow {
        BenchmarkRow(
            name: "\(backend).\(operation.rawValue).time.\(size)",
            unit: "µs",
            what: "\(operation.what): time in a store of \(size) records",
            peers: [.init(name: "1k", what: "the same in a store of 1,000 records")],
            isCost: true,
            isQuick: operation == .get && size == "1M" && backend != "json"
        ) { workbench in
            let count = sizes[size] ?? 0
            let large = try await open(backend, workbench, size == "1M" ? max(count, workbench.large) : count)
            let small = try await open(backend, workbench, 1_000)
            let times = backend == "json" && operation != .get ? 20 : operation == .count ? 20 : 0
            return Contest {
                try await large.time(operation, times: times)
            }.against([{ try await small.time(operation, times: times) }]).finally {
                try await large.close()
                try await small.close()
            }
        }
    }

    private static func open(_ backend: String, _ workbench: Workbench, _ count: Int) async throws -> Store {
        switch backend {
        case "sqlite":
            return Store(try await SQLiteRows.open(SQLiteRows.file(workbench, count)), count)
        case "postgres":
            let server = try await workbench.postgres()
            return Store(
                try await PostgresRows.open(server, PostgresRows.database(workbench, count)),
                count
            )
        default:
            let mode = backend == journal ? JSONFileMode.journal : .replace
            return Store(try await JSONRows.open(JSONRows.file(workbench, count), mode: mode), count)
        }
    }

    /// A store of some size.
    struct Store: Sendable {
        private let storage: any DatabaseStorage<Session, Sessions>
        private let count: Int
        private let numbers: Numbers

        init(_ storage: any DatabaseStorage<Session, Sessions>, _ count: Int) {
            self.storage = storage
            self.count = count
            numbers = Numbers(from: 50_000_000)
        }

        func close() async throws { try await storage.close() }

        /// Microseconds that one operation takes.
        func time(_ operation: Operation, times: Int) async throws -> Double {
            let times = times > 0 ? times : operation == .create ? 200 : operation == .get ? 4_000 : 500
            let picked = randomNumbers(times, below: count)
            switch operation {
            case .get:
                return try await each(times) { index in
                    try expect(try await storage.get(SessionMaker.id(picked[index])) != nil, "a record is missing")
                }
            case .byIndexedField:
                return try await each(times) { index in
                    let task = SessionMaker.task(picked[index])
                    try expect(try await storage.fetch(.where { $0.taskId == task }).count == 10, "records are missing")
                }
            case .deepPage:
                let middle = SessionMaker.id(count / 2)
                let first = try await storage.page(.where { $0.session >= middle }.sort(\.session).limit(1))
                guard first.next != nil else { throw BenchmarkFailure("there is no page after the middle") }
                return try await each(times) { _ in
                    let page = try await storage.page(.where { $0.session > middle }.sort(\.session).limit(50))
                    try expect(page.records.count == 50, "records are missing")
                }
            case .count:
                return try await each(times) { _ in
                    try expect(try await storage.count() >= count, "records are missing")
                }
            case .create:
                let sessions = SessionMaker.sessions(times, from: numbers.take(times))
                let figure = try await each(times) { try await storage.create(sessions[$0]) }
                try await storage.deleteAll(.where { $0.session >= SessionMaker.id(50_000_000) })
                return figure
            }
        }

        private func each(_ times: Int, _ body: (Int) async throws -> Void) async throws -> Double {
            try await seconds { for index in 0..<times { try await body(index) } } * 1_000_000 / Double(times)
        }
    }
}
