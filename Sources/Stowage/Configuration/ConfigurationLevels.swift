internal import Configuration

/// Where settings are looked for, the highest level first.
struct ConfigurationLevels: Sendable {
    /// One level.
    struct Level: Sendable {
        let level: Setting.Level
        let source: any ConfigSnapshot
        let prefix: [String]
        /// Where relative paths start.
        let folder: String?

        /// The value of a key on this level alone.
        func find(_ key: [String]) throws -> FoundSetting? {
            let result = try source.value(forKey: AbsoluteConfigKey(prefix + key), type: .string)
            guard case .string(let text)? = result.value?.content else { return nil }
            let name = level == .environment ? result.encodedKey : key.joined(separator: ".")
            return FoundSetting(text: text, level: level, key: name, file: (source as? ConfigurationFile)?.path)
        }
    }

    let levels: [Level]
    let prefix: String
    /// The configuration file that was read, for reports.
    let file: Setting

    init(_ factory: StorageFactory) throws {
        prefix = factory.prefix
        let environment = Level(
            level: .environment,
            source: EnvironmentVariablesProvider(environmentVariables: factory.environment, secretsSpecifier: .all)
                .snapshot(),
            prefix: [factory.prefix],
            folder: nil
        )
        var levels = [environment]
        if !factory.arguments.isEmpty {
            let values = factory.arguments.map { key, value in
                (
                    AbsoluteConfigKey(key.split(separator: ".").map(String.init)),
                    ConfigValue(.string(value), isSecret: true)
                )
            }
            let source = InMemoryProvider(values: Dictionary(values) { first, _ in first })
            levels.insert(Level(level: .argument, source: source.snapshot(), prefix: [], folder: nil), at: 0)
        }
        let (file, setting) = try Self.file(factory, environment)
        try file?.check(known: Self.sections(of: factory))
        if let file { levels.append(Level(level: .file, source: file, prefix: [], folder: file.folder)) }
        self.levels = levels
        self.file = setting
    }

    /// What a configuration file may hold: the store's own keys, the URL for all backends, and a section a backend.
    private static func sections(of factory: StorageFactory) -> [String: Set<String>?] {
        var sections: [String: Set<String>?] = [
            factory.section: [
                "backend", "timeout", "timeoutSeconds", "poolSize", "durability", "isolation", "migrations",
            ],
            "database": ["url"],
        ]
        for backend in factory.backends { sections.updateValue(nil, forKey: backend.name) }
        return sections
    }

    /// The highest level's value of a key.
    func find(_ key: [String]) throws -> FoundSetting? {
        for level in levels { if let found = try level.find(key) { return found } }
        return nil
    }

    /// The environment variable that sets a key.
    func variable(_ key: [String]) -> String { Self.variable(prefix, key) }

    static func variable(_ prefix: String, _ key: [String]) -> String {
        let empty = EnvironmentVariablesProvider(environmentVariables: [:], secretsSpecifier: .all).snapshot()
        // The provider knows how keys are written; asking it keeps messages and lookups the same.
        let result = try? empty.value(forKey: AbsoluteConfigKey([prefix] + key), type: .string)
        return result?.encodedKey ?? ([prefix] + key).joined(separator: "_")
    }

    /// Reads the configuration file: the one named by `PREFIX_CONFIG`, which must exist, or the one at the default
    /// place, which need not.
    private static func file(
        _ factory: StorageFactory,
        _ environment: Level
    ) throws -> (ConfigurationFile?, Setting) {
        let folders = factory.folders
        if let named = try environment.find(["config"]) {
            let path = try folders.path(named.text, of: named, from: nil)
            guard let bytes = try read(path) else {
                throw named.refusal(
                    "names a file that does not exist: \(path)",
                    accepted: "Name an existing JSON file, or unset it"
                )
            }
            let setting = Setting(name: "config", value: path, level: .environment, key: named.key)
            return (try ConfigurationFile(path: path, bytes: bytes), setting)
        }
        let key = variable(factory.prefix, ["config"])
        guard let path = try folders.configurationFile() else {
            return (nil, Setting(name: "config", value: "none", level: .default, key: key))
        }
        let bytes = try read(path)
        let setting = Setting(
            name: "config",
            value: bytes == nil ? "\(path) (absent)" : path,
            level: .default,
            key: key
        )
        return (try bytes.map { try ConfigurationFile(path: path, bytes: $0) }, setting)
    }

    private static func read(_ path: String) throws -> [UInt8]? {
        do {
            return try FileBytes.read(path)
        } catch let error as StorageError {
            if error.code == .notFound { return nil }
            throw StorageError(
                .configuration,
                "the configuration file cannot be read: \(error.message)",
                advice: "Make it a readable JSON file, or move it away"
            ).at(.init(path: path)).from(error.backend)
        }
    }
}

extension ConfigurationFile {
    /// The folder of the file.
    var folder: String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
