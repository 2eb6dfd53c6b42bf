#if SQLite
import ConformanceKit
import Foundation
import Stowage
import StowageSQLite
import Testing

/// Tables that another program made: kept when they keep what they are given, refused with the field when not.
@Suite struct AdoptedTableTests {
    struct Item: StorageRecord, Equatable {
        var id: String
        var count: Int?
        var weight: Double?
        var tag: String?
        static let collection = "items"
        static var fields: [Field<Item>] {
            Field("id", \.id).identifier()
            Field("count", \.count)
            Field("weight", \.weight)
            Field("tag", \.tag).indexed()
        }
    }

    private func open(_ sql: String) async throws -> (code: StorageError.Code?, field: String?) {
        let folder = NSTemporaryDirectory() + "stowage-adopted-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        shell.arguments = ["sqlite3", folder + "/a.db", sql]
        try shell.run()
        shell.waitUntilExit()
        try #require(shell.terminationStatus == 0)
        let items = try SqliteStorage<Item, RecordsOnly<Item>>(path: folder + "/a.db")
        do {
            try await items.initialize()
            let item = Item(id: "007", count: 7, weight: -0.0, tag: "1e3")
            try await items.create(item)
            #expect(try await items.get("007") == item)
            #expect(try await items.get("007")?.weight?.sign == .minus)
            try await items.close()
            return (nil, nil)
        } catch let error as StorageError {
            return (error.code, error.field)
        }
    }

    @Test func whatIsKeptAndWhatIsRefused() async throws {
        let good = "create table items (id text primary key, \"count\" bigint, weight, tag varchar(9))"
        #expect(try await open(good) == (nil, nil))
        for (sql, field) in [
            ("create table items (id text collate nocase primary key, \"count\" int, weight, tag text)", "id"),
            ("create table items (id text primary key, \"count\" int, weight, tag string)", "tag"),
            ("create table items (id text primary key, \"count\" text, weight, tag text)", "count"),
            ("create table items (id text primary key, \"count\" int, weight real, tag text)", "weight"),
            ("create table items (id text primary key, weight, tag text)", "count"),
        ] {
            let (code, named) = try await open(sql)
            #expect(code == .schemaMismatch && named == field, "\(sql)")
        }
        let keyless = "create table items (id text, \"count\" int, weight, tag text, _stowage_unknown text)"
        #expect(try await open(keyless + "; create index items_tag_idx on items(tag)").code == .schemaMismatch)
        #expect(
            try await open(good + "; create table o(x); create index items_tag_idx on o(x)").code == .schemaMismatch
        )
        #expect(try await open(good + "; create index items_tag_idx on items(\"count\")").code == .schemaMismatch)
        #expect(
            try await open(good + "; create index items_tag_idx on items(tag) where tag > 'a'").code == .schemaMismatch
        )
    }
}
#endif
