#if SQLite && Postgres
import ConformanceKit
import Foundation
import Stowage
import StowageJSON
import StowagePostgres
import StowageSQLite
import StowageTestServers
import Testing

/// Random queries over random records with hostile text: memory, JSON, SQLite and Postgres give the same answers in the
/// same order.
@Suite struct AgreementTests {
    /// `STOWAGE_TEST_SEED` repeats a run; every disagreement prints the seed.
    static let seed = ProcessInfo.processInfo.environment["STOWAGE_TEST_SEED"].flatMap(UInt64.init) ?? 20_260

    @Test(arguments: 0..<4)
    func allBackendsAgree(_ part: Int) async throws {
        let folder = NSTemporaryDirectory() + "stowage-agreement-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try await TestPostgres.shared()
        let url = try await server.freshDatabase()
        let others: [(name: String, database: StorageDatabase)] = [
            ("json", .json(path: folder + "/store.json")), ("sqlite", .sqlite(path: folder + "/store.db")),
            ("postgres", try .postgres(url: url)),
        ]
        let found = try await QueryAgreement.run(
            reference: .memory(),
            others: others,
            records: 150,
            queries: 600,
            seed: Self.seed + UInt64(part)
        )
        for disagreement in found { Issue.record("\(disagreement)") }
        for other in others { try await other.database.close() }
        try await server.drop(url)
    }
}
#endif
