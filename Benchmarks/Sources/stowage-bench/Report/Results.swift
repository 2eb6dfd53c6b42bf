import Foundation

/// What `--json` writes: the machine, and the figures of each row, ours and the peers' in turn.
struct Results: Codable {
    var machine: Machine
    var results: [RowResult]
}

struct RowResult: Codable, Sendable {
    struct Peer: Codable, Sendable {
        var name: String
        var unit: String
        var what: String
        var runs: [Double]
    }

    var name: String
    var unit: String
    var what: String
    /// Whether a small figure is a good one.
    var isCost: Bool
    var runs: [Double]
    var peers: [Peer]

    /// The median over the pairs of ours divided by the peer's.
    func ratio(to peer: Peer) -> Double { median(zip(runs, peer.runs).map { $0 / $1 }) }
}

struct Machine: Codable {
    var system: String
    var processor: String
    var cores: Int
    var memoryGB: Int
    var sqlite: String
    var postgres: String
    var date: String

    init(sqlite: String, postgres: String) {
        self.sqlite = sqlite
        self.postgres = postgres
        let cpu = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = cpu.split(separator: "\n").first { $0.hasPrefix("model name") }
        processor = model?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
        system = ProcessInfo.processInfo.operatingSystemVersionString
        cores = ProcessInfo.processInfo.activeProcessorCount
        memoryGB = Int((Double(ProcessInfo.processInfo.physicalMemory) / 1_073_741_824).rounded())
        date = Date.now.formatted(.iso8601)
    }
}

func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
