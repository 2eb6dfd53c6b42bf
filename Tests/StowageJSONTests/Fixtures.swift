import Foundation
import Stowage
import StowageJSON

struct Remote: Codable, Sendable, Equatable {
    var authMethod: String
    var depth: Int?
}

struct Item: StorageRecord, Equatable {
    var id: String
    var title: String
    var note: String?
    var remote: Remote?
    var createdAt: Date?

    static let collection = "items"
    static var fields: [Field<Item>] {
        Field("id", \.id).identifier()
        Field("title", \.title)
        Field("note", \.note).unique()
        Field("remote", \.remote)
        Field("createdAt", \.createdAt)
    }
}

struct ItemState: StorageState {
    var items: [Item] = []
    var baseDir: String?
    static var records: any WritableKeyPath<ItemState, [Item]> & Sendable { \.items }
    static var fields: [Field<ItemState>] { Field("baseDir", \.baseDir) }
}

typealias Items = JsonFileStorage<Item, ItemState>

/// A folder of its own for each test, removed at the end.
final class Scratch: Sendable {
    let folder: String
    init() throws {
        folder = NSTemporaryDirectory() + "stowage-json-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: folder) }
    func path(_ name: String = "store.json") -> String { folder + "/" + name }
    func write(_ text: String, _ name: String = "store.json") throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
    }
    func read(_ name: String = "store.json") throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path(name))), as: UTF8.self)
    }
    /// An opened store, in the journal mode unless another is asked for.
    func openItems(_ name: String = "store.json", _ mode: JSONFileMode = .journal) async throws -> Items {
        let items = try Items(path: path(name), mode: mode)
        try await items.initialize()
        return items
    }
    func ids(_ items: Items) async throws -> [String] { try await items.fetch().map(\.id).sorted() }
    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }
}

/// The error that a body throws.
func failure(_ body: () async throws -> Void) async -> StorageError? {
    do {
        try await body()
        return nil
    } catch { return error as? StorageError }
}
