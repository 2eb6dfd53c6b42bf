internal import Stowage

/// Files that a command line names.
public enum FileArguments {
    /// The content of a file, or of standard input for `-`.
    ///
    /// - Returns: The bytes, and what to call them in messages.
    /// - Throws: `notFound`, `permission`, `corrupt` for a directory, `storageFull` when reading fails.
    public static func read(_ name: String) throws -> (bytes: [UInt8], source: String) {
        if name == "-" { return (try StandardStreams.read(), "standard input") }
        return (try FileBytes.read(name), name)
    }

    /// Writes a file that only its owner can read, whole or not at all; or to standard output for nil and `-`.
    ///
    /// - Throws: `alreadyExists` when the file exists and may not be replaced; as ``read(_:)``.
    public static func write(_ bytes: [UInt8], to name: String?, replacing: Bool) throws {
        guard let name, name != "-" else { return try StandardStreams.write(bytes) }
        try FileBytes.write(bytes, to: name, replacing: replacing)
    }
}
