internal import FoundationEssentials

/// The folders of a user, as the XDG Base Directory Specification gives them, and what paths mean in them.
struct UserFolders: Sendable {
    let environment: [String: String]
    /// The app's folder within each of them.
    let app: String

    /// The default place of the configuration file; nil when nothing says where the user's folders are.
    func configurationFile() throws -> String? {
        guard let base = try folder("XDG_CONFIG_HOME", ".config") else { return nil }
        return "\(base)/\(app)/config.json"
    }

    /// The default place of a store's file.
    func stateFile(_ name: String) throws -> String {
        guard let base = try folder("XDG_STATE_HOME", ".local/state") else {
            throw StorageError(
                .configuration,
                "neither HOME nor XDG_STATE_HOME is set, so there is no default place for the store",
                advice: "Set the store's path, or HOME"
            )
        }
        return "\(base)/\(app)/\(name)"
    }

    /// A base folder; an empty variable counts as unset, as the specification says.
    private func folder(_ variable: String, _ fallback: String) throws -> String? {
        if let base = environment[variable], !base.isEmpty {
            guard base.hasPrefix("/") else {
                throw StorageError(
                    .configuration,
                    "\(variable) (from the environment) is not an absolute path",
                    advice: "Set it to a path that begins with /, or unset it"
                )
            }
            return base.count > 1 && base.hasSuffix("/") ? String(base.dropLast()) : base
        }
        return environment["HOME"].flatMap { $0.isEmpty ? nil : "\($0)/\(fallback)" }
    }

    /// A path as a setting gives it, made absolute: `~` is the user's home, and a relative path starts at a folder,
    /// by default the current one.
    func path(_ text: String, of setting: FoundSetting, from folder: String?) throws -> String {
        if text.isEmpty {
            throw setting.refusal("is an empty path", accepted: "Set it to a file's path, or unset it")
        }
        // By bytes: Swift would take a slash and a combining accent for one character that is no slash.
        let bytes = text.utf8
        if bytes.first == UInt8(ascii: "~") {
            guard bytes.count == 1 || bytes.dropFirst().first == UInt8(ascii: "/") else {
                throw setting.refusal(
                    "begins with ~ and a name",
                    accepted: "Write ~/ for your own home, the whole path, or ./~name"
                )
            }
            guard let home = environment["HOME"], !home.isEmpty else {
                throw setting.refusal("begins with ~, and HOME is not set", accepted: "Write the whole path")
            }
            return home + String(decoding: bytes.dropFirst(), as: UTF8.self)
        }
        if bytes.first == UInt8(ascii: "/") { return text }
        let base = folder ?? FileManager.default.currentDirectoryPath
        let relative = bytes.starts(with: "./".utf8) ? String(decoding: bytes.dropFirst(2), as: UTF8.self) : text
        return base.hasSuffix("/") ? base + relative : "\(base)/\(relative)"
    }
}
