#if Postgres
import FoundationEssentials
import Stowage
import StowagePostgres
import StowageTestServers
import Testing

struct Spaced: StorageRecord, Equatable {
    var id: String
    static let collection = "things"
    static var fields: [Field<Spaced>] { Field("id", \.id).identifier() }
}

@Suite struct OpeningTests {
    @Test func manyOpenANewDatabaseAtOnce() async throws {
        try await withDatabase { database in
            try await withThrowingTaskGroup { group in
                for number in 0..<16 {
                    group.addTask {
                        let storage = try await database.storage(Accounts.self, postgres: .init(poolSize: 2))
                        try await storage.initialize()
                        try await storage.create(Account(name: "n\(number)"))
                        try await storage.close()
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await database.psql("SELECT count(*) FROM accounts") == "16")
            #expect(
                try await database.psql("SELECT count(*) FROM pg_indexes WHERE schemaname = 'public'") == "4"
            )
        }
    }

    @Test func openingWhatIsThereTakesNoLock() async throws {
        try await withAccounts { _, database in
            let pool = try PostgresPool(url: database.url)
            try await pool.withConnection(deadline: patience) { connection in
                try await connection.execute(
                    "BEGIN; LOCK TABLE accounts IN ROW EXCLUSIVE MODE; SELECT pg_advisory_xact_lock(\(0x73_746f_7761_6765))",
                    deadline: patience
                )
                let second = try await database.storage(Accounts.self)
                try await second.close()
            }
            try await pool.close(deadline: patience)
        }
    }

    @Test func aLockedOpeningEndsWithItsDeadline() async throws {
        try await withDatabase { database in
            let pool = try PostgresPool(url: database.url)
            try await pool.withConnection(deadline: patience) { connection in
                try await connection.execute(
                    "BEGIN; SELECT pg_advisory_xact_lock(\(0x73_746f_7761_6765))",
                    deadline: patience
                )
                let hurried = StorageOptions(deadline: .milliseconds(300))
                let ending = await code { _ = try await database.storage(Accounts.self, options: hurried) }
                #expect(ending == .timeout)
            }
            try await pool.close(deadline: patience)
            try await database.storage(Accounts.self).close()
        }
    }

    @Test func readOnlyCreatesNothing() async throws {
        try await withDatabase { database in
            #expect(await code { _ = try await database.storage(Accounts.self, access: .readOnly) } == .notFound)
            #expect(try await database.psql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "0")
            let writer = try await database.storage(Accounts.self)
            try await writer.create(Account(name: "a"))
            try await writer.close()
            let reader = try await database.storage(Accounts.self, access: .readOnly)
            #expect(try await reader.count() == 1)
            #expect(await code { try await reader.create(Account(name: "b")) } == .readOnly)
            let driver = reader.handle.database.driver
            let batch = WriteBatch([.deleteAll(.all)], in: reader.handle.schema.collection)
            #expect(await code { _ = try await driver.write(batch, context: patient.context()) } == .readOnly)
            #expect(await code { _ = try await driver.begin(.readWrite, context: patient.context()) } == .readOnly)
            try await reader.close()
        }
    }

    @Test func aClosedStorageSaysSo() async throws {
        try await withAccounts { storage, _ in
            try await storage.close()
            try await storage.close()
            #expect(await code { _ = try await storage.get("a") } == .closed)
            #expect(await code { try await storage.initialize() } == .closed)
        }
    }

    @Test func namespacesAreSchemas() async throws {
        try await withDatabase { database in
            let schema = try RecordSchema<Spaced>(
                collection: "things",
                namespace: "sp\"ace",
                fields: Spaced.fields
            )
            let driver = try PostgresDriver(url: database.url)
            let context = patient.context()
            try await driver.open([schema.collection], access: .readWrite, context: context)
            try await driver.open([schema.collection], access: .readWrite, context: context)
            let batch = WriteBatch([.insert(Row(values: [.text("a")]))], in: schema.collection)
            _ = try await driver.write(batch, context: context)
            #expect(try await database.psql("SELECT count(*) FROM \"sp\"\"ace\".things") == "1")
            #expect(await code { _ = try await driver.write(batch, context: context) } == .alreadyExists)
            try await driver.close()
        }
    }

    // MARK: What does not fit

    @Test func tablesOfAnotherShapeAreRefused() async throws {
        let columns = [
            ("balance", "", StorageError.Code.schemaMismatch), ("balance", "text", .schemaMismatch),
            ("address", "jsonb", .schemaMismatch), ("openedAt", "timestamptz(0)", .schemaMismatch),
            ("email", "text COLLATE \"en-x-icu\"", .schemaMismatch), ("email", "varchar(99)", .schemaMismatch),
        ]
        for (name, type, expected) in columns {
            try await withDatabase { database in
                var table = [
                    "name": "text PRIMARY KEY", "email": "varchar", "balance": "integer", "level": "text",
                    "address": "json", "openedAt": "timestamptz",
                ]
                table[name] = type.isEmpty ? nil : type
                let list = table.map { "\"\($0)\" \($1)" }.joined(separator: ", ")
                try await database.psql("CREATE TABLE accounts (\(list))")
                let error = await storageError { _ = try await database.storage(Accounts.self) }
                #expect(error?.code == expected && error?.field == name && error?.collection == "accounts", "\(name)")
            }
        }
        try await withDatabase { database in
            try await database.psql(
                "CREATE TABLE accounts (name text, email text, balance bigint, level text, address json, \"openedAt\" timestamptz)"
            )
            #expect(await code { _ = try await database.storage(Accounts.self) } == .schemaMismatch)
        }
    }

    @Test func anotherEncodingIsRefused() async throws {
        let server = try await TestPostgres.shared()
        let url = try await server.freshDatabase(template: "template0 ENCODING 'LATIN1' LOCALE 'C'")
        let database = TestDatabase(server: server, url: url)
        #expect(await code { _ = try await database.storage(Accounts.self) } == .configuration)
        try await server.drop(url)
    }

    @Test func placesThatAreNone() async throws {
        let server = try await TestPostgres.shared()
        let absent = try Accounts(url: server.url(database: "no_such_database"), options: patient)
        #expect(await code { try await absent.initialize() } == .notFound)
        let nobody = try Accounts(url: "postgresql://u:secret@127.0.0.1:1/x", options: patient)
        let error = await storageError { try await nobody.initialize() }
        #expect(error?.code == .unavailable && !"\(String(describing: error))".contains("secret"))
        #expect(nobody.location.description == "postgresql://127.0.0.1:1/x")
        let unreadable = storageErrorOf { _ = try PostgresDriver(url: "postgresql://u:secret@[::1/x") }
        #expect(unreadable?.code == .configuration && !"\(String(describing: unreadable))".contains("secret"))
        #expect(
            try PostgresDriver(url: "host=/tmp/a dbname='b c'").location.description == "postgresql://%2Ftmp%2Fa/b%20c"
        )
    }

    @Test func connectionsAreUsedAgainAfterAFailedOpening() async throws {
        try await withDatabase { database in
            try await database.psql("CREATE TABLE accounts (name text PRIMARY KEY)")
            let storage = try Accounts(url: database.url, options: patient)
            #expect(await code { try await storage.initialize() } == .schemaMismatch)
            try await database.psql("DROP TABLE accounts")
            try await storage.initialize()
            try await storage.create(Account(name: "a"))
            try await storage.close()
        }
    }
}

private func storageErrorOf(_ body: () throws -> Void) -> StorageError? {
    do {
        try body()
        return nil
    } catch {
        return error as? StorageError
    }
}
#endif
