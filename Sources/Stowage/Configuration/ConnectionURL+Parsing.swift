extension ConnectionURL {
    /// Why a text is no such URL; none of the text is part of it.
    struct Refusal: Error {
        let problem: String
        let accepted: String

        init(_ problem: String, _ accepted: String = "Write scheme://user@host:port/database?parameter=value") {
            self.problem = problem
            self.accepted = accepted
        }
    }

    /// Reads a URL as `conninfo_uri_parse_options` of libpq does, so that what is masked is what libpq takes for a
    /// password.
    ///
    /// - Parameter accepted: The names of the parameters that the backend knows.
    init(_ text: String, parameters accepted: Set<String>) throws(Refusal) {
        let all = Array(text.utf8)
        guard let colon = all.firstIndex(of: UInt8(ascii: ":")), all[colon...].starts(with: "://".utf8) else {
            throw Refusal("is no URL")
        }
        if all.contains(0x20) || all.contains(0x0a) { throw Refusal("holds a space", "Write %20 for it") }
        self.text = text
        scheme = String(decoding: all[..<colon], as: UTF8.self).lowercased()
        var rest = all[(colon + 3)...]

        // The user ends at the first @ that comes before any slash.
        var password: String?
        let authorityEnd = rest.firstIndex { $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "/") }
        if let end = authorityEnd, rest[end] == UInt8(ascii: "@") {
            let parts = rest[..<end].split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
            let name = try Self.decoded(parts[0], "the user")
            user = name.isEmpty ? nil : name
            password = parts.count > 1 ? try Self.decoded(parts[1], "the password") : nil
            rest = rest[(end + 1)...]
        } else {
            user = nil
        }
        let query = rest.firstIndex(of: UInt8(ascii: "?"))
        let parameters =
            try query.map { mark throws(Refusal) in
                try Self.parameters(rest[(mark + 1)...], accepted)
            } ?? []
        rest = rest[..<(query ?? rest.endIndex)]
        let slash = rest.firstIndex(of: UInt8(ascii: "/"))
        let name = try slash.map { slash throws(Refusal) in try Self.decoded(rest[(slash + 1)...], "the database") }
        database = name.flatMap { $0.isEmpty ? nil : $0 }
        hosts = try Self.hosts(rest[..<(slash ?? rest.endIndex)])
        self.parameters = parameters
        hasPassword = password != nil || parameters.contains { $0.isSecret }
    }

    private static func hosts(_ text: ArraySlice<UInt8>) throws(Refusal) -> [Host] {
        if text.isEmpty { return [] }
        var hosts: [Host] = []
        for part in text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            var name = part
            var port: ArraySlice<UInt8>?
            if part.first == UInt8(ascii: "[") {
                guard let end = part.firstIndex(of: UInt8(ascii: "]")) else {
                    throw Refusal("has an address without its closing bracket")
                }
                name = part[(part.startIndex + 1)..<end]
                let after = part[(end + 1)...]
                guard after.isEmpty || after.first == UInt8(ascii: ":") else {
                    throw Refusal("has more than a port after an address in brackets")
                }
                port = after.isEmpty ? nil : after.dropFirst()
            } else if let colon = part.firstIndex(of: UInt8(ascii: ":")) {
                name = part[..<colon]
                port = part[(colon + 1)...]
            }
            hosts.append(Host(name: try decoded(name, "a host"), port: try port.flatMap(Self.port)))
        }
        return hosts
    }

    private static func port(_ text: ArraySlice<UInt8>) throws(Refusal) -> Int? {
        if text.isEmpty { return nil }
        guard let port = SettingText.digits(String(decoding: text, as: UTF8.self)[...]), 1...65535 ~= port else {
            throw Refusal(
                "has a port that is no number from 1 to 65535",
                "Write host:port; a / or @ in a password is written %2F or %40"
            )
        }
        return port
    }

    private static func parameters(
        _ text: ArraySlice<UInt8>,
        _ accepted: Set<String>
    ) throws(Refusal) -> [Parameter] {
        if text.isEmpty { return [] }
        var result: [Parameter] = []
        for part in text.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) {
            let sides = part.split(separator: UInt8(ascii: "="), omittingEmptySubsequences: false)
            let name = try decoded(sides[0], "a parameter")
            guard accepted.contains(name) else { throw .unknown(name, accepted) }
            guard sides.count == 2 else {
                throw Refusal(
                    "has a parameter \(StorageError.quoted(name)) that is not name=value",
                    "Write = in a value as %3D"
                )
            }
            result.append(Parameter(name: name, value: try decoded(sides[1], "a parameter")))
        }
        return result
    }

    private static func decoded(_ text: some Collection<UInt8>, _ what: String) throws(Refusal) -> String {
        guard let text = PercentCoding.decode(text) else {
            throw Refusal(
                "has a broken percent escape in \(what)",
                "Write % itself as %25, and two digits after any other"
            )
        }
        return text
    }
}

extension ConnectionURL.Refusal {
    /// A parameter that the backend does not have. Its name is shown only when it is a plain word.
    static func unknown(_ name: String, _ accepted: Set<String>) -> Self {
        let isPlain =
            name.utf8.count <= 40 && !name.isEmpty
            && name.utf8.allSatisfy { 0x61...0x7a ~= $0 | 0x20 || 0x30...0x39 ~= $0 || $0 == UInt8(ascii: "_") }
        let shown = isPlain ? " \(StorageError.quoted(name))" : ""
        let names = accepted.sorted().joined(separator: ", ")
        return Self(
            "has an unknown parameter\(shown)",
            accepted.isEmpty ? "It takes none; write ? in a path as %3F" : "The parameters are: \(names)"
        )
    }
}
