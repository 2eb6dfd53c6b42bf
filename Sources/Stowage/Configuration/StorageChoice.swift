/// Which backend, and where: the two decisions that several keys take part in.
///
/// The backend is decided by the highest level that names one, by its name or by the scheme of a URL. Its place is then
/// decided by the highest level that gives one for this backend, by the backend's own key or by such a URL. On one
/// level, keys that disagree are refused; keys of other backends are not looked at.
struct StorageChoice {
    let backend: StorageBackend
    let place: StoragePlace

    private let factory: StorageFactory
    private static let urlKey = ["database", "url"]

    init(
        _ factory: StorageFactory,
        _ levels: ConfigurationLevels,
        location: String?,
        _ record: SettingRecord
    ) throws {
        self.factory = factory
        let given = location.map {
            FoundSetting(text: $0, level: .argument, key: "the location", file: nil)
        }
        let (backend, decidedBy) = try Self.backend(factory, levels, given)
        self.backend = backend
        let key = [factory.section, "backend"]
        record.add(
            Setting(
                name: key.joined(separator: "."),
                value: backend.name,
                level: decidedBy?.level ?? .default,
                key: decidedBy?.key ?? levels.variable(key)
            )
        )
        let (place, setting) = try Self.place(backend, factory, levels, given, decidedBy)
        self.place = place
        if let setting { record.add(setting) }
    }

    // MARK: The backend

    private static func backend(
        _ factory: StorageFactory,
        _ levels: ConfigurationLevels,
        _ given: FoundSetting?
    ) throws -> (StorageBackend, FoundSetting?) {
        if let given {
            let backend =
                StorageBackend.scheme(of: given.text) == nil
                ? try named(given, factory) : try withScheme(given, factory)
            return (backend, given)
        }
        for level in levels.levels {
            let name = try level.find([factory.section, "backend"])
            let url = try level.find(urlKey)
            switch (name, url) {
            case (nil, nil): continue
            case (let name?, nil): return (try named(name, factory), name)
            case (nil, let url?): return (try withScheme(url, factory), url)
            case (let name?, let url?):
                let backend = try named(name, factory)
                guard try withScheme(url, factory).name == backend.name else {
                    throw url.refusal(
                        "names another backend than \(name.key), which says \(backend.name)",
                        accepted: "Unset one of them"
                    )
                }
                return (backend, name)
            }
        }
        guard let first = factory.backends.first else {
            throw StorageError(.configuration, "no backend is registered", advice: "Give the factory at least one")
        }
        return (first, nil)
    }

    private static func named(_ found: FoundSetting, _ factory: StorageFactory) throws -> StorageBackend {
        guard let backend = factory.backends.first(where: { TextOrder.equal($0.name, found.text) }) else {
            throw found.refusal(
                found.text.isEmpty ? "is empty" : "names no known backend\(found.shownWord)",
                accepted: accepted(factory, withURLs: found.level == .argument)
            )
        }
        return backend
    }

    private static func withScheme(_ found: FoundSetting, _ factory: StorageFactory) throws -> StorageBackend {
        guard let scheme = StorageBackend.scheme(of: found.text) else {
            throw found.refusal(
                found.text.isEmpty ? "is empty" : "is not a URL",
                accepted: accepted(factory, withURLs: true)
            )
        }
        guard let backend = factory.backends.first(where: { $0.schemes.contains(scheme) }) else {
            throw found.refusal(
                "begins with a scheme that names no known backend",
                accepted: accepted(factory, withURLs: true)
            )
        }
        return backend
    }

    private static func accepted(_ factory: StorageFactory, withURLs: Bool) -> String {
        let names = factory.backends.map(\.name).joined(separator: ", ")
        if !withURLs { return "Set it to one of: \(names)" }
        let forms = factory.backends.map(\.urlForm).joined(separator: ", ")
        return "The backends are \(names), and their URLs \(forms)"
    }

    // MARK: Its place

    private static func place(
        _ backend: StorageBackend,
        _ factory: StorageFactory,
        _ levels: ConfigurationLevels,
        _ given: FoundSetting?,
        _ decidedBy: FoundSetting?
    ) throws -> (StoragePlace, Setting?) {
        let name = backend.placeKey?.joined(separator: ".")
        func found(_ place: StoragePlace, _ by: FoundSetting) -> (StoragePlace, Setting?) {
            (place, name.map { Setting(name: $0, value: place.description, level: by.level, key: by.key) })
        }
        if let given, StorageBackend.scheme(of: given.text) != nil {
            return found(try backend.place(ofURL: given, in: factory.folders, from: nil), given)
        }
        for level in levels.levels {
            let own = try backend.placeKey.flatMap { try level.find($0) }
            let url = try level.find(urlKey).flatMap { url in
                StorageBackend.scheme(of: url.text).map(backend.schemes.contains) == true ? url : nil
            }
            let ownPlace = try own.map { try backend.place(ofKey: $0, in: factory.folders, from: level.folder) }
            let urlPlace = try url.map { try backend.place(ofURL: $0, in: factory.folders, from: level.folder) }
            if let own, let url, let ownPlace, let urlPlace, ownPlace != urlPlace {
                throw url.refusal("names another place than \(own.key)", accepted: "Unset one of them")
            }
            if let url, let urlPlace { return found(urlPlace, url) }
            if let own, let ownPlace { return found(ownPlace, own) }
        }
        return try standard(backend, factory, levels, decidedBy)
    }

    private static func standard(
        _ backend: StorageBackend,
        _ factory: StorageFactory,
        _ levels: ConfigurationLevels,
        _ decidedBy: FoundSetting?
    ) throws -> (StoragePlace, Setting?) {
        switch backend.place {
        case .nowhere: return (StoragePlace(.nowhere), nil)
        case .server(let key, _):
            let variable = levels.variable([backend.name, key])
            let reason = decidedBy.map { ", which \($0.origin) chose" } ?? ""
            throw StorageError(
                .configuration,
                "\(variable) is not set, and the backend \(backend.name)\(reason) needs it",
                advice: "Set \(variable) to \(backend.urlForm)"
            )
        case .file(let key, let defaultName, _):
            let name =
                factory.defaultFiles[backend.name] ?? defaultName ?? "\(factory.store.lowercased()).\(backend.name)"
            let path = try factory.folders.stateFile(name)
            return (
                StoragePlace(.file(path)),
                Setting(
                    name: "\(backend.name).\(key)",
                    value: path,
                    level: .default,
                    key: levels.variable([backend.name, key])
                )
            )
        }
    }
}
