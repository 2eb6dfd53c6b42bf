internal import Stowage

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The answer goes to standard output, everything else to standard error, so that a pipe receives the answer alone.
public enum StandardStreams {
    /// Writes the answer.
    ///
    /// - Throws: `storageFull` when it cannot be written: an answer that is lost is no success.
    public static func print(_ text: String) throws { try write(Array((text + "\n").utf8)) }

    /// Writes the answer as bytes.
    public static func write(_ bytes: [UInt8]) throws {
        try FileBytes.write(bytes, descriptor: STDOUT_FILENO, path: "standard output")
    }

    /// Writes a message beside the answer. When it cannot be written there is nobody to tell.
    public static func note(_ text: String) {
        try? FileBytes.write(Array((text + "\n").utf8), descriptor: STDERR_FILENO, path: "standard error")
    }

    /// Shows how far a long command is, in the place of what was shown before; only for a terminal.
    public static func progress(_ text: String) {
        try? FileBytes.write(Array("\r\u{1b}[K\(text)".utf8), descriptor: STDERR_FILENO, path: "standard error")
    }

    /// Whether standard error is a terminal, where progress may be shown.
    public static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Whether a person watches standard output.
    public static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Everything on standard input.
    public static func read() throws -> [UInt8] {
        try FileBytes.read(descriptor: STDIN_FILENO, path: "standard input")
    }

    /// Whether standard input is a terminal, where somebody would have to type.
    public static var inputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }
}
