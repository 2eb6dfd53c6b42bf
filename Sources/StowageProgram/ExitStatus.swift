public import Stowage

/// How a program ends: the codes of `sysexits.h`, as shell scripts know them.
///
/// | status | meaning |
/// |---|---|
/// | 0 | done |
/// | 1 | the answer is no: an absent record |
/// | 64 | usage, `invalidArgument`, `unsupported` |
/// | 65 | `corrupt`, `schemaMismatch`, `invalidValue`, `constraint`, a directory where the file should be |
/// | 66 | an absent source |
/// | 69 | `unavailable` |
/// | 70 | `closed`, and errors of the program itself |
/// | 73 | `alreadyExists`, would overwrite |
/// | 74 | `storageFull`, input and output |
/// | 75 | `timeout`, `conflict` |
/// | 76 | `commitUnknown` |
/// | 77 | `readOnly`, `permission`, a wrong password |
/// | 78 | `configuration` |
/// | 130 | `cancelled` |
public enum ExitStatus {
    /// The answer is no.
    public static let no: Int32 = 1
    /// The command line makes no sense.
    public static let usage: Int32 = 64
    /// An error that no code stands for.
    public static let software: Int32 = 70
    /// Interrupted.
    public static let cancelled: Int32 = 130
}

extension StorageError.Code {
    /// The status with which a program ends after an error of this code; see ``ExitStatus``.
    public var exitStatus: Int32 {
        switch self {
        case .invalidArgument, .unsupported: ExitStatus.usage
        case .corrupt, .schemaMismatch, .invalidValue, .constraint: 65
        case .notFound: 66
        case .unavailable: 69
        case .closed: ExitStatus.software
        case .alreadyExists: 73
        case .storageFull: 74
        case .timeout, .conflict: 75
        case .commitUnknown: 76
        case .readOnly, .permission: 77
        case .configuration: 78
        case .cancelled: ExitStatus.cancelled
        default: ExitStatus.software
        }
    }
}
