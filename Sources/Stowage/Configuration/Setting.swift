/// One value of a store's configuration, and where it came from: a line of `storage info`.
public struct Setting: Sendable, Hashable {
    /// The setting, as the configuration file names it: `session.backend`.
    public var name: String
    /// Its value, fit to be shown: credentials are masked.
    public var value: String
    /// Which level it came from.
    public var level: Level
    /// The key that gave it; for a default, the key that would change it.
    public var key: String

    /// Makes a setting.
    public init(name: String, value: String, level: Level, key: String) {
        self.name = name
        self.value = value
        self.level = level
        self.key = key
    }

    /// The levels of a configuration, the highest first: what a level says replaces what a lower one says.
    public enum Level: String, Sendable, Hashable, CaseIterable {
        /// Given by the caller: a command line option, a location.
        case argument
        /// An environment variable.
        case environment
        /// The configuration file.
        case file
        /// Nobody said otherwise.
        case `default`
    }
}

/// The text of a setting as it was found, with the place it came from.
struct FoundSetting: Sendable {
    let text: String
    let level: Setting.Level
    /// The key as its level writes it: `MINSKY_SESSION_TIMEOUT`, or `session.timeout`.
    let key: String
    /// The configuration file, when it stands in one.
    let file: String?

    /// The key and where it stands, for messages.
    var origin: String {
        switch level {
        case .argument: key
        case .environment: "\(key) (from the environment)"
        case .file: "\(key) (from the file \(file ?? ""))"
        case .default: "\(key) (the default)"
        }
    }

    /// The error for a value that cannot be taken; the value itself is never shown, since it may be a secret.
    func refusal(_ problem: String, accepted: String) -> StorageError {
        StorageError(.configuration, "\(origin) \(problem)", advice: accepted)
    }

    /// The value in quotes when it is a plain word, which no credential hides in; else nothing.
    var shownWord: String {
        let isWord =
            text.utf8.count <= 40
            && text.utf8.allSatisfy {
                0x61...0x7a ~= $0 | 0x20 || 0x30...0x39 ~= $0 || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            }
        return isWord && !text.isEmpty ? ": \(StorageError.quoted(text))" : ""
    }
}
