internal import Configuration

/// The configuration file: JSON, a section an object, a key a member.
///
/// ```json
/// {
///   "session": { "backend": "sqlite", "timeout": "30s", "poolSize": 8 },
///   "sqlite": { "path": "sessions.db" },
///   "postgres": { "url": "postgres://app@db.example.org/sessions" }
/// }
/// ```
///
/// Relative paths in it start at its own folder. It is read by the strict parser of this module, which refuses keys
/// that stand twice; the parser that swift-configuration brings merges them, and costs a start-up of full Foundation.
struct ConfigurationFile: ConfigSnapshot {
    let path: String
    private let root: JSON

    var providerName: String { path }

    /// Reads the file's content.
    ///
    /// - Throws: `configuration` when it is not a JSON object.
    init(path: String, bytes: [UInt8]) throws {
        self.path = path
        do {
            root = try JSON(parsing: bytes)
        } catch {
            let place = StorageError.Place(
                path: path,
                byteOffset: error.byteOffset,
                line: JSONSyntaxError.line(ofByte: error.byteOffset, in: bytes)
            )
            throw StorageError(
                .configuration,
                "the configuration file is not valid JSON: \(error.reason)",
                advice: "Correct the file, or move it away"
            ).at(place)
        }
        guard root.object != nil else {
            throw StorageError(
                .configuration,
                "the configuration file is not a JSON object",
                advice: #"Write {"session": {…}, …}"#
            ).at(.init(path: path))
        }
    }

    /// The text of a scalar; null and an absent member are nothing.
    func value(forKey key: AbsoluteConfigKey, type: ConfigType) throws -> LookupResult {
        let name = key.components.joined(separator: ".")
        var value: JSON? = root
        for component in key.components {
            guard let inner = value else { break }
            guard let object = inner.object else {
                if case .null = inner {
                    value = nil
                    break
                }
                throw refusal(name, "does not stand in an object")
            }
            value = object[component]
        }
        let text: String? =
            switch value {
            case nil, .null: nil
            case .string(let text): text
            case .number(let number): number.text
            case .bool(let flag): flag ? "true" : "false"
            case .array, .object: throw refusal(name, "is neither a text nor a number")
            }
        // Whether a value is secret is decided where it is shown; here nothing may be printed by accident.
        return LookupResult(encodedKey: name, value: text.map { ConfigValue(.string($0), isSecret: true) })
    }

    /// Refuses sections and keys that mean nothing, which would otherwise leave the default standing in silence.
    ///
    /// - Parameter known: The sections, each with its keys; nil for a section whose keys its backend knows.
    func check(known: [String: Set<String>?]) throws {
        for section in root.object?.members ?? [] {
            guard let keys = known[section.key] else {
                throw StorageError(
                    .configuration,
                    "the configuration file has an unknown section \(StorageError.quoted(section.key))",
                    advice: "Known sections: \(known.keys.sorted().joined(separator: ", "))"
                ).at(.init(path: path))
            }
            guard let keys, let object = section.value.object else { continue }
            for member in object.members where !keys.contains(member.key) {
                throw StorageError(
                    .configuration,
                    "the configuration file has an unknown key "
                        + StorageError.quoted(section.key + "." + member.key),
                    advice: "Known keys of \(section.key): \(keys.sorted().joined(separator: ", "))"
                ).at(.init(path: path))
            }
        }
    }

    private func refusal(_ key: String, _ problem: String) -> StorageError {
        StorageError(
            .configuration,
            "\(key) \(problem)",
            advice: #"Write it as {"section": {"key": "value"}}"#
        ).at(.init(path: path))
    }
}
