import Foundation

/// The resident memory of this process, as the kernel counts it.
enum Memory {
    /// How far the resident memory rises above its present size while a body runs, in bytes.
    static func growth(_ body: () async throws -> Void) async throws -> Double {
        // 5 resets the high-water mark.
        try "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .ascii)
        let before = try read("VmRSS")
        try await body()
        return Double(try read("VmHWM") - before)
    }

    private static func read(_ name: String) throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name + ":") }),
            let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
        else { throw BenchmarkFailure("/proc/self/status has no \(name)") }
        return kilobytes * 1024
    }
}
