#if SQLite
import FoundationEssentials
import Testing

@testable import Stowage
@testable import StowageSQLite

enum Files {
    static func size(_ path: String) throws -> Int {
        (try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? -1
    }
    static func write(_ bytes: [UInt8], _ folder: TemporaryFolder) throws {
        let parent = String(folder.file[..<folder.file.lastIndex(of: "/")!])
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: folder.file))
    }
}

struct OpeningTests {
    private func open(
        _ folder: TemporaryFolder,
        _ collections: [CollectionSchema] = [Sample.notes],
        _ access: StorageAccess = .readWrite
    ) async throws {
        let driver = SqliteDriver(path: folder.file)
        try await driver.open(collections, access: access, context: anHour)
        try await driver.close()
    }

    @Test func aNewFileIsForItsOwnerOnly() async throws {
        let folder = try TemporaryFolder()
        try await open(folder)
        let mode = try FileManager.default.attributesOfItem(atPath: folder.file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let parent = String(folder.file[..<folder.file.lastIndex(of: "/")!])
        #expect(try FileManager.default.attributesOfItem(atPath: parent)[.posixPermissions] as? Int == 0o700)
        #expect(try FileManager.default.contentsOfDirectory(atPath: parent) == ["test.db"])
    }

    @Test func otherFilesAreNamedForWhatTheyAre() async throws {
        for (bytes, word) in [
            (Array("  {\"sessions\": []}".utf8), "JSON"), (Array("[1]".utf8), "JSON"),
            (Array("hello".utf8), "not a SQLite database"),
            (Array(repeating: UInt8(7), count: 5000), "not a SQLite database"),
        ] {
            let folder = try TemporaryFolder()
            try Files.write(bytes, folder)
            for access in [StorageAccess.readWrite, .readOnly] {
                let error = await expect(.corrupt) { try await open(folder, [Sample.notes], access) }
                #expect(error?.message.contains(word) == true)
                #expect(error?.place?.path == folder.file)
            }
            #expect(try Data(contentsOf: URL(filePath: folder.file)) == Data(bytes))
        }
    }

    @Test func anEmptyFileIsANewDatabaseAndADirectoryIsNone() async throws {
        let folder = try TemporaryFolder()
        try Files.write([], folder)
        try await open(folder)
        let other = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: other.file, withIntermediateDirectories: true)
        let error = await expect(.corrupt) { try await open(other) }
        #expect(error?.message.contains("directory") == true)
    }

    @Test func aDamagedFileIsCorrupt() async throws {
        let folder = try TemporaryFolder()
        let store = try await Store(Sample.notes, in: folder)
        try await store.insert((0..<2000).map { [.text("\($0)"), .text("title \($0)"), .null] })
        try await store.driver.close()
        let whole = try [UInt8](Data(contentsOf: URL(filePath: folder.file)))
        try Files.write(Array(whole.prefix(whole.count / 2)), folder)
        let error = await expect(.corrupt) {
            let again = try await Store(Sample.notes, in: folder)
            _ = try await again.ids()
        }
        #expect(error?.place?.path == folder.file)
        var broken = whole
        for index in 4096..<broken.count { broken[index] = 0xa5 }
        try Files.write(broken, folder)
        await expect(.corrupt) {
            let again = try await Store(Sample.notes, in: folder)
            _ = try await again.ids()
        }
    }

