#if Postgres
import FoundationEssentials
import Stowage
import StowagePostgres
import StowageTestServers
import Testing

enum Level: String, Codable, CaseIterable { case low, high }

struct Address: Codable, Sendable, Equatable {
    var street: String
    var number: Int?
}

struct Account: StorageRecord, Equatable {
    var name: String
    var email: String?
    var balance: Int = 0
    var level: Level = .low
    var address: Address?
    var openedAt: Date = Date(timeIntervalSince1970: 1)

    static let collection = "accounts"
    static var fields: [Field<Account>] {
        Field("name", \.name).identifier()
        Field("email", \.email).unique()
        Field("balance", \.balance).indexed()
        Field("level", \.level)
        Field("address", \.address)
        Field("openedAt", \.openedAt)
    }
}

struct AccountState: StorageState {
    var accounts: [Account] = []
    var baseDir: String?

    static var records: any WritableKeyPath<AccountState, [Account]> & Sendable { \.accounts }
    static var fields: [Field<AccountState>] { Field("baseDir", \.baseDir) }
}

typealias Accounts = PostgresStorage<Account, AccountState>

/// A long deadline: time decides no verdict.
let patient = StorageOptions(deadline: .seconds(300))

/// A database of its own, whose clients are closed and which is dropped afterwards.
func withDatabase(_ body: (TestDatabase) async throws -> Void) async throws {
    let server = try await TestPostgres.shared()
    let database = TestDatabase(server: server, url: try await server.freshDatabase())
    do {
        try await body(database)
    } catch {
        try? await server.drop(database.url)
        throw error
    }
    try await server.drop(database.url)
}

struct TestDatabase {
    let server: TestPostgres
    let url: String

    var name: String { String(url.split(separator: "/").last ?? "") }

    @discardableResult
    func psql(_ sql: String) async throws -> String { try await server.psql(sql, database: name) }

    /// An opened storage.
    func storage<Record: StorageRecord, State: StorageState>(
        _ type: PostgresStorage<Record, State>.Type = PostgresStorage<Record, State>.self,
        access: StorageAccess = .readWrite,
        options: StorageOptions = patient,
        postgres: PostgresOptions = .init()
    ) async throws -> PostgresStorage<Record, State> {
        let storage = try PostgresStorage<Record, State>(url: url, access: access, options: options, postgres: postgres)
        try await storage.initialize()
        return storage
    }
}

/// An opened storage of accounts in a database of its own.
func withAccounts(
    postgres: PostgresOptions = .init(),
    _ body: (Accounts, TestDatabase) async throws -> Void
) async throws {
    try await withDatabase { database in
        let storage = try await database.storage(Accounts.self, postgres: postgres)
        try await body(storage, database)
        try await storage.close()
    }
}
#endif
