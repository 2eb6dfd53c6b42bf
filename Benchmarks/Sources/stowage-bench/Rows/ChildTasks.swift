import Stowage
import StowageJSON
import StowagePostgres
import StowageSQLite

/// What this program does in processes of its own, for rows about memory and about several processes.
enum ChildTasks {
    @concurrent
    static func run(_ task: String, _ arguments: [String]) async throws -> Double {
        let place = arguments.first ?? ""
        switch task {
        case "json.open":
            let storage = try JsonFileStorage<Session, Sessions>(path: place)
            return try await Memory.growth { try await storage.initialize() }
        case "sqlite.stream": return try await stream(SQLiteRows.open(place))
        case "sqlite.fetchAll": return try await fetch(SQLiteRows.open(place))
        case "postgres.stream": return try await stream(openPostgres(place))
        case "postgres.fetchAll": return try await fetch(openPostgres(place))
        case "move":
            guard arguments.count == 2 else { throw BenchmarkFailure("\(task) takes a path and a URL") }
            return try await Memory.growth { _ = try await MoveRows.move(place, to: arguments[1]) }
        case "sqlite.create", "json.create":
            guard arguments.count == 4, let first = Int(arguments[1]), let count = Int(arguments[2]),
                let tasks = Int(arguments[3])
            else { throw BenchmarkFailure("\(task) takes a path, a number, a count and a number of tasks") }
            if task == "sqlite.create" {
                return try await create(SQLiteRows.open(place), first, count, tasks)
            }
            return try await create(JSONRows.open(place), first, count, tasks)
        default: throw BenchmarkFailure("there is no task \(task)")
        }
    }

    private static func openPostgres(_ url: String) async throws -> PostgresStorage<Session, Sessions> {
        let storage = try PostgresStorage<Session, Sessions>(url: url)
        try await storage.initialize()
        return storage
    }

    private static func stream(_ storage: some DatabaseStorage<Session, Sessions>) async throws -> Double {
        var count = 0
        let growth = try await Memory.growth { for try await _ in storage.stream() { count += 1 } }
        try expect(count >= 200_000, "records are missing")
        try await storage.close()
        return growth
    }

    private static func fetch(_ storage: some DatabaseStorage<Session, Sessions>) async throws -> Double {
        let growth = try await Memory.growth {
            try expect(try await storage.fetch().count == 100_000, "records are missing")
        }
        try await storage.close()
        return growth
    }

    /// Seconds that the writes of this process take.
    private static func create(
        _ storage: some DatabaseStorage<Session, Sessions>,
        _ first: Int,
        _ count: Int,
        _ tasks: Int
    ) async throws -> Double {
        let sessions = SessionMaker.sessions(count, from: first)
        let elapsed = try await seconds {
            try await inTasks(tasks, count) { part in
                for session in sessions[part] { try await storage.create(session) }
            }
        }
        try await storage.close()
        return elapsed
    }
}
