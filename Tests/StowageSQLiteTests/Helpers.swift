#if SQLite
import FoundationEssentials
import Synchronization
import Testing

@testable import Stowage
@testable import StowageSQLite

/// A folder for one test, removed when the test ends.
final class TemporaryFolder: Sendable {
    let path: String
    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/stowage-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
    var file: String { path + "/inner/test.db" }
}

let anHour = OperationContext(deadline: .after(.seconds(3600)))
func soon() -> OperationContext { OperationContext(deadline: .after(.milliseconds(30))) }

/// An open driver on a file of its own.
final class Store: Sendable {
    let folder: TemporaryFolder
    let driver: SqliteDriver
    let collection: CollectionSchema

    init(_ collection: CollectionSchema, in folder: TemporaryFolder? = nil) async throws {
        self.folder = try folder ?? TemporaryFolder()
        self.collection = collection
        driver = SqliteDriver(path: self.folder.file)
        try await driver.open([collection], access: .readWrite, context: anHour)
    }

    @discardableResult
    func write(_ mutations: Mutation..., returnsRows: Bool = false) async throws -> [MutationOutcome] {
        try await driver.write(WriteBatch(mutations, in: collection, returnsRows: returnsRows), context: anHour)
    }

    func insert(_ rows: [[Value]]) async throws {
        try await driver.write(WriteBatch(rows.map { .insert(Row(values: $0)) }, in: collection), context: anHour)
            .discard()
    }

    func get(_ key: Value...) async throws -> Row? {
        let rows = Rows(collection)
        try await driver.get([Key(key)], in: collection, includingUnknown: true, context: anHour, rows: rows.add)
        return rows.all.first
    }

    func rows(
        _ predicate: QueryPredicate = .all,
        order: [SortKey]? = nil,
        limit: Int? = nil,
        offset: Int = 0
    ) async throws -> [Row] {
        let rows = Rows(collection)
        let order = order ?? collection.key.map { SortKey(collection.fields[$0].name) }
        try await driver.query(
            DriverQuery(predicate, order: order, limit: limit, offset: offset, includesUnknown: true),
            in: collection,
            context: anHour,
            rows: rows.add
        )
        return rows.all
    }

    func ids(_ predicate: QueryPredicate = .all, order: [SortKey]? = nil) async throws -> [Value] {
        try await rows(predicate, order: order).map { $0.values[0] }
    }
}

extension Array { func discard() {} }

/// Collects rows from a handler.
final class Rows: Sendable {
    private let collected = Mutex<[Row]>([])
    private let collection: CollectionSchema
    init(_ collection: CollectionSchema) { self.collection = collection }
    var all: [Row] { collected.withLock { $0 } }
    var add: RowHandler {
        { [self] reader in
            let row = try reader.row(of: collection)
            collected.withLock { $0.append(row) }
        }
    }
}

/// Expects a storage error with a code.
@discardableResult
func expect(
    _ code: StorageError.Code,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async -> StorageError? {
    do {
        try await body()
        Issue.record("no error, where \(code) was expected", sourceLocation: sourceLocation)
        return nil
    } catch let error as StorageError {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
        return error
    } catch {
        Issue.record("\(error) is no storage error", sourceLocation: sourceLocation)
        return nil
    }
}

/// The collections of these tests.
enum Sample {
    static let notes = CollectionSchema(
        name: "notes",
        fields: [
            FieldSchema(name: "id", type: .text, isOptional: false),
            FieldSchema(name: "title", type: .text, isOptional: true),
            FieldSchema(name: "rank", type: .int, isOptional: true),
        ],
        key: [0],
        indexes: [IndexSchema(name: "notes_title", fields: [1], isUnique: true)]
    )

    static func note(_ id: String, _ title: String? = nil, _ rank: Int64? = nil, unknown: String? = nil) -> Row {
        Row(
            values: [.text(id), title.map(Value.text) ?? .null, rank.map(Value.int) ?? .null],
            unknown: unknown
        )
    }

    /// One optional field of each type beside a number as the key.
    static func typed(_ type: FieldType, indexed: Bool = false, unique: Bool = false) -> CollectionSchema {
        CollectionSchema(
            name: "typed",
            fields: [
                FieldSchema(name: "id", type: .int, isOptional: false),
                FieldSchema(name: "f", type: type, isOptional: true),
            ],
            key: [0],
            indexes: indexed || unique ? [IndexSchema(name: "typed_f", fields: [1], isUnique: unique)] : []
        )
    }
}
#endif
