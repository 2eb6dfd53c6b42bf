/// The URL of a server: `scheme://user:password@host:port,host:port/database?parameter=value`.
///
/// It is read as libpq reads it. ``text`` holds the password; everything that prints shows stars in its place (LIF-4).
public struct ConnectionURL: Sendable, Hashable {
    /// The URL as it was given, credentials and all: for the driver alone.
    public let text: String
    /// The scheme, in lower case.
    public let scheme: String
    /// The user, decoded.
    public let user: String?
    /// Whether there is a password, in its own place or as a parameter.
    public let hasPassword: Bool
    /// The hosts, in order; empty when none is named.
    public let hosts: [Host]
    /// The database, decoded.
    public let database: String?
    /// The parameters, decoded, in order.
    public let parameters: [Parameter]

    /// One of several servers.
    public struct Host: Sendable, Hashable {
        /// The name, the address without its brackets, or a socket's folder; empty for the default.
        public let name: String
        /// The port.
        public let port: Int?
    }

    /// A parameter of the query.
    public struct Parameter: Sendable, Hashable {
        /// Its name.
        public let name: String
        /// Its value. It may be a secret: see ``isSecret``.
        public let value: String
        /// Whether it must not be shown.
        public var isSecret: Bool { ConnectionURL.mayHoldSecret(name) || ConnectionURL.mayHoldSecret(value) }
    }

    /// Whether a name or a value speaks of a credential, as `sslpassword` and `host=x password=y` do.
    static func mayHoldSecret(_ text: String) -> Bool {
        let lower = text.lowercased()
        return ["password", "passwd", "passphrase", "secret", "token", "credential"].contains { lower.contains($0) }
    }
}

extension ConnectionURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The URL with stars in the place of every credential.
    public var description: String {
        var result = "\(scheme)://"
        if let user {
            result += Self.mayHoldSecret(user) ? "****" : Self.encoded(user)
            if hasPassword { result += ":****" }
            result += "@"
        } else if hasPassword {
            result += ":****@"
        }
        result += hosts.map { host in
            let name = host.name.utf8.contains(UInt8(ascii: ":")) ? "[\(host.name)]" : Self.encoded(host.name)
            return host.port.map { "\(name):\($0)" } ?? name
        }.joined(separator: ",")
        if let database { result += "/" + (Self.mayHoldSecret(database) ? "****" : Self.encoded(database)) }
        for (index, parameter) in parameters.enumerated() {
            let value = parameter.isSecret ? "****" : Self.encoded(parameter.value)
            result += (index == 0 ? "?" : "&") + "\(Self.encoded(parameter.name))=\(value)"
        }
        return result
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror that shows no more than ``description``.
    public var customMirror: Mirror { Mirror(self, children: ["url": description], displayStyle: .struct) }

    /// A part as it stands in a URL; only what would be read as something else is escaped.
    private static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            let isReserved = byte <= 0x20 || byte == 0x7f || "%:@/?&=,[]#".utf8.contains(byte)
            if isReserved {
                let digits = Array("0123456789ABCDEF".utf8)
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
