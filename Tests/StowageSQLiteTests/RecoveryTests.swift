#if SQLite
import FoundationEssentials
import Testing

@testable import Stowage
@testable import StowageSQLite

/// What a program leaves that died in the middle of a write outside WAL mode (DUR-2).
@Suite struct RecoveryTests {
    @Test func aHotJournalIsTakenBackByAnOpeningForReading() async throws {
        let folder = try TemporaryFolder()
        let (journal, copy) = (folder.file + "-journal", folder.path + "/copy.db")
        do {
            let other = try Raw(folder)
            try other.run(
                """
                PRAGMA cache_size = 2; CREATE TABLE t (a PRIMARY KEY, b);
                WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO t SELECT i, zeroblob(500) FROM n;
                """
            )
            // The small cache spills into the file, so the journal is needed from here on.
            try other.run("BEGIN; UPDATE t SET b = zeroblob(499)")
            try FileManager.default.copyItem(atPath: folder.file, toPath: copy)
            try FileManager.default.copyItem(atPath: journal, toPath: copy + "-journal")
        }
        let driver = SqliteDriver(path: copy)
        // The table of the collection is absent, and that is all that is wrong.
        await #expect { try await driver.open([.state], access: .readOnly, context: anHour) } throws: {
            ($0 as? StorageError)?.code == .notFound
        }
        try await driver.close()
    }
}
#endif
