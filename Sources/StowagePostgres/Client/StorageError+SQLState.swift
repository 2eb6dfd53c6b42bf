#if Postgres
internal import CLibPQ
internal import Stowage

/// From the server's error codes to ours.
///
/// The server's own message is never read: it quotes values, and its language is the server's (LIF-4). The code, and
/// the names of the constraint, the table and the column, say enough.
extension StorageError {
    /// The error of a failed statement.
    ///
    /// - Parameters:
    ///   - result: A result whose status is an error.
    ///   - commits: Whether losing the answer leaves open what happened (TXN-5).
    ///   - isLast: Whether it is the statement that commits. When the server reports the failure of one before it,
    ///     even as its last word, nothing was committed.
    init(failed result: OpaquePointer, commits: Bool, isLast: Bool = true) {
        func field(_ code: Int32) -> String? { PQresultErrorField(result, code).map { String(cString: $0) } }
        guard let state = field(Int32(UInt8(ascii: "C"))) else {
            self = commits ? .lostDuringCommit : .lostConnection
            return
        }
        let constraint = field(Int32(UInt8(ascii: "n")))
        let column = field(Int32(UInt8(ascii: "c")))
        let table = field(Int32(UInt8(ascii: "t")))
        self = StorageError(sqlState: state, commits: commits && isLast)
            .from(BackendCode(state, constraint: constraint))
            .inField(column)
        if let table { self = at(Place(table: table)) }
    }

    /// The portable error for a five-letter code (PostgreSQL documentation, appendix A).
    init(sqlState state: String, commits: Bool = false) {
        if let error = Self.named[state] {
            self = StorageError(error.code, error.message, advice: error.advice, isRetryable: error.isRetryable)
        } else if let error = Self.classes[String(state.prefix(2))] {
            self = StorageError(error.code, error.message, advice: error.advice, isRetryable: error.isRetryable)
        } else {
            self = StorageError(.unavailable, "the database server reported an error", isRetryable: false)
        }
        // The server ended in the middle of the commit: nobody has said whether it took place.
        if commits, code == .unavailable { self = .lostDuringCommit }
    }

    /// The connection ended before the answer came.
    static var lostConnection: StorageError {
        StorageError(.unavailable, "the connection to the database server was lost", advice: "Try again")
    }

    /// The same, while the server was committing.
    static var lostDuringCommit: StorageError {
        StorageError(
            .commitUnknown,
            "the connection to the database server was lost during a commit",
            advice: "Read the records to see whether the change took place before repeating it"
        )
    }

    private struct Meaning: Sendable {
        var code: Code
        var message: String
        var advice: String?
        var isRetryable: Bool?

        init(_ code: Code, _ message: String, _ advice: String? = nil, retryable: Bool? = nil) {
            self.code = code
            self.message = message
            self.advice = advice
            self.isRetryable = retryable
        }
    }

    private static let named: [String: Meaning] = [
        "08P01": Meaning(.invalidArgument, "the statement and its parameters do not fit together"),
        "22P05": Meaning(.invalidValue, "a text has a character that the database's encoding lacks"),
        "22021": Meaning(.invalidValue, "a text has a character that Postgres does not store, such as U+0000"),
        "23502": Meaning(.invalidValue, "a required column has no value"),
        "23505": Meaning(.constraint, "another row has this value in a unique column"),
        "23514": Meaning(.constraint, "a value breaks a check of its table"),
        "P0001": Meaning(.constraint, "a trigger or a function of the database refuses the write"),
        "25006": Meaning(.readOnly, "the database server or the transaction takes no writes"),
        "25P02": Meaning(.invalidArgument, "the transaction has failed already and can only be rolled back"),
        "26000": Meaning(.unavailable, "the server has forgotten a prepared statement"),
        "3D000": Meaning(.notFound, "the database does not exist", "Create it, or correct the name in the URL"),
        "3F000": Meaning(.notFound, "the schema does not exist in the database"),
        "40001": Meaning(.conflict, "the transaction could not be put in an order with others", "Try again"),
        "40002": Meaning(.constraint, "the transaction breaks a constraint", retryable: false),
        "40003": Meaning(.commitUnknown, "the server does not know whether the statement took place"),
        "40P01": Meaning(.conflict, "the transaction and another waited for each other", "Try again"),
        "42501": Meaning(.permission, "the database role lacks a privilege"),
        "42P01": Meaning(.schemaMismatch, "a table does not exist", "Create the schema first"),
        "42703": Meaning(.schemaMismatch, "a column does not exist", "Bring the schema up to date"),
        "42P07": Meaning(.schemaMismatch, "a table or index of this name exists already"),
        "42P06": Meaning(.schemaMismatch, "a schema of this name exists already"),
        "42701": Meaning(.schemaMismatch, "a column of this name exists already"),
        "42710": Meaning(.schemaMismatch, "an object of this name exists already"),
        "42804": Meaning(.schemaMismatch, "a column has another type than expected"),
        "42883": Meaning(.schemaMismatch, "a function or operator does not exist for these types"),
        "53100": Meaning(.storageFull, "the database server's disk is full"),
        "53200": Meaning(.storageFull, "the database server is out of memory"),
        "53300": Meaning(.unavailable, "the database server has no connection left", "Lower the pool size"),
        "54000": Meaning(.invalidValue, "a value is larger than a limit of the database, such as that of an index"),
        "54001": Meaning(.invalidArgument, "the statement is nested too deeply"),
        "55P03": Meaning(.timeout, "the server waited too long for a lock"),
        "55006": Meaning(.conflict, "the object is in use"),
        "57014": Meaning(.timeout, "the server ended the statement, by its own time limit or an administrator's wish"),
        "57P04": Meaning(.notFound, "the database was dropped"),
        "58030": Meaning(.storageFull, "the database server could not read or write its files"),
        "58P01": Meaning(.corrupt, "a file of the database server is missing"),
        "XX001": Meaning(.corrupt, "the database server found damaged data"),
        "XX002": Meaning(.corrupt, "the database server found a damaged index"),
    ]

    private static let classes: [String: Meaning] = [
        "08": Meaning(.unavailable, "the connection to the database server was lost", "Try again"),
        "0A": Meaning(.unsupported, "the database server does not support this"),
        "22": Meaning(.invalidValue, "a value does not fit its column or operation"),
        "23": Meaning(.constraint, "a value breaks a constraint"),
        "25": Meaning(.invalidArgument, "the statement does not fit the state of its transaction"),
        "28": Meaning(.permission, "the database server refused the role or its password"),
        "40": Meaning(.conflict, "the transaction was rolled back by the server", "Try again"),
        "42": Meaning(.invalidArgument, "the database server refused the statement"),
        "53": Meaning(.unavailable, "the database server lacks a resource"),
        "54": Meaning(.invalidArgument, "the statement exceeds a limit of the database server"),
        "57": Meaning(.unavailable, "the database server is starting, stopping or ended the connection", "Try again"),
        "58": Meaning(.unavailable, "the database server's operating system reported an error", retryable: false),
    ]
}
#endif
