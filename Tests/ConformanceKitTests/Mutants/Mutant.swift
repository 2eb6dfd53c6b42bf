import ConformanceKit
import Stowage

/// A known-bad adapter: a true one with one realistic defect, and the case that must fail it.
struct Mutant: Sendable, CustomStringConvertible {
    let description: String
    let killer: String
    let base: Base
    /// Makes the bad driver over the true one.
    let wrap: @Sendable (any StorageDriver, Site) -> any StorageDriver
    /// Whether the harness offers to sever connections; see ``WireDriver``.
    var hasWire = false

    /// Whether cases that wait for others wait long with it.
    var isSlow = false

    /// The true adapter beneath.
    enum Base: String, Sendable {
        case memory, json, sqlite

        /// Those that this build has.
        static var built: [Base] { [.memory, .json] + Backends.sqlite.map { _ in .sqlite } }
    }

    /// A mutant that differs from a true driver by some hooks.
    init(_ description: String, killedBy killer: String, on base: Base = .memory, _ change: (inout Defect) -> Void) {
        var defect = Defect()
        change(&defect)
        self.init(description, killedBy: killer, on: base) { [defect] in HookedDriver($0, defect, $1) }
    }

    /// A mutant with a driver of its own.
    init(
        _ description: String,
        killedBy killer: String,
        on base: Base = .memory,
        driver: @escaping @Sendable (any StorageDriver, Site) -> any StorageDriver
    ) {
        self.description = description
        self.killer = killer
        self.base = base
        wrap = driver
    }

    /// The same, known to wait long.
    var slow: Mutant {
        var copy = self
        copy.isSlow = true
        return copy
    }

    /// Every mutant that works inside one process.
    static let all = everywhere.filter { Base.built.contains($0.base) }

    private static let everywhere =
        records + uniqueness + values + texts + queries + orders + massWrites + states + transactions + isolation
        + durability + damages + lifecycle + errors + limits + schemas + migrations

    /// Those whose answers to queries differ, wherever the question comes from.
    static let inAnswers = all.filter {
        [
            "null as false", "NOT IN drops nil", "limit before sort", "ties always ascending",
            "wildcards in text searches", "all text searches fold case",
        ].contains($0.description)
    }
}
