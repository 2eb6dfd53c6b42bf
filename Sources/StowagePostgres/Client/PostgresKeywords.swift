#if Postgres
internal import Stowage

/// The connection keywords whose values are one of a few words, or a number.
///
/// libpq looks at them only when it connects, and its refusal cannot be told from a server that is away; a misspelled
/// setting must be named before that (`configuration`). From libpq's manual, "Parameter Key Words"; values that a newer
/// libpq takes are listed too, and refused by an older one when it connects.
enum PostgresKeywords {
    private static let words: [String: Set<String>] = [
        "sslmode": ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
        "sslnegotiation": ["postgres", "direct"],
        "sslcompression": ["0", "1"],
        "sslsni": ["0", "1"],
        "channel_binding": ["disable", "prefer", "require"],
        "gssencmode": ["disable", "prefer", "require"],
        "target_session_attrs": ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"],
        "load_balance_hosts": ["disable", "random"],
        "keepalives": ["0", "1"],
    ]
    private static let numbers: Set<String> = [
        "connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
    ]

    /// Refuses a value that no libpq takes; the value is not quoted, since a slip may have put a secret there.
    static func check(_ settings: [String: String]) throws {
        for (keyword, value) in settings.sorted(by: { $0.key < $1.key }) where !value.isEmpty {
            if let accepted = words[keyword], !accepted.contains(value) {
                throw refusal(keyword, "one of \(accepted.sorted().joined(separator: ", "))")
            }
            if numbers.contains(keyword), Int32(value.trimmingSpaces) == nil {
                throw refusal(keyword, "a whole number")
            }
        }
        for port in (settings["port"] ?? "").split(separator: ",") {
            guard let number = Int(port), (1...65535).contains(number) else {
                throw refusal("port", "a number from 1 to 65535 for each host")
            }
        }
    }

    private static func refusal(_ keyword: String, _ accepted: String) -> StorageError {
        StorageError(
            .configuration,
            "the value of \(keyword) in the Postgres URL is not understood",
            advice: "Write \(accepted)"
        )
    }
}

extension String {
    fileprivate var trimmingSpaces: Substring {
        let start = drop { $0 == " " }
        return start.lastIndex { $0 != " " }.map { start[...$0] } ?? start
    }
}
#endif
