#if SQLite && Postgres
import Foundation
import Stowage
import StowageJSON
import StowageMigration
import StowagePostgres
import StowageSQLite
import StowageTestServers

/// Where a store of a test is, on each adapter.
enum Kind: String, Sendable, CaseIterable { case memory, json, sqlite, postgres, shelf }

/// A place for one store. It can be opened any number of times, for writing and for reading.
final class Place: Sendable {
    let kind: Kind
    let folder: String
    let url: String
    private let memory = MemoryDriver()
    private let shelf = ShelfDriver()
    /// A long deadline: time decides no verdict.
    static let patient = StorageOptions(deadline: .seconds(300))

    init(_ kind: Kind) async throws {
        self.kind = kind
        folder = NSTemporaryDirectory() + "stowage-move-" + UUID().uuidString
        url = kind == .postgres ? try await TestPostgres.shared().freshDatabase() : ""
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var file: String { folder + (kind == .json ? "/store.json" : "/store.db") }
    var databaseName: String { String(url.split(separator: "/").last ?? "") }

    func driver() throws -> any StorageDriver {
        switch kind {
        case .memory: memory
        case .json: JSONFileDriver(path: file)
        case .sqlite: SqliteDriver(path: file)
        case .postgres: try PostgresDriver(url: url)
        case .shelf: shelf
        }
    }

    func database(_ access: StorageAccess = .readWrite) throws -> StorageDatabase {
        StorageDatabase(driver: try driver(), access: access, options: Self.patient)
    }

    /// Runs a body with an opened storage.
    @discardableResult
    func with<Result: Sendable>(
        _ access: StorageAccess = .readWrite,
        _ body: (Items) async throws -> Result
    ) async throws -> Result {
        let database = try database(access)
        let items = try database.items()
        try await items.initialize()
        do {
            let result = try await body(items)
            try await database.close()
            return result
        } catch {
            try? await database.close()
            throw error
        }
    }

    /// Fills the store with records, unknown members and a state.
    func fill(_ items: [Item], unknown: Bool = true, baseDir: String? = "/b") async throws {
        try await with { storage in
            try await storage.writeState(ItemState(items: items, baseDir: baseDir))
            guard unknown, let first = items.first else { return }
            let collection = try Item.schema.collection
            let rows = Collected()
            let context = OperationContext(deadline: .after(.seconds(300)))
            try await storage.handle.database.driver.get(
                [Key(.text(first.id))],
                in: collection,
                includingUnknown: true,
                context: context
            ) { rows.append(try $0.row(of: collection)) }
            var row = rows.all[0]
            row.unknown = #"{"big":9007199254740993,"f":1.50,"n":null,"note":"a b"}"#
            _ = try await storage.handle.database.driver.write(
                WriteBatch([.upsert(row)], in: collection),
                context: context
            )
            let member = Row(values: [.text("zeta"), .json(#"{"k":[1e2]}"#)])
            _ = try await storage.handle.database.driver.write(
                WriteBatch([.upsert(member)], in: .state),
                context: context
            )
        }
    }

    /// Everything in canonical form.
    func export() async throws -> String {
        try await with(.readOnly) { String(decoding: try await StoreExport.bytes(of: $0), as: UTF8.self) }
    }

    func count() async throws -> Int { try await with(.readOnly) { try await $0.count() } }

    func remove() async throws {
        if kind == .postgres { try await TestPostgres.shared().drop(url) }
    }

    @discardableResult
    func psql(_ sql: String) async throws -> String {
        try await TestPostgres.shared().psql(sql, database: databaseName)
    }
}

/// Runs a body with a place for each kind, and drops what lies on a server afterwards.
func withPlaces(
    _ first: Kind,
    _ second: Kind,
    _ body: (Place, Place) async throws -> Void
) async throws {
    let places = [try await Place(first), try await Place(second)]
    do {
        try await body(places[0], places[1])
    } catch {
        for place in places { try? await place.remove() }
        throw error
    }
    for place in places { try await place.remove() }
}

extension Place {
    /// A move from this place.
    func move(to target: Place, _ options: MoveOptions = .init()) throws -> ItemMove {
        try ItemMove(
            from: try database(.readOnly),
            to: try target.database(),
            examining: { try target.database(.readOnly) },
            options: options
        )
    }

    /// A move from this place, run to its end.
    @discardableResult
    func moved(
        to target: Place,
        _ options: MoveOptions = .init(),
        progress: (@Sendable (MoveProgress) -> Void)? = nil
    ) async throws -> MoveReport {
        let move = try move(to: target, options)
        do {
            let report = try await move.run(progress: progress)
            try await move.close()
            return report
        } catch {
            try? await move.close()
            throw error
        }
    }

    func planned(to target: Place, _ options: MoveOptions = .init()) async throws -> MovePlan {
        let move = try move(to: target, options)
        do {
            let plan = try await move.plan()
            try await move.close()
            return plan
        } catch {
            try? await move.close()
            throw error
        }
    }

    func settled(to target: Place) async throws -> SettleReport {
        let move = try move(to: target)
        do {
            let report = try await move.settle()
            try await move.close()
            return report
        } catch {
            try? await move.close()
            throw error
        }
    }

    func rolledBack(to target: Place) async throws -> RollbackReport {
        let move = try move(to: target)
        do {
            let report = try await move.rollBack()
            try await move.close()
            return report
        } catch {
            try? await move.close()
            throw error
        }
    }

    func verified(against target: Place) async throws -> MoveVerdict {
        let move = try ItemMove(from: try database(.readOnly), to: try target.database(.readOnly))
        do {
            let verdict = try await move.verify()
            try await move.close()
            return verdict
        } catch {
            try? await move.close()
            throw error
        }
    }
}
#endif
