/// A configuration that was read, checked and decided: which backend, where, and how.
public struct StorageConfiguration: Sendable {
    /// The chosen backend's name.
    public let backend: String
    /// How the store will be opened.
    public let access: StorageAccess
    /// The deadline and the levels of the database.
    public let options: StorageOptions
    /// The driver, not yet opened.
    public let driver: any StorageDriver

    /// The migrations that lead to the store's schema.
    public let migrations: SchemaMigrations?
    /// Whether opening applies pending migrations.
    public let migrationPolicy: SchemaMigrationPolicy

    private let record: SettingRecord

    init(
        backend: StorageBackend,
        settings: StorageSettings,
        migrations: SchemaMigrations?,
        migrationPolicy: SchemaMigrationPolicy
    ) throws {
        self.migrations = migrations
        self.migrationPolicy = migrationPolicy
        self.backend = backend.name
        access = settings.access
        options = settings.options
        record = settings.record
        driver = try backend.make(settings)
    }

    /// Where the store is, without credentials.
    public var location: StorageLocation { driver.location }

    /// Every value with the level and the key that it came from, credentials masked.
    public var settings: [Setting] { record.all }

    /// The database. Nothing is opened yet.
    public func database() -> StorageDatabase {
        StorageDatabase(
            driver: driver,
            access: access,
            options: options,
            migrations: migrations,
            migrationPolicy: migrationPolicy
        )
    }
}

extension StorageFactory {
    /// Reads the configuration.
    ///
    /// - Parameters:
    ///   - location: A backend's name or a URL, above all levels; nil to let the configuration decide.
    ///   - access: For reading and writing, or for reading alone.
    /// - Throws: `configuration`, as ``StorageFactory`` says.
    public func configuration(
        at location: String? = nil,
        access: StorageAccess = .readWrite
    ) throws -> StorageConfiguration {
        let levels = try ConfigurationLevels(self)
        let record = SettingRecord()
        let choice = try StorageChoice(self, levels, location: location, record)
        let options = try options(levels, record)
        // Without migrations there is nothing to decide.
        let policy =
            migrations == nil ? .apply : try self.choice("migrations", SchemaMigrationPolicy.apply, levels, record)
        record.add(levels.file)
        return try StorageConfiguration(
            backend: choice.backend,
            settings: StorageSettings(
                backend: choice.backend.name,
                access: access,
                options: options,
                place: choice.place,
                levels: levels,
                record: record,
                store: section
            ),
            migrations: migrations,
            migrationPolicy: policy
        )
    }

    /// The options of the database. All are checked, also those that the chosen backend does not need.
    private func options(_ levels: ConfigurationLevels, _ record: SettingRecord) throws -> StorageOptions {
        var options = StorageOptions()
        options.deadline = try deadline(levels, record) ?? options.deadline
        options.durability = try choice("durability", options.durability, levels, record)
        options.isolation = try choice("isolation", options.isolation, levels, record)
        if let found = try levels.find([section, "poolSize"]) {
            let size = try SettingText.int(found, in: 1...1000)
            record.add(
                Setting(name: "\(section).poolSize", value: String(size), level: found.level, key: found.key)
            )
        }
        return options
    }

    private func deadline(_ levels: ConfigurationLevels, _ record: SettingRecord) throws -> Duration? {
        let withUnit = [section, "timeout"]
        for level in levels.levels {
            let text = try level.find(withUnit)
            let seconds = try level.find([section, "timeoutSeconds"])
            if let text, let seconds {
                throw text.refusal(
                    "and \(seconds.key) say the same thing twice",
                    accepted: "Set one of them, and unset the other"
                )
            }
            guard let found = text ?? seconds else { continue }
            let duration =
                try text.map { try timeout($0, levels) } ?? .seconds(try SettingText.int(found, in: 1...86_400))
            record.add(
                Setting(
                    name: withUnit.joined(separator: "."),
                    value: SettingText.text(duration),
                    level: found.level,
                    key: found.key
                )
            )
            return duration
        }
        record.add(
            Setting(
                name: withUnit.joined(separator: "."),
                value: SettingText.text(StorageOptions().deadline),
                level: .default,
                key: levels.variable(withUnit)
            )
        )
        return nil
    }

    /// A time with its unit; a number without one is told where it would be understood.
    private func timeout(_ found: FoundSetting, _ levels: ConfigurationLevels) throws -> Duration {
        if SettingText.digits(found.text[...]) != nil {
            let inSeconds = levels.variable([section, "timeoutSeconds"])
            throw found.refusal(
                "has no unit",
                accepted: "Write a unit, as in 30s, 500ms or 2m, or set \(inSeconds) instead"
            )
        }
        return try SettingText.duration(found)
    }

    private func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String,
        _ standard: Choice,
        _ levels: ConfigurationLevels,
        _ record: SettingRecord
    ) throws -> Choice where Choice.RawValue == String {
        let key = [section, name]
        let found = try levels.find(key)
        let choice = try found.map { try SettingText.choice($0, of: Choice.self) } ?? standard
        record.add(
            Setting(
                name: key.joined(separator: "."),
                value: choice.rawValue,
                level: found?.level ?? .default,
                key: found?.key ?? levels.variable(key)
            )
        )
        return choice
    }
}
