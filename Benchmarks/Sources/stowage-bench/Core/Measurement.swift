/// One side of a comparison: does the work once, and answers a figure in the row's unit.
typealias Side = @Sendable () async throws -> Double

/// What a row compares once everything is prepared.
struct Contest: Sendable {
    /// Ours.
    let ours: Side
    /// The peers, in the order in which the row names them.
    private(set) var peers: [Side] = []
    /// Gives back what was prepared.
    private(set) var finish: @Sendable () async throws -> Void = {}

    init(_ ours: @escaping Side) { self.ours = ours }

    func against(_ peers: [Side]) -> Contest {
        var copy = self
        copy.peers = peers
        return copy
    }

    func finally(_ finish: @escaping @Sendable () async throws -> Void) -> Contest {
        var copy = self
        copy.finish = finish
        return copy
    }
}

/// A row of the results: what is measured, against whom, and what each side does.
struct BenchmarkRow: Sendable {
    struct Peer: Sendable {
        var name: String
        var what: String
    }

    var name: String
    var unit: String
    /// What our side does.
    var what: String
    var peers: [Peer]
    /// Whether a small figure is a good one.
    var isCost = false
    /// Whether it belongs to the rows of `--quick`.
    var isQuick = true
    /// Prepares the two sides, outside the time that is measured.
    var prepare: @Sendable (Workbench) async throws -> Contest
}

/// Seconds that a body takes.
func seconds(_ body: () async throws -> Void) async rethrows -> Double {
    let start = ContinuousClock.now
    try await body()
    return (ContinuousClock.now - start).inSeconds
}

/// How many units of work are done a second.
func rate(_ count: Int, _ body: () async throws -> Void) async rethrows -> Double {
    Double(count) / (try await seconds(body))
}

/// The same for work whose result the caller keeps: giving it back is not part of the work.
func rateKeeping<Result>(_ count: Int, _ body: () async throws -> Result) async rethrows -> Double {
    var result: Result?
    let elapsed = try await seconds { result = try await body() }
    withExtendedLifetime(result) {}
    return Double(count) / elapsed
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

/// Divides work among tasks that run at once.
func inTasks(_ tasks: Int, _ count: Int, _ body: @escaping @Sendable (Range<Int>) async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for task in 0..<tasks {
            let part = (count * task / tasks)..<(count * (task + 1) / tasks)
            group.addTask { try await body(part) }
        }
        try await group.waitForAll()
    }
}

/// Fails when an answer is not the one expected: a benchmark of wrong answers says nothing.
func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    if !condition { throw BenchmarkFailure(message()) }
}

struct BenchmarkFailure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
