#if SQLite && Postgres
import Foundation
import Stowage
import StowageJSON
import StowagePostgres
import StowageSQLite
import StowageTestServers

/// The adapters, each with an empty store of its own.
enum Adapter: String, CaseIterable, Sendable {
    case memory, json, sqlite, postgres
}

/// Runs a body with an empty store, and removes it.
func withStore(_ adapter: Adapter, _ folder: Folder, _ body: (StorageDatabase) async throws -> Void) async throws {
    let name = UUID().uuidString
    var server: (TestPostgres, String)?
    let database: StorageDatabase
    switch adapter {
    case .memory: database = .memory(options: patient)
    case .json: database = .json(path: folder["\(name).json"], options: patient)
    case .sqlite: database = .sqlite(path: folder["\(name).db"], options: patient)
    case .postgres:
        let shared = try await TestPostgres.shared()
        let url = try await shared.freshDatabase()
        server = (shared, url)
        database = try .postgres(url: url, options: patient)
    }
    do {
        try await body(database)
    } catch {
        try? await database.close()
        try? await server?.0.drop(server?.1 ?? "")
        throw error
    }
    try await database.close()
    try await server?.0.drop(server?.1 ?? "")
}
#endif
