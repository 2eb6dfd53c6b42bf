#if SQLite
import ConformanceKit
import Foundation
import Stowage
import StowageSQLite
import Testing

/// Keeps each store of the kit in a folder of its own.
struct SqliteHarness: ConformanceHarness {
    let adapter = "sqlite"

    private func folder(_ location: HarnessLocation) -> String { NSTemporaryDirectory() + "stowage-kit-\(location)" }

    func open(
        at location: HarnessLocation,
        access: StorageAccess,
        options: StorageOptions
    ) throws -> StorageDatabase {
        .sqlite(path: folder(location) + "/store.db", access: access, options: options)
    }

    func destroy(_ location: HarnessLocation) async throws {
        try? FileManager.default.removeItem(atPath: folder(location))
    }
}

@Suite struct SqliteConformanceTests {
    @Test(arguments: ConformanceCases.all)
    func conforms(_ conformanceCase: ConformanceCase) async throws {
        try await conformanceCase.verify(on: SqliteHarness())
    }
}
#endif
