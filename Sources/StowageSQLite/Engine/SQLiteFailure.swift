#if SQLite
internal import CSQLite
internal import Stowage

/// A result code of SQLite that is no success.
///
/// SQLite's own message is never shown: it can quote values (LIF-4). ``detail`` keeps it for constraints alone, from
/// which ``SQLiteTable`` reads the names of columns.
struct SQLiteFailure: Error {
    /// The extended code.
    let code: Int32
    /// The operating system's `errno` behind it, or zero.
    let systemError: Int32
    /// What a constraint's message says: table and column names only.
    let detail: String

    /// The code without its extension.
    var primaryCode: Int32 { code & 0xff }
    /// Whether another connection holds a lock that may be free in a moment.
    var isBusy: Bool { primaryCode == SQLITE_BUSY || primaryCode == SQLITE_LOCKED || code == Self.protocolRace }
    /// Whether a deadline or a cancellation stopped the statement.
    var isInterrupt: Bool { primaryCode == SQLITE_INTERRUPT }
    /// Whether the statement was refused by what the connection may do at the moment.
    var isDenied: Bool { primaryCode == SQLITE_AUTH }
    /// Whether the disk failed, so that nobody knows what it holds.
    var isInputOutput: Bool { primaryCode == SQLITE_IOERR }

    /// Whether a connection for reading alone met a journal that must be rolled back or read first.
    var needsRecovery: Bool { [Self.readOnlyRecovery, Self.readOnlyRollback].contains(code) }

    /// Many openers at once can exhaust SQLite's own attempts to read the WAL's header.
    private static let protocolRace = SQLITE_PROTOCOL

    /// The code as SQLite's documentation names it: `SQLITE_CONSTRAINT_UNIQUE (2067)`.
    var name: String {
        let known: [Int32: String] = [
            SQLITE_ERROR: "SQLITE_ERROR", SQLITE_PERM: "SQLITE_PERM", SQLITE_ABORT: "SQLITE_ABORT",
            SQLITE_BUSY: "SQLITE_BUSY", SQLITE_LOCKED: "SQLITE_LOCKED", SQLITE_NOMEM: "SQLITE_NOMEM",
            SQLITE_READONLY: "SQLITE_READONLY", SQLITE_INTERRUPT: "SQLITE_INTERRUPT", SQLITE_IOERR: "SQLITE_IOERR",
            SQLITE_CORRUPT: "SQLITE_CORRUPT", SQLITE_FULL: "SQLITE_FULL", SQLITE_CANTOPEN: "SQLITE_CANTOPEN",
            SQLITE_PROTOCOL: "SQLITE_PROTOCOL", SQLITE_SCHEMA: "SQLITE_SCHEMA", SQLITE_TOOBIG: "SQLITE_TOOBIG",
            SQLITE_CONSTRAINT: "SQLITE_CONSTRAINT", SQLITE_MISMATCH: "SQLITE_MISMATCH",
            SQLITE_MISUSE: "SQLITE_MISUSE", SQLITE_RANGE: "SQLITE_RANGE", SQLITE_AUTH: "SQLITE_AUTH",
            SQLITE_NOTADB: "SQLITE_NOTADB",
            Self.primaryKey: "SQLITE_CONSTRAINT_PRIMARYKEY", Self.unique: "SQLITE_CONSTRAINT_UNIQUE",
            Self.notNull: "SQLITE_CONSTRAINT_NOTNULL", Self.rowID: "SQLITE_CONSTRAINT_ROWID",
        ]
        return "\(known[code] ?? known[primaryCode] ?? "SQLITE") (\(code))"
    }

    // The macros of the extended codes are sums, which Swift does not import.
    static let readOnlyRecovery = SQLITE_READONLY | (1 << 8)
    static let readOnlyRollback = SQLITE_READONLY | (3 << 8)
    static let primaryKey = SQLITE_CONSTRAINT | (6 << 8)
    static let unique = SQLITE_CONSTRAINT | (8 << 8)
    static let notNull = SQLITE_CONSTRAINT | (5 << 8)
    static let rowID = SQLITE_CONSTRAINT | (10 << 8)

    /// The portable error, without what only a table knows of constraints.
    func storageError(path: String) -> StorageError {
        let place = StorageError.Place(path: path)
        let error =
            switch primaryCode {
            case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL:
                StorageError(.timeout, "another program holds a lock of the database")
            case SQLITE_INTERRUPT: StorageError.cancelledTask
            case SQLITE_FULL:
                StorageError(.storageFull, "the disk is full", advice: "Free some space; nothing was changed")
            case SQLITE_IOERR:
                StorageError(
                    .storageFull,
                    "reading or writing the database file failed",
                    advice: "Check the disk, then reopen"
                )
            case SQLITE_CORRUPT: StorageError(.corrupt, "the database file is damaged", advice: "Restore a backup")
            case SQLITE_NOTADB: StorageError(.corrupt, "the file is not a SQLite database")
            case SQLITE_READONLY: StorageError(.readOnly, "the database cannot be written")
            case SQLITE_PERM: StorageError(.permission, "the system denies access to the database file")
            case SQLITE_CANTOPEN: cannotOpen(path)
            case SQLITE_TOOBIG: StorageError(.invalidValue, "a value or a statement is larger than SQLite takes")
            case SQLITE_MISMATCH: StorageError(.corrupt, "a stored value is not of its field's type")
            case SQLITE_CONSTRAINT: StorageError(.constraint, "a constraint of the table refuses the record")
            case SQLITE_NOMEM: StorageError(.unavailable, "SQLite has no memory left")
            case SQLITE_ERROR where detail.utf8.starts(with: "no such table".utf8):
                StorageError(.notFound, "a table of the schema is missing")
            case SQLITE_ERROR where detail.utf8.starts(with: "no such column".utf8):
                StorageError(.schemaMismatch, "a column of the schema is missing")
            default: StorageError(.unsupported, "SQLite refuses the statement")
            }
        return error.from(StorageError.BackendCode(name)).at(place)
    }

    private func cannotOpen(_ path: String) -> StorageError {
        switch systemError {
        case SystemError.noEntry where SQLiteFile.size(path) > 0:
            StorageError(
                .permission,
                "the files that SQLite needs beside the database cannot be made",
                advice: "Allow writing the folder of the database"
            )
        case SystemError.noEntry: StorageError(.notFound, "the database file does not exist", advice: "Check the path")
        case SystemError.denied, SystemError.notPermitted:
            StorageError(.permission, "the system denies access to the database file")
        case SystemError.readOnlyFileSystem: StorageError(.readOnly, "the file system is read-only")
        case SystemError.noSpace: StorageError(.storageFull, "the disk is full")
        default: StorageError(.unavailable, "the database file cannot be opened", isRetryable: false)
        }
    }
}
#endif
