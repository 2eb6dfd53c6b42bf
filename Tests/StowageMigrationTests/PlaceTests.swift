#if SQLite && Postgres
import Foundation
import Stowage
import StowageJSON
import StowageMigration
import StowagePostgres
import StowageSQLite
import StowageTestServers
import Testing

/// A store is not moved into itself, whatever its two names are, and two stores are not taken for one.
@Suite struct PlaceTests {
    @Test(arguments: [Kind.json, .sqlite])
    func aFileOfTwoNamesIsOnePlace(_ kind: Kind) async throws {
        let place = try await Place(kind)
        try await place.fill(sampleItems(1))
        let link = place.folder + "/link"
        let hard = place.folder + "/hard"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: place.file)
        try FileManager.default.linkItem(atPath: place.file, toPath: hard)
        try FileManager.default.createDirectory(atPath: place.folder + "/sub", withIntermediateDirectories: false)
        let dotted = place.folder + "/sub/../" + (place.file.split(separator: "/").last ?? "")
        let before = try FileManager.default.contentsOfDirectory(atPath: place.folder).sorted()
        for path in [place.file, link, hard, dotted] {
            let target: StorageDatabase =
                kind == .json
                ? .json(path: path, options: Place.patient) : .sqlite(path: path, options: Place.patient)
            #expect("\(path)") {
                try ItemMove(from: try place.database(.readOnly), to: target, options: .init(merge: .replace))
            } throws: {
                ($0 as? StorageError)?.code == .invalidArgument
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.folder).sorted() == before)
    }

    /// A move is known by its file, whatever name led to it.
    @Test(arguments: [Kind.json, .sqlite])
    func aMoveIsKnownByALinkToItsSource(_ kind: Kind) async throws {
        try await withPlaces(kind, .sqlite) { source, target in
            try await source.fill(sampleItems(5))
            try await source.moved(to: target)
            let link = source.folder + "/link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: source.file)
            func move(_ options: MoveOptions) throws -> ItemMove {
                let linked: StorageDatabase =
                    kind == .json
                    ? .json(path: link, access: .readOnly, options: Place.patient)
                    : .sqlite(path: link, access: .readOnly, options: Place.patient)
                return try ItemMove(from: linked, to: try target.database(), options: options)
            }
            let resumed = try move(.init(resumes: true))
            #expect(try await resumed.run().verdict?.isEqual == true)
            try await resumed.close()
            let undone = try move(.init())
            #expect(try await undone.rollBack().removed == 5)
            try await undone.close()
        }
    }

    /// The name under which a store was moved is said where another one does not lead to it.
    @Test func aMoveOfAServersOtherNameSaysTheNameToUse() async throws {
        try await withPlaces(.postgres, .sqlite) { source, target in
            try await source.fill(sampleItems(5))
            try await source.moved(to: target)
            let url = source.url.replacingOccurrences(of: "127.0.0.1", with: "localhost")
            try #require(url != source.url)
            func move(_ options: MoveOptions) throws -> ItemMove {
                let other = try StorageDatabase.postgres(url: url, access: .readOnly, options: Place.patient)
                return try ItemMove(from: other, to: try target.database(), options: options)
            }
            let resumed = try move(.init(resumes: true))
            await #expect { try await resumed.run() } throws: {
                let error = $0 as? StorageError
                return error?.code == .alreadyExists && error?.advice?.contains("127.0.0.1") == true
            }
            try await resumed.close()
            let undone = try move(.init())
            await #expect { try await undone.rollBack() } throws: {
                let error = $0 as? StorageError
                return error?.code == .conflict && error?.advice?.contains("127.0.0.1") == true
            }
            try await undone.close()
        }
    }

    /// Every name of the server leads to one store: nothing is written, in none of the operations.
    @Test func aDatabaseOfTwoNamesIsOnePlace() async throws {
        let place = try await Place(.postgres)
        try await place.fill(sampleItems(3), unknown: false)
        let port = try await TestPostgres.shared().port
        let socket = try await place.psql("SHOW unix_socket_directories").split(separator: ",").first.map(String.init)
        let folder = try #require(socket?.trimmingCharacters(in: .whitespaces)).addingPercentEncoding(
            withAllowedCharacters: .alphanumerics
        )
        let name = place.databaseName
        let urls = [
            "postgresql://postgres@localhost:\(port)/\(name)", "postgresql://postgres@127.0.0.1:\(port)/\(name)",
            "postgresql://postgres@\(folder ?? ""):\(port)/\(name)",
            "postgresql://postgres@127.0.0.1:\(port)/\(name)?options=-csearch_path%3Dnowhere%2Cpublic",
        ]
        let before = try await place.psql(
            "SELECT relname, relnatts FROM pg_class WHERE relname LIKE '%items%' OR relname LIKE '%stowage%' ORDER BY 1"
        )
        for url in urls {
            @Sendable func driver() throws -> PostgresDriver { try PostgresDriver(url: url) }
            func move(_ options: MoveOptions = .init()) throws -> ItemMove {
                try ItemMove(
                    from: try place.database(.readOnly),
                    to: StorageDatabase(driver: try driver(), options: Place.patient),
                    examining: { StorageDatabase(driver: try driver(), access: .readOnly, options: Place.patient) },
                    options: options
                )
            }
            let operations: [(String, @Sendable (ItemMove) async throws -> Void)] = [
                ("run", { _ = try await $0.run() }), ("plan", { _ = try await $0.plan() }),
                ("verify", { _ = try await $0.verify() }), ("rollBack", { _ = try await $0.rollBack() }),
            ]
            for (operation, body) in operations {
                let move = try move(.init(merge: .replace))
                await #expect("\(operation) \(url)") { try await body(move) } throws: {
                    ($0 as? StorageError)?.code == .invalidArgument
                }
                try await move.close()
            }
        }
        let after = try await place.psql(
            "SELECT relname, relnatts FROM pg_class WHERE relname LIKE '%items%' OR relname LIKE '%stowage%' ORDER BY 1"
        )
        #expect(after == before)
        try await place.remove()
    }

    @Test func twoSchemasOfOneDatabaseAreTwoPlaces() async throws {
        let place = try await Place(.postgres)
        try await place.psql("CREATE SCHEMA one; CREATE SCHEMA two")
        @Sendable func database(_ schema: String, _ access: StorageAccess = .readWrite) throws -> StorageDatabase {
            let url = place.url + "?options=-csearch_path%3D\(schema)"
            return StorageDatabase(driver: try PostgresDriver(url: url), access: access, options: Place.patient)
        }
        let source = try database("one")
        let items = try source.items()
        try await items.initialize()
        try await items.createMany(sampleItems(20))
        try await source.close()
        let move = try ItemMove(
            from: try database("one", .readOnly),
            to: try database("two"),
            examining: { try database("two", .readOnly) }
        )
        #expect(move.source.driver.location != move.target.driver.location)
        #expect(try await move.run().verified == 20)
        #expect(try await move.verify().isEqual)
        #expect(try await move.rollBack().removed == 20)
        try await move.close()
        #expect(try await place.psql("SELECT count(*) FROM one.items") == "20")
        try await place.remove()
    }

    /// A copy of a server has its identifier, and another database of one server its address: both are other stores.
    @Test func twoDatabasesOfOneServerAreTwoPlaces() async throws {
        try await withPlaces(.postgres, .postgres) { source, target in
            try await source.fill(sampleItems(5))
            #expect(try await source.moved(to: target).verified == 5)
        }
    }
}
#endif
