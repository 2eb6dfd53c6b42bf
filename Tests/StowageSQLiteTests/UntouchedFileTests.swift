#if SQLite
import CSQLite
import FoundationEssentials
import Testing

@testable import Stowage
@testable import StowageSQLite

/// A store that is refused, or only read, is left byte for byte as it was, with nothing new beside it.
@Suite struct UntouchedFileTests {
    private static let migrations = SchemaMigrations([
        SchemaMigration(
            1,
            "create",
            [
                .createCollection(
                    "notes",
                    [.text("id").identifier(), .text("title").optional(), .int("rank").optional()]
                )
            ]
        )
    ])
    private static let fitting =
        "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, rank INTEGER, _stowage_unknown text);"

    private struct Note: StorageRecord {
        var id: String
        var title: String?
        var rank: Int?
        static let collection = "notes"
        static var fields: [Field<Note>] {
            Field("id", \.id).identifier()
            Field("title", \.title)
            Field("rank", \.rank)
        }
    }

    /// The files of the folder by their names.
    private func files(_ folder: TemporaryFolder) throws -> [String: Data] {
        let parent = String(folder.file[..<folder.file.lastIndex(of: "/")!])
        let names = try FileManager.default.contentsOfDirectory(atPath: parent)
        return try Dictionary(
            uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: URL(filePath: "\(parent)/\($0)"))) }
        )
    }

    private func open(
        _ folder: TemporaryFolder,
        _ access: StorageAccess = .readWrite,
        _ migrations: SchemaMigrations? = UntouchedFileTests.migrations
    ) async throws {
        let notes = try SqliteStorage<Note, RecordsOnly<Note>>(
            path: folder.file,
            access: access,
            migrations: migrations
        )
        do {
            try await notes.initialize()
            _ = try await notes.fetch()
        } catch {
            try? await notes.close()
            throw error
        }
        try await notes.close()
    }

    @Test(arguments: ["DELETE", "WAL"])
    func aStoreThatIsRefusedKeepsItsBytes(_ mode: String) async throws {
        let history = """
            CREATE TABLE _stowage_migrations (number INTEGER PRIMARY KEY, name TEXT, checksum TEXT, applied_at TEXT,
              duration_ms INTEGER, applied_by TEXT, adopted INTEGER);
            INSERT INTO _stowage_migrations VALUES (7, 'newer', 'c', '2024-01-01T00:00:00.000000Z', 1, 'me', 0);
            """
        for (sql, hasMigrations) in [
            // No version fits; a newer program's; a table that lacks a field; values that no unique index takes.
            ("CREATE TABLE notes (id TEXT PRIMARY KEY, other TEXT)", true), (Self.fitting + history, true),
            ("CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT)", false),
            ("CREATE TABLE notes (id TEXT COLLATE NOCASE PRIMARY KEY, title TEXT, rank INTEGER)", true),
            ("CREATE TABLE notes (id TEXT COLLATE NOCASE PRIMARY KEY, title TEXT, rank INTEGER)", false),
        ] {
            for access in [StorageAccess.readWrite, .readOnly] {
                let folder = try TemporaryFolder()
                try Raw.run(folder, "PRAGMA journal_mode=\(mode); \(sql)")
                let before = try files(folder)
                await expect(.schemaMismatch) { try await open(folder, access, hasMigrations ? Self.migrations : nil) }
                #expect(try files(folder) == before, "\(sql), \(access)")
            }
        }
    }

    /// What making a table meets is found only under the lock, and undone.
    @Test func aStoreWhoseIndexCannotBeMadeKeepsItsBytes() async throws {
        let folder = try TemporaryFolder()
        try Raw.run(
            folder,
            """
            CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT, rank INTEGER);
            INSERT INTO notes VALUES ('a', 'x', 1), ('b', 'x', 1);
            """
        )
        let before = try files(folder)
        let driver = SqliteDriver(path: folder.file)
        await expect(.constraint) {
            try await driver.open([Sample.notes, .state], access: .readWrite, context: anHour)
        }
        try await driver.close()
        #expect(try files(folder) == before)
    }

    @Test(arguments: [StorageAccess.readWrite, .readOnly])
    func aDamagedStoreKeepsItsBytes(_ access: StorageAccess) async throws {
        let folder = try TemporaryFolder()
        try Raw.run(folder, Self.fitting)
        var bytes = try [UInt8](Data(contentsOf: URL(filePath: folder.file)))
        for index in 100..<4096 { bytes[index] = 0xa5 }
        try Files.write(bytes, folder)
        let before = try files(folder)
        await expect(.corrupt) { try await open(folder, access) }
        #expect(try files(folder) == before)
    }

    /// A crash left its last commits in the log: a refusal copies nothing of it.
    @Test func theLogOfARefusedStoreStays() async throws {
        let (folder, made) = (try TemporaryFolder(), try TemporaryFolder())
        do {
            let other = try Raw(made)
            try other.run("PRAGMA journal_mode=WAL; CREATE TABLE notes (id TEXT PRIMARY KEY, other TEXT)")
            try Files.write([], folder)
            for suffix in ["", "-wal"] {
                let bytes = try Data(contentsOf: URL(filePath: made.file + suffix))
                try bytes.write(to: URL(filePath: folder.file + suffix))
            }
        }
        let before = try files(folder)
        #expect(before["test.db-wal"]?.isEmpty == false)
        for access in [StorageAccess.readWrite, .readOnly] {
            await expect(.schemaMismatch) { try await open(folder, access) }
            let after = try files(folder)
            #expect(after["test.db"] == before["test.db"] && after["test.db-wal"] == before["test.db-wal"], "\(access)")
        }
        try Raw.run(folder, "INSERT INTO notes VALUES ('still', 'there')")
    }

    @Test(arguments: ["DELETE", "WAL"])
    func readersLeaveNothingBehind(_ mode: String) async throws {
        let folder = try TemporaryFolder()
        try Raw.run(folder, "PRAGMA journal_mode=\(mode); \(Self.fitting) INSERT INTO notes (id) VALUES ('a')")
        let before = try files(folder)
        #expect(before.count == 1)
        for migrations in [Self.migrations, nil] {
            try await open(folder, .readOnly, migrations)
            #expect(try files(folder) == before)
        }
    }

    /// What is taken into use is in WAL mode from then on.
    @Test func aStoreThatIsTakenIntoUseIsInWALMode() async throws {
        for sql in [Self.fitting, "CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT, rank INTEGER)"] {
            for migrations in [Self.migrations, nil] {
                let folder = try TemporaryFolder()
                try Raw.run(folder, sql)
                try await open(folder, .readWrite, migrations)
                #expect(try [UInt8](Data(contentsOf: URL(filePath: folder.file)))[18] == 2)
                #expect(try files(folder).count == 1)
            }
        }
    }

    /// A file that is read without locks is looked at after every row.
    @Test func aFrozenFileThatChangesEndsTheCall() throws {
        let folder = try TemporaryFolder()
        try Raw.run(folder, "PRAGMA journal_mode=WAL; \(Self.fitting) INSERT INTO notes (id) VALUES ('a'), ('b')")
        let reader = try SQLiteConnection(path: folder.file, role: .frozen)
        #expect(try reader.text("SELECT count(*) FROM notes") == "2")
        let other = try Raw(folder)
        try other.run("INSERT INTO notes (id) VALUES ('c')")
        #expect(throws: StorageError.self) { try reader.text("SELECT count(*) FROM notes") }
        #expect(throws: StorageError.self) { try SQLiteConnection(path: folder.file, role: .frozen) }
    }
}
#endif
