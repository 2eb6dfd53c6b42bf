internal import Synchronization

/// What a backend's driver is made of: its place, the levels that hold for every store, and further settings that it
/// reads under its own name.
///
/// Every value that is read appears in the report with the level and the key that it came from.
public struct StorageSettings: Sendable {
    /// The backend's name, which is the section of its keys.
    public let backend: String
    /// How the store is opened.
    public let access: StorageAccess
    /// The deadline and the levels of the database.
    public let options: StorageOptions

    let place: StoragePlace
    let levels: ConfigurationLevels
    let record: SettingRecord
    let store: String

    /// The path of a file's store: absolute, `~` expanded.
    ///
    /// - Throws: `configuration` when the backend's place is not a file.
    public func path() throws -> String {
        guard case .file(let path) = place.kind else { throw wrongPlace("file") }
        return path
    }

    /// The URL of a server's store. It carries credentials.
    ///
    /// - Throws: `configuration` when the backend's place is not a server.
    public func url() throws -> ConnectionURL {
        guard case .server(let url) = place.kind else { throw wrongPlace("server") }
        return url
    }

    /// A parameter of the URL: of those that the backend accepts.
    public func parameter(_ name: String) -> String? {
        if case .server(let url) = place.kind { return url.parameters.last { $0.name == name }?.value }
        return place.parameters[name]
    }

    private func wrongPlace(_ what: String) -> StorageError {
        StorageError(
            .configuration,
            "the backend \(backend) asks for a \(what), and is not described as one",
            advice: "Register it with a place of that kind"
        )
    }
}

// Further settings, by their key within the backend's section: `mapSize` is `lmdb.mapSize`, `MINSKY_LMDB_MAP_SIZE`.
extension StorageSettings {
    /// A text.
    ///
    /// - Parameters:
    ///   - key: The key within the backend's section.
    ///   - isSecret: Whether reports must not show it.
    public func string(_ key: String, isSecret: Bool = false) throws -> String? {
        try read([backend, key]) { (isSecret ? "****" : $0.text, $0.text) }
    }

    /// A whole number.
    ///
    /// - Throws: `configuration` when it is not a number of that range; so for all that follow.
    public func int(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
        try read([backend, key]) { ($0.text, try SettingText.int($0, in: range)) }
    }

    /// A time with its unit: `500ms`, `30s`, `2m`, `1h`.
    public func duration(_ key: String) throws -> Duration? {
        try read([backend, key]) { ($0.text, try SettingText.duration($0)) }
    }

    /// One of a few words.
    public func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String,
        of type: Choice.Type
    ) throws -> Choice? where Choice.RawValue == String {
        try read([backend, key]) { ($0.text, try SettingText.choice($0, of: type)) }
    }

    /// How many connections a pool holds: the store's `poolSize`, or the backend's own default.
    public func poolSize(default size: Int) throws -> Int {
        let key = [store, "poolSize"]
        if let size = try read(key, { ($0.text, try SettingText.int($0, in: 1...1000)) }) { return size }
        record.add(
            Setting(
                name: key.joined(separator: "."),
                value: String(size),
                level: .default,
                key: levels.variable(key)
            )
        )
        return size
    }

    private func read<Value>(
        _ key: [String],
        _ parse: (FoundSetting) throws -> (shown: String, value: Value)
    ) throws -> Value? {
        guard let found = try levels.find(key) else { return nil }
        let (shown, value) = try parse(found)
        record.add(Setting(name: key.joined(separator: "."), value: shown, level: found.level, key: found.key))
        return value
    }
}

/// The settings that were read, in order, each once.
final class SettingRecord: Sendable {
    private let settings = Mutex<[Setting]>([])

    func add(_ setting: Setting) {
        settings.withLock { settings in
            if !settings.contains(where: { $0.name == setting.name }) { settings.append(setting) }
        }
    }

    var all: [Setting] { settings.withLock { $0 } }
}
