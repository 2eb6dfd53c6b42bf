internal import FoundationEssentials
internal import Stowage

/// The part of ``ConformanceWorker`` that works beside other processes, or runs a program until it is killed.
enum HistoryWorker {
    /// What a worker is told by its name: `client-seed-count`, decimal.
    struct Task: Sendable {
        var client: Int
        var seed: UInt64
        /// How many operations; for a program, how many clients meet before they begin.
        var count: Int
        var clients: Int

        var name: String { "\(client)-\(seed)-\(count)-\(clients)" }

        init(client: Int, seed: UInt64, count: Int, clients: Int) {
            (self.client, self.seed, self.count, self.clients) = (client, seed, count, clients)
        }

        init(name: String) throws {
            let words = name.split(separator: "-").map(String.init)
            guard words.count == 4, let client = Int(words[0]), let seed = UInt64(words[1]), let count = Int(words[2]),
                let clients = Int(words[3])
            else { throw StorageError(.invalidArgument, "a worker's name says nothing") }
            self.init(client: client, seed: seed, count: count, clients: clients)
        }
    }

    /// Works as one client of several; a line of JSON for each thing that it saw.
    static func run(
        _ job: ConformanceWorker.Job,
        _ harness: any ConformanceHarness,
        _ location: HarnessLocation,
        _ name: String,
        _ say: (String) throws -> Void
    ) async throws {
        let task = try Task(name: name)
        let database = try harness.open(at: location, access: .readWrite, options: .init())
        let notes = try database.storage(Note.self)
        let accounts = try database.storage(Account.self)
        let chains = try database.storage(Chain.self)
        try await database.initialize()
        // All have started before one begins.
        try await notes.upsert(Note(id: "ready \(task.client)"))
        let end = ContinuousClock.now.advanced(by: .seconds(20))
        while try await notes.count(.where { $0.id.hasPrefix("ready") }) < task.clients, ContinuousClock.now < end {
            try await _Concurrency.Task.sleep(for: .milliseconds(5))
        }
        let client = HistoryClient(client: task.client, seed: task.seed, operations: task.count)
        switch job {
        case .registers: try await client.useRegisters(accounts) { try say(json($0)) }
        case .lists: try await client.useLists(chains) { try say(json($0)) }
        case .count: try say("\(await client.count(accounts))")
        case .transfer: try await client.transfer(accounts) { try say("\($0)") }
        case .write, .fill, .open, .program, .migrate: break
        }
        try await database.close()
        try say("done")
    }

    /// Runs the writes of a program, and says the number of each when it has returned.
    static func runProgram(
        _ harness: any ConformanceHarness,
        _ location: HarnessLocation,
        _ name: String,
        _ say: (String) throws -> Void
    ) async throws {
        let task = try Task(name: name)
        let session = try await ModelSession {
            try harness.open(at: location, access: .readWrite, options: .init())
        }
        let program = try program(task, session.storage.capabilities)
        for (number, step) in program.steps.enumerated() {
            _ = try await session.run(step)
            try say(String(number))
        }
    }

    /// The program of a worker, which whoever started it knows too.
    static func program(_ task: Task, _ capabilities: Capabilities) throws -> ModelProgram {
        var generator = ModelGenerator(
            seed: task.seed,
            "crash \(task.client)",
            focus: .writes,
            capabilities: capabilities
        )
        return try generator.writes(task.count)
    }

    private static func json(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }
}
