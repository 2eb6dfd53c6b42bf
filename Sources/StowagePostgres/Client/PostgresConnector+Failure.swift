#if Postgres
internal import CLibPQ
internal import Stowage

extension PostgresConnector {
    /// Says in our own words why there is no connection.
    ///
    /// libpq's text may quote what the URL contains, so it is only searched for known signs and never shown.
    static func explain(
        _ connection: OpaquePointer,
        _ endpoint: PostgresEndpoint,
        isConnected: Bool
    ) -> StorageError {
        let text = PQerrorMessage(connection).map { String(cString: $0) } ?? ""
        // A server that ends the session meanwhile says nothing about the statements.
        let isEnded =
            PQstatus(connection) == CONNECTION_BAD
            || sqlState(in: text).map { StorageError(sqlState: $0).code == .unavailable } ?? false
        if isConnected, !isEnded {
            return StorageError(.configuration, "the statements that prepare each connection failed on \(endpoint)")
                .from(sqlState(in: text).map { .init($0) })
        }
        if let state = sqlState(in: text) {
            let error = StorageError(sqlState: state)
            return StorageError(
                error.code,
                "\(error.message) (\(endpoint))",
                advice: error.advice ?? advice(for: error.code),
                isRetryable: error.isRetryable
            ).from(.init(state))
        }
        if PQconnectionNeedsPassword(connection) == 1 {
            return StorageError(
                .permission,
                "the database server asks for a password and none was given (\(endpoint))",
                advice: advice(for: .permission)
            )
        }
        for (sign, reason, advice) in signs where text.contains(sign) {
            return StorageError(.unavailable, "\(reason) (\(endpoint))", advice: advice)
        }
        return StorageError(
            .unavailable,
            "no connection to the database server (\(endpoint))",
            advice: "See that the server runs and that the host and port in the URL are right"
        )
    }

    private static func advice(for code: StorageError.Code) -> String? {
        code == .permission ? "Correct the user and the password in the URL" : nil
    }

    private static let signs: [(String, String, String)] = [
        ("could not translate host name", "the host's name cannot be resolved", "Correct the host in the URL"),
        ("Connection refused", "the database server refused the connection", "See that it runs on this port"),
        ("is read-only", "no server that takes writes", "To read a standby, name target_session_attrs in the URL"),
        ("hot standby", "no server that takes writes", "To read a standby, name target_session_attrs in the URL"),
        ("certificate", "the server's certificate was not accepted", "Correct sslmode and sslrootcert in the URL"),
        ("SSL", "no encrypted connection could be agreed on", "Correct sslmode in the URL"),
        ("timeout expired", "the database server did not answer in time", "See that the host can be reached"),
        ("invalid port", "the port in the URL is not a number from 1 to 65535", "Correct the URL"),
    ]

    /// The last five-letter code in a text that libpq wrote with `PQERRORS_SQLSTATE`: `FATAL:  28P01`.
    ///
    /// The word before it ends with a colon, in every language; that tells it from a port number.
    static func sqlState(in text: String) -> String? {
        let words = text.split(whereSeparator: \.isWhitespace)
        for (before, word) in zip(words, words.dropFirst()).reversed() where before.hasSuffix(":") {
            if word.utf8.count == 5, word.utf8.allSatisfy({ (48...57).contains($0) || (65...90).contains($0) }) {
                return String(word)
            }
        }
        return nil
    }
}
#endif
