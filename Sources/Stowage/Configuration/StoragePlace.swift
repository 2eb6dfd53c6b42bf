/// Where the store of a chosen backend is, resolved.
struct StoragePlace: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case file(String)
        case server(ConnectionURL)
        case nowhere
    }
    let kind: Kind
    /// The parameters of a file's URL.
    let parameters: [String: String]

    init(_ kind: Kind, parameters: [String: String] = [:]) {
        self.kind = kind
        self.parameters = parameters
    }

    /// Whether both name one place: `postgres` and `postgresql` are two schemes for the same.
    func isSame(as other: StoragePlace) -> Bool {
        guard case .server(let left) = kind, case .server(let right) = other.kind else { return self == other }
        return left.text.utf8.dropFirst(left.scheme.utf8.count)
            .elementsEqual(right.text.utf8.dropFirst(right.scheme.utf8.count))
    }

    /// The place, fit to be shown.
    var description: String {
        switch kind {
        case .file(let path): path
        case .server(let url): url.description
        case .nowhere: "nowhere"
        }
    }
}

extension StorageBackend {
    /// The scheme of a text that is a URL, in lower case; nil when it is none.
    static func scheme(of text: String) -> String? {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let scheme = text.utf8[..<colon]
        guard let first = scheme.first, 0x61...0x7a ~= first | 0x20,
            scheme.allSatisfy({
                0x61...0x7a ~= $0 | 0x20 || 0x30...0x39 ~= $0 || "+-.".utf8.contains($0)
            })
        else { return nil }
        return String(decoding: scheme, as: UTF8.self).lowercased()
    }

    /// The place that a URL names, whose scheme is one of this backend's.
    func place(ofURL found: FoundSetting, in folders: UserFolders, from folder: String?) throws -> StoragePlace {
        switch place {
        case .server(_, let parameters): return try server(found, parameters())
        case .file(_, _, let parameters): return try file(ofURL: found, folders, folder, parameters)
        case .nowhere:
            guard found.text.utf8.last == UInt8(ascii: ":") else {
                throw found.refusal("names a place, and the backend \(name) has none", accepted: "Write \(urlForm)")
            }
            return StoragePlace(.nowhere)
        }
    }

    /// The place that the backend's own key names.
    func place(ofKey found: FoundSetting, in folders: UserFolders, from folder: String?) throws -> StoragePlace {
        switch place {
        case .server(_, let parameters): try server(found, parameters())
        case .file: StoragePlace(.file(try folders.path(try named(found.text, found), of: found, from: folder)))
        case .nowhere: StoragePlace(.nowhere)
        }
    }

    private func server(_ found: FoundSetting, _ parameters: Set<String>) throws -> StoragePlace {
        let accepted = "Write \(urlForm)"
        if found.text.isEmpty { throw found.refusal("is empty", accepted: accepted) }
        guard let scheme = Self.scheme(of: found.text), schemes.contains(scheme) else {
            throw found.refusal("is not a URL of the backend \(name)", accepted: accepted)
        }
        do {
            return StoragePlace(.server(try ConnectionURL(found.text, parameters: parameters)))
        } catch {
            throw found.refusal(error.problem, accepted: error.accepted)
        }
    }

    /// `scheme:PATH`, `scheme:///PATH` and `scheme://~/PATH`, percent-decoded.
    private func file(
        ofURL found: FoundSetting,
        _ folders: UserFolders,
        _ folder: String?,
        _ accepted: Set<String>
    ) throws -> StoragePlace {
        var path = found.text.utf8.drop { $0 != UInt8(ascii: ":") }.dropFirst()
        if path.starts(with: "//".utf8) {
            path = path.dropFirst(2)
            guard path.first == UInt8(ascii: "/") || path.starts(with: "~/".utf8) else {
                throw found.refusal(
                    path.isEmpty ? "is an empty path" : "names a host where a path should be",
                    accepted: "Write \(urlForm), with an absolute path \(schemes[0]):///PATH or \(schemes[0])://~/PATH"
                )
            }
        }
        if path.contains(UInt8(ascii: "#")) {
            throw found.refusal("has a # in its path", accepted: "Write %23 for it")
        }
        var parameters: [String: String] = [:]
        if let mark = path.firstIndex(of: UInt8(ascii: "?")) {
            parameters = try self.parameters(path[path.index(after: mark)...], accepted, found)
            path = path[..<mark]
        }
        // The tilde means home only when it is written as such: %7E is a folder of that name.
        let isHome = path.first == UInt8(ascii: "~")
        guard let decoded = PercentCoding.decode(path) else {
            throw found.refusal(
                "has a broken percent escape in its path",
                accepted: "Write % itself as %25, and two digits after any other"
            )
        }
        _ = try named(decoded, found)
        let isTilde = decoded.utf8.first == UInt8(ascii: "~")
        let text = isTilde && !isHome ? "./" + decoded : decoded
        let expanded = try folders.path(
            text,
            of: FoundSetting(text: text, level: found.level, key: found.key, file: found.file),
            from: folder
        )
        return StoragePlace(.file(expanded), parameters: parameters)
    }

    /// A path that no engine takes for anything but a file: SQLite's own name for a database in memory would be a file
    /// of that name here.
    private func named(_ path: String, _ found: FoundSetting) throws -> String {
        guard path == ":memory:" else { return path }
        throw found.refusal(
            "names a database in memory, which is gone when the program ends",
            accepted: "Name a file, ./:memory: for one of that name, or choose the backend memory"
        )
    }

    private func parameters(
        _ query: some Collection<UInt8>,
        _ accepted: Set<String>,
        _ found: FoundSetting
    ) throws -> [String: String] {
        var result: [String: String] = [:]
        for part in query.split(separator: UInt8(ascii: "&")) {
            let sides = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = PercentCoding.decode(sides[0]) ?? ""
            guard accepted.contains(name) else {
                let refusal = ConnectionURL.Refusal.unknown(name, accepted)
                throw found.refusal(refusal.problem, accepted: refusal.accepted)
            }
            guard sides.count == 2, let value = PercentCoding.decode(sides[1]), result[name] == nil else {
                throw found.refusal(
                    "does not give the parameter \(name) one value",
                    accepted: "Write ?\(name)=VALUE"
                )
            }
            result[name] = value
        }
        return result
    }
}
