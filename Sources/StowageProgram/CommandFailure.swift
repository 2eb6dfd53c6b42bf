internal import Stowage

/// A command's own end: a status and a message, as for an absent record.
public struct CommandFailure: Error, Sendable {
    /// The status with which the program ends.
    public let status: Int32
    /// What happened.
    public let message: String
    /// What to do next.
    public let advice: String?

    /// Makes an end.
    public init(status: Int32, _ message: String, advice: String? = nil) {
        self.status = status
        self.message = message
        self.advice = advice
    }
}

/// What a program says about an error, and how it ends.
public struct ErrorReport: Sendable {
    /// The lines for standard error.
    public let lines: [String]
    /// The status.
    public let status: Int32

    /// How many lines about single records a terminal gets.
    public static let linesOnTerminal = 50

    /// Describes an error: what happened and where, then what to do next.
    ///
    /// - Parameter limit: The most lines about single records; those that are left out are counted.
    public init(
        _ error: any Error,
        program: String,
        limit: Int? = StandardStreams.errorIsTerminal ? linesOnTerminal : nil
    ) {
        switch error {
        case let error as StorageError:
            status = error.code.exitStatus
            // The advice of an error is its last part; on a line of its own it is found at once.
            let whole = error.advising(nil).description
            lines = ["\(program): \(whole)"] + (error.advice.map { ["  \($0)."] } ?? [])
        case let error as any RecordsRefused:
            status = error.code.exitStatus
            let all = error.refusalLines
            let shown = all.prefix(limit ?? all.count)
            lines =
                ["\(program): \(error.code): \(error.message)"] + shown.map { "  " + TextTable.printable($0) }
                + (all.count > shown.count ? ["  and \(all.count - shown.count) more"] : []) + ["  \(error.advice)."]
        case let error as CommandFailure:
            status = error.status
            lines = ["\(program): \(error.message)"] + (error.advice.map { ["  \($0)."] } ?? [])
        case is CancellationError:
            status = ExitStatus.cancelled
            lines = ["\(program): cancelled: the command was interrupted"]
        default:
            status = ExitStatus.software
            // The text of a foreign error may quote values; its type tells where it came from.
            lines = ["\(program): an unexpected error of the type \(type(of: error))"]
        }
    }
}
