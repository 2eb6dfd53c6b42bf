/// Work that was not done because of some records: each of them is named, and nothing was changed.
public protocol RecordsRefused: Error, CustomStringConvertible {
    /// What kind of trouble it is.
    var code: StorageError.Code { get }
    /// What happened in one line.
    var message: String { get }
    /// What can be done about it.
    var advice: String { get }
    /// A line for each record: which, where, and why, without any value.
    var refusalLines: [String] { get }
}

extension RecordsRefused {
    /// All lines.
    public var description: String {
        "\(code): \(message)\n" + refusalLines.map { "  \($0)\n" }.joined() + advice
    }
}
