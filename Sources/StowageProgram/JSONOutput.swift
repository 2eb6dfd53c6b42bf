public import Stowage

/// One JSON document on standard output.
public enum JSONOutput {
    /// Prints a document, indented, with a line break at its end.
    public static func print(_ document: JSON) throws {
        try StandardStreams.write(document.pretty + [UInt8(ascii: "\n")])
    }
}