    @Test func readingOnlyCreatesNothing() async throws {
        let folder = try TemporaryFolder()
        await expect(.notFound) { try await open(folder, [Sample.notes], .readOnly) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        let store = try await Store(Sample.notes, in: folder)
        try await store.write(.insert(Sample.note("a", "A", unknown: #"{"x":1}"#)))
        let reader = SqliteDriver(path: folder.file)
        try await reader.open([Sample.notes], access: .readOnly, context: anHour)
        #expect(try await reader.count(.all, in: Sample.notes, context: anHour) == 1)
        await expect(.readOnly) {
            _ = try await reader.write(WriteBatch([.insert(Sample.note("b"))], in: Sample.notes), context: anHour)
        }
        await expect(.readOnly) { _ = try await reader.begin(.readWrite, context: anHour) }
        await expect(.notFound) { try await reader.open([Sample.typed(.int)], access: .readOnly, context: anHour) }
        await expect(.readOnly) { try await reader.open([Sample.notes], access: .readWrite, context: anHour) }
        try await store.write(.insert(Sample.note("b")))
        #expect(try await reader.count(.all, in: Sample.notes, context: anHour) == 2)
        #expect(try await reader.health(context: anHour).backendVersion.hasPrefix("SQLite 3"))
    }

    @Test func schemasAreChecked() async throws {
        let folder = try TemporaryFolder()
        try Raw.run(folder, "CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT)")
        let error = await expect(.schemaMismatch) { try await open(folder) }
        #expect(error?.field == "rank" && error?.collection == "notes")
        let other = try TemporaryFolder()
        try Raw.run(other, "CREATE TABLE notes (id TEXT, title TEXT, rank INTEGER)")
        #expect(await expect(.schemaMismatch) { try await open(other) }?.collection == "notes")
        let duplicate = try TemporaryFolder()
        try Raw.run(
            duplicate,
            """
            CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT, rank INTEGER);
            INSERT INTO notes VALUES ('a', 'x', 1), ('b', 'x', 1);
            """
        )
        await expect(.constraint) { try await open(duplicate) }
        let spaced = CollectionSchema(name: "t", namespace: "n", fields: Sample.notes.fields, key: [0], indexes: [])
        await expect(.unsupported) { try await open(try TemporaryFolder(), [spaced]) }
    }

    @Test func openingAgainAddsCollections() async throws {
        let store = try await Store(Sample.notes)
        try await store.driver.open([Sample.notes, .state], access: .readWrite, context: anHour)
        try await store.driver.open([.state], access: .readWrite, context: anHour)
        let row = Row(values: [.text("baseDir"), .json("\"/x\"")])
        _ = try await store.driver.write(WriteBatch([.upsert(row)], in: .state), context: anHour)
        #expect(try await store.driver.count(.all, in: .state, context: anHour) == 1)
        await expect(.invalidArgument) {
            _ = try await store.driver.count(.all, in: Sample.typed(.int), context: anHour)
        }
        // The same fields made anew are the same collection; another order of fields is another.
        let reordered = CollectionSchema(
            name: "notes",
            fields: [Sample.notes.fields[2], Sample.notes.fields[0], Sample.notes.fields[1]],
            key: [1],
            indexes: Sample.notes.indexes.map { IndexSchema(name: $0.name, fields: [2], isUnique: true) }
        )
        try await store.driver.open([reordered], access: .readWrite, context: anHour)
        try await store.write(.insert(Sample.note("a", "A", 7)))
        let rows = Rows(reordered)
        try await store.driver.get(
            [Key(.text("a"))],
            in: reordered,
            includingUnknown: false,
            context: anHour,
            rows: rows.add
        )
        #expect(rows.all.first?.values == [.int(7), .text("a"), .text("A")])
    }

    @Test func otherProgramsReadTheFile() async throws {
        let store = try await Store(Sample.typed(.decimal, indexed: true))
        try await store.insert([[.int(1), .decimal(Decimal(string: "2.50")!)]])
        let other = try Raw(store.folder)
        try other.run(
            "INSERT INTO typed (id, f) VALUES (2, '3.5'); DELETE FROM typed WHERE CAST(f AS REAL) = 2.5; PRAGMA integrity_check"
        )
        #expect(try await store.ids() == [.int(2)])
    }

    @Test func noErrorQuotesAValue() async throws {
        let store = try await Store(Sample.notes)
        try await store.write(.insert(Sample.note("a", "s3cret-value")))
        let error = await expect(.constraint) { try await store.write(.insert(Sample.note("b", "s3cret-value"))) }
        var dumped = ""
        dump(error, to: &dumped)
        #expect(!"\(String(describing: error)) \(dumped)".contains("s3cret"))
    }
}
#endif
