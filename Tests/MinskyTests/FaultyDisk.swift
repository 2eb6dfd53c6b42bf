import Foundation

/// The program on a disk that fails, or whose power goes: `Tests/Faults/faults.c` stands between the two.
struct FaultyDisk {
    let program: Program
    /// The store's folder, and what the disk would hold of it.
    let folder: String
    private let shadow: String
    private let backend: String
    /// Settings beside those of the backend, or in their place.
    var settings: [String: String] = [:]

    /// The shim, compiled once.
    static let shim = Result { try Shim.compile("faults") }

    /// A disk for a program of its own.
    ///
    /// - Parameter backend: `json`, `sqlite`, or `journal` for a JSON file in the journal mode.
    init(_ backend: String) throws {
        self.backend = backend
        program = try Program()
        folder = program.home + "/store"
        shadow = program.home + "/shadow"
    }

    func remove() { program.remove() }

    /// What happens to the disk: at which of the changes, counted from one, and what.
    struct Fault: CustomStringConvertible {
        var number: Int
        var kind: String
        var description: String { "\(kind) at change \(number)" }
    }

    private func environment(_ folder: String) -> [String: String] {
        [
            "MINSKY_SESSION_BACKEND": backend == "journal" ? "json" : backend,
            "MINSKY_JSON_MODE": backend == "journal" ? "journal" : "replace",
            "MINSKY_JSON_PATH": folder + "/sessions.json",
            "MINSKY_SQLITE_PATH": folder + "/sessions.db",
        ].merging(settings) { $1 }
    }

    /// Runs the program on the folder.
    func run(_ arguments: String..., fault: Fault? = nil, counting: Bool = false) throws -> Program.Outcome {
        var program = program
        program.settings = environment(folder)
        if fault != nil || counting {
            program.settings.merge([
                "LD_PRELOAD": try Self.shim.get(), "FAULT_FOLDER": folder, "FAULT_SHADOW": shadow,
                "FAULT_COUNT": program.home + "/count", "FAULT_AT": String(fault?.number ?? 0),
                "FAULT_KIND": fault?.kind ?? "EIO",
            ]) { $1 }
        }
        return try program.start(arguments).finish()
    }

    /// How many changes to files the last counting run made.
    func count() throws -> Int {
        Int(try String(contentsOfFile: program.home + "/count", encoding: .utf8)) ?? 0
    }

    /// Puts the store back to what it was, all of it safe on the disk.
    func reset(to files: [String: Data]) throws {
        for place in [folder, shadow] {
            try? FileManager.default.removeItem(atPath: place)
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        }
        for (name, content) in files {
            try content.write(to: URL(fileURLWithPath: folder + "/" + name))
            try content.write(to: URL(fileURLWithPath: shadow + "/" + String(inode(folder + "/" + name))))
        }
        let names = try names(of: folder).map { "\($0.inode) \($0.name)\n" }.joined()
        try Data(names.utf8).write(to: URL(fileURLWithPath: shadow + "/names"))
    }

    func files() throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            files[name] = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))
        }
        return files
    }

    /// What a disk may hold after the power went: it wrote the names, the contents, both or neither beyond what was
    /// synced; or half of what was appended since, with or without blocks behind it that were not written and read as
    /// zeros.
    enum Survival: CaseIterable { case nothing, names, contents, everything, halves, holes }

    /// What is left of a file's content.
    private static func content(_ current: Data?, _ synced: Data?, _ survival: Survival) -> Data {
        switch survival {
        case .nothing, .names: return synced ?? Data()
        case .contents, .everything: return current ?? synced ?? Data()
        case .halves, .holes:
            let synced = synced ?? Data()
            guard let current, current.count > synced.count, current.starts(with: synced) else { return synced }
            let half = current.prefix(synced.count + (current.count - synced.count) / 2)
            return survival == .halves ? half : half + Data(count: current.count - half.count)
        }
    }

    /// Makes the folder what the disk would hold.
    ///
    /// - Parameter areRemovalsKept: Whether the names that were removed since the last sync are gone even where no other
    ///   change to the names survives: nothing orders them.
    func survive(_ survival: Survival, areRemovalsKept: Bool = false) throws {
        let current = try names(of: folder)
        var contents: [UInt64: Data] = [:]
        for (name, inode) in current {
            contents[inode] = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))
        }
        var names = current
        if survival == .nothing || survival == .contents {
            names = try String(contentsOfFile: shadow + "/names", encoding: .utf8).split(separator: "\n").compactMap {
                let parts = $0.split(separator: " ", maxSplits: 1)
                guard parts.count == 2, parts[1] != ".", parts[1] != ".." else { return nil }
                return UInt64(parts[0]).map { (String(parts[1]), $0) }
            }
            if areRemovalsKept { names.removeAll { name, _ in !current.contains { $0.name == name } } }
        }
        var kept: [(String, Data)] = []
        for (name, inode) in names {
            let synced = try? Data(contentsOf: URL(fileURLWithPath: shadow + "/" + String(inode)))
            kept.append((name, Self.content(contents[inode], synced, survival)))
        }
        try FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, content) in kept { try content.write(to: URL(fileURLWithPath: folder + "/" + name)) }
    }

    private func names(of folder: String) throws -> [(name: String, inode: UInt64)] {
        try FileManager.default.contentsOfDirectory(atPath: folder).map { ($0, inode(folder + "/" + $0)) }
    }

    private func inode(_ path: String) -> UInt64 {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0
    }
}
