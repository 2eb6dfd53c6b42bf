/// A numbered change of a store's schema. Once it was applied anywhere it is not edited: a new one is written.
public struct SchemaMigration: Sendable {
    /// Its place in the order: 1, 2, 3, …
    public let number: Int
    /// Its name, of lower-case letters, digits and underscores: part of its file's name.
    public let name: String
    /// What it does, in order.
    public let operations: [SchemaOperation]

    /// Describes a migration.
    public init(_ number: Int, _ name: String, _ operations: [SchemaOperation]) {
        self.number = number
        self.name = name
        self.operations = operations
    }

    /// `0002_add_pull_requests`.
    public var fileName: String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits + "_" + name
    }

    /// How messages name it: `2 (add_pull_requests)`.
    package var title: String { "\(number) (\(name))" }
}

/// The migrations of an app's store, in order, written once for every engine.
///
/// ```swift
/// static let migrations = SchemaMigrations([
///     SchemaMigration(1, "create_sessions", [
///         .createCollection("sessions", [.text("session").identifier(), .text("taskId").optional().indexed()]),
///     ]),
///     SchemaMigration(2, "add_pull_requests", [.addField(.json("prState").optional(), to: "sessions")]),
///     SchemaMigration(3, "index_branch", [.addIndex(on: ["branch"], of: "sessions")]),
/// ])
/// let storage = try SqliteStorage<SessionRecord, SessionState>(path: "sessions.db", migrations: migrations)
/// try await storage.initialize()      // applies what is pending
/// ```
///
/// Every store keeps which of them it has applied, with a checksum of each (SCH-1, SCH-2).
public struct SchemaMigrations: Sendable {
    /// The migrations.
    public let list: [SchemaMigration]

    /// Takes a list. It is checked when it is used; ``versions()`` says what is checked.
    public init(_ list: [SchemaMigration]) { self.list = list }

    /// The collections after each migration: the first element is the empty store, the last the newest schema.
    ///
    /// - Throws: `configuration`, naming the migration: numbers that are not 1, 2, 3, …; a name that stands twice or
    ///   is no file name; an operation on what is not there, or that cannot be done.
    public func versions() throws -> [[CollectionShape]] {
        var names: Set<String> = []
        var replay = SchemaReplay()
        var versions = [replay.shapes]
        for (index, migration) in list.enumerated() {
            guard migration.number == index + 1 else {
                throw Self.refusal("migration \(migration.title) stands where number \(index + 1) belongs")
            }
            let isPlain = migration.name.utf8.allSatisfy {
                (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_")
            }
            guard isPlain, !migration.name.isEmpty else {
                throw Self.refusal("migration \(migration.number) has a name of other than a-z, 0-9 and _")
            }
            guard names.insert(migration.name).inserted else {
                throw Self.refusal("two migrations have the name \(migration.name)")
            }
            for operation in migration.operations {
                do {
                    try replay.apply(operation)
                } catch let error as StorageError {
                    throw Self.refusal("migration \(migration.title): \(error.message)")
                }
            }
            versions.append(replay.shapes)
        }
        return versions
    }

    /// Checks that the migrations lead to the collections of the record types; they may make further indexes.
    ///
    /// - Throws: `configuration`, naming every difference; as ``versions()``.
    public func validate(against collections: [CollectionSchema]) throws {
        let last = try versions().last ?? []
        var problems: [String] = []
        for collection in collections where !collection.isState {
            let wanted = CollectionShape(collection)
            guard let shape = last.first(where: { $0.isNamed(collection.name) }) else {
                problems.append("no migration creates the collection \(collection.name)")
                continue
            }
            problems += shape.differences(to: wanted).filter { difference in
                // Record types name indexes of single fields; further ones that only make queries fast do no harm.
                difference.kind != .extraIndex
                    || shape.indexes.contains { $0.isUnique && TextOrder.equal($0.name, difference.name ?? "") }
            }.map(\.description)
        }
        guard !problems.isEmpty else { return }
        throw StorageError(
            .configuration,
            "the record types and the migrations describe different schemas: \(problems.joined(separator: "; "))",
            advice: "Write a migration that brings the schema to the record types"
        )
    }

    static func refusal(_ message: String) -> StorageError {
        StorageError(.configuration, message, advice: "Correct the list of migrations; nothing was opened or written")
    }
}

extension SchemaMigrations {
    /// The collections after one operation more.
    package static func shapes(
        _ shapes: [CollectionShape],
        after operation: SchemaOperation
    ) throws -> [CollectionShape] {
        var replay = SchemaReplay(shapes: shapes)
        try replay.apply(operation)
        return replay.shapes
    }
}
