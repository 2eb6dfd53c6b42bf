#if Postgres
import FoundationEssentials
import Stowage
import StowagePostgres
import Testing

/// What the schema does not know (REC-9), and the whole store as a value (STA-1).
@Suite struct StateTests {
    private func foreign(_ database: TestDatabase) async throws {
        try await database.psql(
            """
            ALTER TABLE accounts ADD COLUMN "it's" text DEFAULT 'q"', ADD COLUMN n numeric DEFAULT 1.50,
              ADD COLUMN yes boolean DEFAULT true, ADD COLUMN none int, ADD COLUMN day date DEFAULT '2024-02-29',
              ADD COLUMN nan float8 DEFAULT 'NaN', ADD COLUMN twice bigint GENERATED ALWAYS AS (balance * 2) STORED
            """
        )
        try await database.psql(
            """
            UPDATE accounts SET _stowage_unknown = '{"x":1.0,"y":[1e2]}',
              address = '{"street":"s","zip":1.50,"deep":{"a":null}}'
            """
        )
    }

    private static let members =
        #"{"x":1.0,"y":[1e2],"it's":"q\"","n":1.50,"yes":true,"day":"2024-02-29","nan":"NaN","twice":2}"#

    private func unknown(_ storage: Accounts, _ name: String) async throws -> String? {
        var found: [String?] = []
        let driver = storage.handle.database.driver
        let rows = Rows()
        try await driver.get(
            [Key(.text(name))],
            in: storage.handle.schema.collection,
            includingUnknown: true,
            context: patient.context()
        ) { rows.add(try $0.unknownMembers()) }
        found = rows.all
        return found.first ?? nil
    }

    @Test func unknownMembersAndForeignColumnsSurvive() async throws {
        try await withAccounts { _, database in
            let first = try await database.storage(Accounts.self)
            try await first.create(Account(name: "a", email: "e", balance: 1, address: .init(street: "s")))
            try await foreign(database)
            let storage = try await database.storage(Accounts.self)
            #expect(try await unknown(storage, "a") == Self.members)
            // Nested values of the same meaning keep what their type does not know, replaced ones do not.
            try await storage.upsert(
                Account(name: "a", email: "e", balance: 1, level: .high, address: .init(street: "s"))
            )
            #expect(
                try await database.psql("SELECT address FROM accounts")
                    == #"{"street":"s","zip":1.50,"deep":{"a":null}}"#
            )
            try await storage.update("a") { $0.email = "f" }
            _ = try await storage.transaction {
                try await $0.upsert(Account(name: "a", balance: 1, address: .init(street: "s")))
            }
            var state = try await storage.readState()
            state.accounts[0].level = .low
            state.accounts.append(Account(name: "b"))
            try await storage.writeState(state)
            #expect(try await unknown(storage, "a") == Self.members)
            #expect(
                try await database.psql("SELECT address FROM accounts WHERE name = 'a'")
                    == #"{"street":"s","zip":1.50,"deep":{"a":null}}"#
            )
            try await storage.upsert(Account(name: "a", balance: 1, address: .init(street: "t")))
            #expect(try await database.psql("SELECT address FROM accounts WHERE name = 'a'") == #"{"street":"t"}"#)
            #expect(try await unknown(storage, "a") == Self.members)
            // Given unknown members are laid over the stored ones.
            let row = Row(
                values: [.text("a"), .null, .int(1), .text("low"), .null, .time(.min)],
                unknown: #"{"y":2,"z":3}"#
            )
            let batch = WriteBatch([.upsert(row)], in: storage.handle.schema.collection)
            _ = try await storage.handle.database.driver.write(batch, context: patient.context())
            #expect(
                try await database.psql("SELECT _stowage_unknown FROM accounts WHERE name = 'a'")
                    == #"{"x":1.0,"y":2,"z":3}"#
            )
            try await storage.close()
            try await first.close()
        }
    }

    @Test func valuesChangePlaces() async throws {
        try await withAccounts { storage, _ in
            let names = (0..<300).map { "n\(1000 + $0)" }
            try await storage.createMany(names.map { Account(name: $0, email: $0) })
            var state = try await storage.readState()
            for index in state.accounts.indices { state.accounts[index].email = names[(index + 1) % names.count] }
            state.accounts.remove(at: 7)
            state.accounts += (0..<400).map { Account(name: "z\(1000 + $0)", email: "\($0)") }
            state.accounts[state.accounts.count - 1].email = names[8]
            state.baseDir = "/base"
            try await storage.writeState(state)
            let stored = try await storage.readState()
            #expect(stored.accounts == state.accounts && stored.baseDir == "/base")
            // Nothing changes when something is wrong.
            var wrong = state
            wrong.accounts[3].email = wrong.accounts[5].email
            let error = await storageError { try await storage.writeState(wrong) }
            #expect(error?.code == .constraint && error?.batchIndex == 5 && error?.field == "email")
            wrong = state
            wrong.accounts[4].name = wrong.accounts[0].name
            #expect(await code { try await storage.writeState(wrong) } == .alreadyExists)
            #expect(try await storage.readState().accounts == state.accounts)
            state.baseDir = nil
            state.accounts = []
            try await storage.writeState(state)
            #expect(try await storage.count() == 0)
            #expect(try await storage.readState().baseDir == nil)
        }
    }

    @Test func valuesThatMustNotBeNullChangePlaces() async throws {
        try await withDatabase { database in
            let storage = try await database.storage(PostgresStorage<Seat, RecordsOnly<Seat>>.self)
            try await storage.createMany([Seat(id: "a", row: 1), Seat(id: "b", row: 2), Seat(id: "c", row: 3)])
            let swapped = [Seat(id: "a", row: 2), Seat(id: "b", row: 1), Seat(id: "c", row: 3)]
            try await storage.writeState(.init(swapped))
            #expect(try await storage.fetch() == swapped)
            try await storage.close()
        }
    }
}

private struct Seat: StorageRecord, Equatable {
    var id: String
    var row: Int
    static let collection = "seats"
    static var fields: [Field<Seat>] {
        Field("id", \.id).identifier()
        Field("row", \.row).unique()
    }
}
#endif
