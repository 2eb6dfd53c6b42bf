internal import FoundationEssentials
internal import Stowage

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What another process does for a case: it prints a line for each write that was acknowledged.
///
/// A harness with the ability ``HarnessAbility/workers`` names a command that ends up here, in a process of its own:
///
/// ```swift
/// try await ConformanceWorker.run(job, on: harness, at: location) { print($0) }
/// ```
public enum ConformanceWorker {
    /// One kind of work.
    public enum Job: String, Sendable, Hashable, Codable, CaseIterable {
        /// Writes batches of three records until it is killed.
        case write
        /// The same, on a disk that is full after a while.
        case fill
        /// Opens the store and writes one record.
        case open
        /// Runs a generated program of writes until it is killed.
        case program
        /// Works on a few records beside other processes, and says what it saw.
        case registers
        /// The same with transactions over lists.
        case lists
        /// Adds to a counter beside other processes.
        case count
        /// Moves money between accounts beside other processes.
        case transfer
        /// Applies the kit's migrations, and says which.
        case migrate
    }

    /// How many records a batch has.
    static let batch = 3

    /// Does a job.
    ///
    /// - Parameters:
    ///   - job: What to do.
    ///   - harness: Opens the store.
    ///   - location: Where it is.
    ///   - name: What its records' ids begin with.
    ///   - say: Prints a line at once, without a buffer.
    public static func run(
        _ job: Job,
        on harness: any ConformanceHarness,
        at location: HarnessLocation,
        name: String,
        say: (String) throws -> Void
    ) async throws {
        switch job {
        case .write, .fill, .open: break
        case .program: return try await HistoryWorker.runProgram(harness, location, name, say)
        case .registers, .lists, .count, .transfer:
            return try await HistoryWorker.run(job, harness, location, name, say)
        case .migrate: return try await migrate(on: harness, at: location, say: say)
        }
        let notes = try harness.open(at: location, access: .readWrite, options: .init()).storage(Note.self)
        try await notes.initialize()
        if job == .open {
            try await notes.create(Note(id: name))
            return try await notes.close()
        }
        if job == .fill { limitFiles(to: 200_000) }
        do {
            for number in 0..<100_000 {
                try await notes.createMany(
                    (0..<batch).map { Note(id: id(name, number, $0), text: String(repeating: "x", count: 500)) }
                )
                try say(String(number))
            }
        } catch let error as StorageError where job == .fill {
            try say("error \(error.code.name)")
        }
    }

    /// The command that starts a program which was built beside the running one, as a test's own package builds it.
    ///
    /// - Throws: `notFound` when there is none: a harness that named it could not run the cases that kill it.
    public static func program(_ name: String) throws -> [String] {
        let running = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        var path = (running ?? CommandLine.arguments[0]).split(separator: "/", omittingEmptySubsequences: false)
        path[path.count - 1] = name[...]
        let program = path.joined(separator: "/")
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw StorageError(
                .notFound,
                "the program \(name) was not built beside this one",
                advice: "Let the test target depend on it"
            )
        }
        return [program]
    }

    private static func migrate(
        on harness: any ConformanceHarness,
        at location: HarnessLocation,
        say: (String) throws -> Void
    ) async throws {
        let base = try harness.open(at: location, access: .readWrite, options: .init())
        let database = StorageDatabase(driver: base.driver, options: base.options, migrations: Books.all)
        let books = try database.storage(Book3.self)
        for migration in try await database.migrateSchema() { try say(String(migration.number)) }
        try await database.initialize()
        _ = try await books.count()
        try await database.close()
        try say("done")
    }

    static func id(_ name: String, _ number: Int, _ part: Int) -> String { "\(name)-\(number)-\(part)" }

    /// Makes this process fail to write beyond a size, as on a full disk.
    private static func limitFiles(to bytes: Int) {
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t(bytes))
        #if canImport(Glibc)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        #else
        setrlimit(RLIMIT_FSIZE, &limit)
        #endif
    }
}
