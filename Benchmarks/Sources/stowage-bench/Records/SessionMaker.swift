import Stowage

/// Makes the sessions of a store: the same ones in every run.
enum SessionMaker {
    /// The identifier of the session with a number. Digits alone, so that pgbench can pass it as it stands.
    static func id(_ number: Int) -> String { String(10_000_000 + number) }

    /// The task of a session: ten sessions each.
    static func task(_ number: Int) -> String { "task#\(number / 10)" }

    static func session(_ number: Int) -> Session {
        Session(
            session: id(number),
            repoName: "organisation/repository-\(number % 97)",
            repoUrl: "https://github.example/organisation/repository-\(number % 97).git",
            createdAt: time(number),
            taskId: task(number),
            branch: "feature/branch-\(number % 1000)",
            repoPath: number % 3 == 0 ? nil : "/home/agent/.local/state/repositories/\(id(number))",
            backendType: number % 2 == 0 ? "github" : nil,
            prBranch: number % 5 == 0 ? "pr/task-\(number / 10)" : nil,
            prApproved: number % 5 == 0 ? number % 10 == 0 : nil
        )
    }

    static func sessions(_ count: Int, from first: Int = 0) -> [Session] {
        (first..<first + count).map(session)
    }

    private static func time(_ number: Int) -> Timestamp {
        // Within the range that the type takes, for every number here.
        (try? Timestamp(microseconds: 1_750_000_000_000_000 + Int64(number) * 61_234_567)) ?? .min
    }
}

extension CodableSession {
    init(_ other: Session) {
        self.init(
            session: other.session,
            repoName: other.repoName,
            repoUrl: other.repoUrl,
            createdAt: other.createdAt,
            taskId: other.taskId,
            branch: other.branch,
            repoPath: other.repoPath,
            backendType: other.backendType,
            prBranch: other.prBranch,
            prApproved: other.prApproved
        )
    }
}

/// A generator with a seed: both sides look up the same keys in the same order.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// Numbers of sessions in random order.
func randomNumbers(_ count: Int, below bound: Int, seed: UInt64 = 7) -> [Int] {
    var generator = Seeded(seed)
    return (0..<count).map { _ in Int.random(in: 0..<bound, using: &generator) }
}
