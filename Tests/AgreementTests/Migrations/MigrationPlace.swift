#if SQLite && Postgres
import Foundation
import Stowage
import StowageJSON
import StowagePostgres
import StowageSQLite
import StowageTestServers
import Testing

/// The engines that keep a schema.
enum Engine: String, CaseIterable, Sendable {
    case json, sqlite, postgres
}

/// A long deadline: time decides no verdict.
let patient = StorageOptions(deadline: .seconds(300))

/// A place for one store, absent at first.
struct MigrationPlace: Sendable {
    let engine: Engine
    let folder: String
    let server: TestPostgres?
    let url: String

    /// Runs a test on a place of its own, and removes it.
    static func with(_ engine: Engine, _ body: (MigrationPlace) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "stowage-migration-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = engine == .postgres ? try await TestPostgres.shared() : nil
        let url = try await server?.freshDatabase() ?? ""
        let failure: (any Error)?
        do {
            try await body(MigrationPlace(engine: engine, folder: folder, server: server, url: url))
            failure = nil
        } catch { failure = error }
        if let server { try await server.drop(url) }
        if let failure { throw failure }
    }

    var path: String { "\(folder)/store.\(engine.rawValue)" }

    func database(
        _ migrations: SchemaMigrations? = nil,
        _ policy: SchemaMigrationPolicy = .apply,
        access: StorageAccess = .readWrite,
        options: StorageOptions = patient
    ) throws -> StorageDatabase {
        switch engine {
        case .json:
            .json(path: path, access: access, options: options, migrations: migrations, migrationPolicy: policy)
        case .sqlite:
            .sqlite(path: path, access: access, options: options, migrations: migrations, migrationPolicy: policy)
        case .postgres:
            try .postgres(url: url, access: access, options: options, migrations: migrations, migrationPolicy: policy)
        }
    }

    /// Opens the store as records of one type, runs the body, and closes it.
    @discardableResult
    func open<Record: StorageRecord, Result: Sendable>(
        _ type: Record.Type,
        _ migrations: SchemaMigrations?,
        _ policy: SchemaMigrationPolicy = .apply,
        access: StorageAccess = .readWrite,
        _ body: (RecordStorage<Record, RecordsOnly<Record>>) async throws -> Result
    ) async throws -> Result {
        let storage = try database(migrations, policy, access: access).storage(type)
        let result: Result
        do {
            try await storage.initialize()
            result = try await body(storage)
        } catch {
            try? await storage.close()
            throw error
        }
        try await storage.close()
        return result
    }

    /// Takes records in, members that no schema knows among them.
    func fill<Record: StorageRecord>(_ type: Record.Type, _ migrations: SchemaMigrations?, _ json: String) async throws
    {
        let content = try StoreImport(
            type,
            state: RecordsOnly<Record>.self,
            reading: Array(json.utf8),
            from: "the test"
        )
        try await open(type, migrations) { _ = try await content.run(into: $0, onConflict: .fail) }
    }

    /// A record as compact JSON, everything that is stored of it.
    func json<Record: StorageRecord>(
        _ id: Record.ID,
        of type: Record.Type,
        _ migrations: SchemaMigrations?
    ) async throws -> String? {
        try await open(type, migrations) { storage in
            try await storage.getJSON(id).map { String(decoding: $0.compact, as: UTF8.self) }
        }
    }

    /// The store's status.
    func status<Record: StorageRecord>(
        _ type: Record.Type,
        _ migrations: SchemaMigrations,
        access: StorageAccess = .readOnly
    ) async throws -> SchemaStatus {
        let database = try database(migrations, access: access)
        _ = try database.storage(type)
        let status: SchemaStatus
        do {
            status = try await database.schemaStatus()
        } catch {
            try? await database.close()
            throw error
        }
        try await database.close()
        return status
    }

    /// Another program changes the store: SQL, or for a file its text.
    func change(sql: String, json: (String) -> String = { $0 }) async throws {
        switch engine {
        case .json:
            let text = try String(contentsOfFile: path, encoding: .utf8)
            try json(text).write(toFile: path, atomically: false, encoding: .utf8)
        case .sqlite:
            let shell = Process()
            shell.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            shell.arguments = ["sqlite3", "-bail", path, sql]
            try shell.run()
            shell.waitUntilExit()
            guard shell.terminationStatus == 0 else { throw Refused() }
        case .postgres:
            let name = String(url.split(separator: "/").last ?? "")
            try await #require(server).psql(sql, database: name)
        }
    }

    /// The other program's failure.
    struct Refused: Error {}

    /// What a store holds, history and all, for the proof that nothing has changed.
    func content() async throws -> String {
        switch engine {
        case .json: return (try? String(contentsOfFile: path, encoding: .utf8)) ?? "absent"
        case .sqlite:
            guard FileManager.default.fileExists(atPath: path) else { return "absent" }
            let shell = Process()
            let output = Pipe()
            shell.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            shell.arguments = ["sqlite3", "-readonly", path, ".dump"]
            shell.standardOutput = output
            try shell.run()
            let text = output.fileHandleForReading.readDataToEndOfFile()
            shell.waitUntilExit()
            try #require(shell.terminationStatus == 0)
            return String(decoding: text, as: UTF8.self)
        case .postgres:
            let server = try #require(server)
            let name = String(url.split(separator: "/").last ?? "")
            let tables = try await server.psql(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
                database: name
            )
            var text = try await server.psql(
                """
                SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
                WHERE table_schema = 'public' ORDER BY 1, 2
                """,
                database: name
            )
            for table in tables.split(separator: "\n") {
                text += try await server.psql(
                    "SELECT t::text FROM \"\(table)\" t ORDER BY 1",
                    database: name
                )
            }
            return text
        }
    }
}

/// The error that a body throws.
func failure<Result>(_ body: () async throws -> Result) async -> StorageError? {
    do {
        _ = try await body()
        return nil
    } catch { return error as? StorageError }
}
#endif
