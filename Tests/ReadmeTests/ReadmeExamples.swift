#if SQLite && Postgres
import Foundation
import Stowage
import StowageJSON
import StowagePostgres
import StowageSQLite

// The README's examples, word for word: they compile here, and ReadmeTests holds the two texts equal.

struct SessionRecord: StorageRecord {
    var session: String
    var repoName: String
    var taskId: String?
    var createdAt: Date

    static let collection = "sessions"
    static var fields: [Field<SessionRecord>] {
        Field("session", \.session).identifier()
        Field("repoName", \.repoName).indexed()
        Field("taskId", \.taskId).indexed()
        Field("createdAt", \.createdAt)
    }
}

func example(_ sessions: any DatabaseStorage<SessionRecord, RecordsOnly<SessionRecord>>) async throws {
    try await sessions.initialize()
    try await sessions.create(SessionRecord(session: "s-1", repoName: "app", taskId: "#12", createdAt: .now))
    try await sessions.update("s-1") { $0.taskId = nil }
    let newest = try await sessions.fetch(
        .where { $0.repoName == "app" && $0.taskId == nil }.sort(\.createdAt, .descending).limit(20)
    )
    print(newest.map(\.session))
}

func openDatabase() throws -> StorageDatabase {
    try StorageFactory(prefix: "MINSKY", store: "SESSION", backends: [.json, .sqlite, .postgres, .memory]).database()
}

func openDirectly() throws -> JsonFileStorage<SessionRecord, RecordsOnly<SessionRecord>> {
    try JsonFileStorage(path: "session-db.json")
}

func finish(_ database: StorageDatabase) async throws {
    let sessions = try database.storage(SessionRecord.self)
    let tasks = try database.storage(TaskRecord.self)
    try await database.initialize()
    try await database.transaction { transaction in
        try await transaction.storage(tasks).update("#12") { $0.isDone = true }
        try await transaction.storage(sessions).deleteAll(.where { $0.taskId == "#12" })
    }
}

func withShelf() -> StorageFactory {
    StorageFactory(
        prefix: "MINSKY",
        store: "SESSION",
        backends: [.json, StorageBackend(name: "shelf", place: .nowhere) { _ in ShelfDriver() }]
    )
}

struct TaskRecord: StorageRecord {
    var id: String
    var isDone: Bool

    static let collection = "tasks"
    static var fields: [Field<TaskRecord>] {
        Field("id", \.id).identifier()
        Field("isDone", \.isDone)
    }
}

/// An adapter of somebody else.
final class ShelfDriver: StorageDriver {
    let location = StorageLocation(backend: "shelf", description: "a shelf")
    let capabilities = Capabilities([])
    func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {}
    func close() async throws {}
    func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        throw StorageError(.unsupported, "the shelf is empty")
    }
}
#endif
