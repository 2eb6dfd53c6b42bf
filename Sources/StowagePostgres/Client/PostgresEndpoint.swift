#if Postgres
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif
internal import CLibPQ
internal import Stowage

/// Where a database is, as libpq reads it from a URL or from `key=value` words.
///
/// libpq's own parser decides, so everything it knows works: several hosts, TLS, service and password files. The
/// password stays inside ``settings``, which no description shows.
package struct PostgresEndpoint: Sendable, CustomStringConvertible, CustomReflectable {
    /// libpq's keywords and their values, credentials among them.
    let settings: [String: String]

    /// Reads a URL.
    ///
    /// Throws `configuration` for one that libpq does not understand, and where libpq is not installed; the text does not
    /// quote it, since what could not be read may be the password.
    package init(url: String) throws {
        try LibPQ.load()
        guard let options = PQconninfoParse(url, nil) else {
            throw StorageError(
                .configuration,
                "the Postgres URL cannot be read",
                advice: "Write postgresql://user:password@host:port/database, special characters percent-encoded"
            )
        }
        defer { PQconninfoFree(options) }
        var settings: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { settings[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        try PostgresKeywords.check(settings)
        // Text is UTF-8 both ways, whatever the environment says.
        settings["client_encoding"] = "UTF8"
        settings["fallback_application_name"] = "stowage"
        // A standby may lag behind: it is read only when asked for by name (TXN-4).
        if settings["target_session_attrs"] == nil, getenv("PGTARGETSESSIONATTRS") == nil {
            settings["target_session_attrs"] = "read-write"
        }
        self.settings = settings
    }

    private init(settings: [String: String]) { self.settings = settings }

    /// Hosts, ports and the database's name; never the role or its password.
    package var description: String {
        let hosts = hosts.map { host in
            let name = host.name ?? host.address ?? "the default host"
            return host.port.map { "\(name):\($0)" } ?? name
        }
        let place = hosts.joined(separator: ", ")
        return settings["dbname"].map { "\(place), database \($0)" } ?? place
    }

    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }

    // MARK: Several hosts

    struct Host: Equatable {
        var name: String?
        var address: String?
        var port: String?
    }

    /// The hosts in the order in which they are tried.
    var hosts: [Host] {
        func list(_ key: String) -> [String] {
            settings[key].map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) } ?? []
        }
        let (names, addresses, ports) = (list("host"), list("hostaddr"), list("port"))
        return (0..<max(names.count, addresses.count, 1)).map { index in
            let port = ports.count == 1 ? ports[0] : index < ports.count ? ports[index] : nil
            return Host(
                name: index < names.count && !names[index].isEmpty ? names[index] : nil,
                address: index < addresses.count && !addresses[index].isEmpty ? addresses[index] : nil,
                port: port.flatMap { $0.isEmpty ? nil : $0 }
            )
        }
    }

    /// The same database without the first hosts, which did not answer in time; `nil` when none is left.
    func dropping(_ count: Int) -> PostgresEndpoint? {
        let left = hosts.dropFirst(count)
        guard !left.isEmpty else { return nil }
        var settings = settings
        if settings["host"] != nil { settings["host"] = left.map { $0.name ?? "" }.joined(separator: ",") }
        if settings["hostaddr"] != nil { settings["hostaddr"] = left.map { $0.address ?? "" }.joined(separator: ",") }
        if settings["port"] != nil { settings["port"] = left.map { $0.port ?? "" }.joined(separator: ",") }
        return PostgresEndpoint(settings: settings)
    }
}
#endif
