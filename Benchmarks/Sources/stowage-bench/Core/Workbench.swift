import Foundation
import Synchronization

/// The folder, the programs and the server that rows share; everything is made when it is first asked for.
final class Workbench: Sendable {
    let folder: String
    let isQuick: Bool
    /// The Python of the virtual environment with asyncpg and TinyDB.
    let python: String?
    /// The release build of `minsky`.
    let minsky: String?
    /// Where the scripts of the Python peers lie.
    let scripts: String
    private let counter = Atomic<Int>(0)
    private let stores = Stores()
    private let server = Mutex<Task<PostgresServer, any Error>?>(nil)

    init(isQuick: Bool, python: String?, minsky: String?, scripts: String) throws {
        self.isQuick = isQuick
        self.python = python
        self.minsky = minsky
        self.scripts = scripts
        folder = NSTemporaryDirectory() + "/stowage-bench-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755]
        )
    }

    /// Removes the folder and stops the server.
    func close() async {
        if let server = server.withLock({ $0 }) { try? await server.value.stop() }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// A path that nothing has used.
    func fresh(_ ending: String) -> String {
        "\(folder)/\(counter.add(1, ordering: .relaxed).newValue)-\(ending)"
    }

    /// The Postgres server of this run, started by the first call.
    func postgres() async throws -> PostgresServer {
        let task = server.withLock { server in
            let task = server ?? Task { [folder] in try await PostgresServer.start(below: folder) }
            server = task
            return task
        }
        return try await task.value
    }

    /// A file that is made once: the value of the first call with this name.
    func once(_ name: String, _ make: @escaping @Sendable () async throws -> String) async throws -> String {
        try await stores.value(name, make)
    }

    /// How many records the large stores of memory and growth have.
    var large: Int { isQuick ? 200_000 : 1_000_000 }

    private actor Stores {
        private var tasks: [String: Task<String, any Error>] = [:]
        func value(_ name: String, _ make: @escaping @Sendable () async throws -> String) async throws -> String {
            let task = tasks[name] ?? Task { try await make() }
            tasks[name] = task
            return try await task.value
        }
    }
}
