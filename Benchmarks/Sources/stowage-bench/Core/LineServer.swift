import Foundation

/// A program that does a piece of work for each line it reads, and answers a figure on a line: so a peer's start-up
/// stays out of what is measured, and it takes turns with us.
final class LineServer: Sendable {
    private let process: Process
    private let input: FileHandle
    private let output: FileHandle

    init(_ path: String, _ arguments: [String]) throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        self.input = input.fileHandleForWriting
        self.output = output.fileHandleForReading
        try process.run()
    }

    /// The figure that the program answers to a line.
    func ask(_ line: String) throws -> Double {
        try input.write(contentsOf: Data((line + "\n").utf8))
        var answer: [UInt8] = []
        while true {
            let byte = try output.read(upToCount: 1) ?? Data()
            guard let first = byte.first else { throw BenchmarkFailure("the peer of \(line) ended") }
            if first == 10 { break }
            answer.append(first)
        }
        let text = String(decoding: answer, as: UTF8.self)
        guard let figure = Double(text) else { throw BenchmarkFailure("the peer of \(line) said: \(text)") }
        return figure
    }

    func stop() {
        try? input.close()
        process.waitUntilExit()
    }
}
