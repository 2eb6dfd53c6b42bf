internal import Stowage

/// The book-keeping of a JSON file: its form and the migrations that were applied to it, under the key `_stowage`.
///
/// ```json
/// "_stowage": {"format": 1, "migrations": [{"number": 1, "name": "create_sessions", "checksum": "…", …}]}
/// ```
struct JSONHistory: Sendable {
    /// The migrations; empty for a file that was made without any.
    var migrations: [AppliedMigration] = []
    private var object = JSONObject()

    /// No book-keeping.
    init() {}

    /// Reads the book-keeping of a document.
    ///
    /// - Throws: `schemaMismatch` for a newer form, `corrupt` when it cannot be read.
    init(in document: StoreDocument, _ bytes: UnsafeBufferPointer<UInt8>) throws {
        for case .other(StoreContent.reservedKey, let range) in document.members {
            do {
                guard let object = try JSON(parsing: Array(bytes[range])).object else { throw Unreadable() }
                self.object = object
                try StoreDocument.checkForm(object["format"])
                guard let list = object["migrations"] else { continue }
                guard let list = list.array else { throw Unreadable() }
                migrations = try list.map(Self.migration)
            } catch let error as StorageError {
                throw error
            } catch {
                throw StorageError(.corrupt, "the history of migrations under _stowage cannot be read")
                    .at(.init(byteOffset: range.lowerBound)).causedBy(error)
            }
        }
    }

    private struct Unreadable: Error {}

    private static func migration(_ json: JSON) throws -> AppliedMigration {
        guard let object = json.object, let number = object["number"]?.number?.int64,
            let name = object["name"]?.string, let checksum = object["checksum"]?.string
        else { throw Unreadable() }
        /// A member that may be absent, but not unreadable.
        func read<Value>(_ key: String, _ value: (JSON) -> Value?) throws -> Value? {
            guard let member = object[key] else { return nil }
            guard let value = value(member) else { throw Unreadable() }
            return value
        }
        let time = try read("appliedAt") { $0.string.flatMap { try? Timestamp(rfc3339: $0) } }
        let isAdopted = try read("adopted") { if case .bool(let flag) = $0 { flag } else { nil } }
        let duration = try read("durationMs") { $0.number?.int64 }
        let author = try read("appliedBy") { $0.string }
        return AppliedMigration(
            number: Int(number),
            name: name,
            checksum: checksum,
            appliedAt: time ?? .min,
            milliseconds: duration ?? 0,
            appliedBy: author ?? "",
            isAdopted: isAdopted ?? false
        )
    }

    /// The value under `_stowage`, as it stands in a file.
    var bytes: [UInt8] {
        var object = object
        object["format"] = .number(JSONNumber(Int(StoreDocument.newestForm)))
        object["migrations"] = .array(migrations.map(Self.json))
        var bytes: [UInt8] = []
        JSONWriter.appendPretty(.object(object), level: 1, to: &bytes)
        return bytes
    }

    private static func json(_ migration: AppliedMigration) -> JSON {
        var object = JSONObject()
        object["number"] = .number(JSONNumber(migration.number))
        object["name"] = .string(migration.name)
        object["checksum"] = .string(migration.checksum)
        object["appliedAt"] = .string(migration.appliedAt.description)
        object["durationMs"] = .number(JSONNumber(Int(migration.milliseconds)))
        object["appliedBy"] = .string(migration.appliedBy)
        object["adopted"] = .bool(migration.isAdopted)
        return .object(object)
    }
}

/// A program's migrations, as a JSON file knows them.
struct JSONSchema: Sendable {
    let migrations: [SchemaMigration]
    let known: [KnownMigration]
    let versions: [[CollectionShape]]

    init(_ migrations: SchemaMigrations) throws {
        self.migrations = migrations.list
        versions = try migrations.versions()
        known = migrations.list.map { KnownMigration($0, text: $0.canonicalText) }
    }

    /// The names of all collections of all versions, in the order in which they came.
    var names: [String] {
        var names: [String] = []
        for shape in versions.joined() where !names.contains(where: { TextOrder.equal($0, shape.name) }) {
            names.append(shape.name)
        }
        return names
    }

    /// The collections of a version with the fields that the migrations after it add, each of which may be absent: what
    /// those migrations will read. After one that gives names another meaning nobody can tell.
    func collections(after number: Int) -> [CollectionSchema] {
        var collections = versions[number].map(\.schema)
        for operation in migrations[number...].flatMap(\.operations) {
            switch operation {
            case .addField(let field, let name, _):
                guard let place = collections.firstIndex(where: { $0.isNamed(name) }),
                    collections[place].position(of: field.name) == nil
                else { continue }
                collections[place] = collections[place].adding(
                    FieldSchema(name: field.name, type: field.type, isOptional: true)
                )
            case .renameField, .sql, .transform: return collections
            default: continue
            }
        }
        return collections
    }

    /// Checks that a file holds the collections that its history made: one that was renamed or lost by hand is not an
    /// empty one (STA-2).
    func requireCollections(_ history: JSONHistory, in document: StoreDocument) throws {
        guard !history.migrations.isEmpty, history.migrations.count < versions.count else { return }
        for shape in versions[history.migrations.count] {
            let isThere = document.members.contains { member in
                switch member {
                case .collection(let name, _, _): TextOrder.equal(name, shape.name)
                case .other(let key, _): TextOrder.equal(key, shape.name)
                }
            }
            if !isThere {
                throw StorageError(
                    .schemaMismatch,
                    "the file has no records under \(StorageError.quoted(shape.name)), which its history says it has",
                    advice: "Restore the key or a backup; the file was not touched"
                ).inCollection(shape.name)
            }
        }
    }

    /// Checks that a file has the newest schema.
    ///
    /// - Returns: The book-keeping to add when it was made without any; nil when it has its own.
    /// - Throws: `schemaMismatch` for a file that another program has brought to another schema.
    func checkCurrent(_ history: JSONHistory) throws -> [UInt8]? {
        guard history.migrations.isEmpty else {
            let pending = try SchemaPlanner.pending(known, after: history.migrations)
            if !pending.isEmpty {
                throw PendingMigrations(migrations: pending).refusal("Open the store anew to apply them")
            }
            return nil
        }
        if known.isEmpty { return nil }
        var history = history
        history.migrations = known.map(AppliedMigration.adopted)
        return history.bytes
    }
}

extension CollectionSchema {
    fileprivate func adding(_ field: FieldSchema) -> CollectionSchema {
        CollectionSchema(name: name, namespace: namespace, fields: fields + [field], key: key, indexes: indexes)
    }
}
