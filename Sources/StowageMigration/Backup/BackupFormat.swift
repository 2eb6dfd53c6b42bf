internal import Stowage

/// The lines of a backup, which is UTF-8 text with one JSON object a line, so that a person can read it:
///
/// ```
/// {"format":"stowage-backup","version":1,"createdAt":"…","adapter":"sqlite","state":1,"collections":[{"name":"sessions","records":2,"key":["session"],"fields":[{"name":"session","type":"text"},…]}]}
/// {"name":"baseDir","value":"/b"}
/// {"session":"s-1","repoName":"r",…}
/// {"session":"s-2","repoName":"r",…}
/// {"records":2,"state":1,"bytes":1234,"sha256":"…"}
/// ```
///
/// The header says how many lines of each kind follow: the state's fields by the bytes of their names, then the records of
/// each collection in key order, canonical as in an export. The last line closes the file: it has the length and the
/// SHA-256 of all bytes before it. Equal content gives equal lines between header and end, whatever store it lay in. A
/// later version of the format may change everything but the first two members of the header and the form of the last
/// line.
enum BackupFormat {
    static let name = "stowage-backup"
    static let version = 1
    /// No header is longer; a file without lines is not read whole to see that it is no backup.
    static let maximumHeaderBytes = 1 << 24
    /// The last line is shorter than this.
    static let maximumTrailerBytes = 512

    static func line(_ object: JSONObject) -> [UInt8] { JSON.object(object).compact + [UInt8(ascii: "\n")] }

    /// The line of a field of the state.
    static func line(_ member: StateMember) throws -> [UInt8] {
        var object = JSONObject()
        object["name"] = .string(member.name)
        object["value"] = try JSON(parsing: member.json)
        return line(object)
    }

    /// Appends the line of a record.
    static func append(_ row: Row, of collection: CollectionSchema, to bytes: inout [UInt8]) throws {
        try RowJSON.appendCompact(row, of: collection, to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
    }
}

/// The first line: what the file is, and what it holds.
struct BackupHeader: Sendable, Hashable {
    var createdAt: Timestamp
    /// The adapter from which the records came.
    var adapter: String
    /// How many fields of the state there are.
    var stateCount: Int
    var collections: [Collection]

    struct Collection: Sendable, Hashable {
        var name: String
        var records: Int
        var key: [String]
        var fields: [Field]
    }

    /// What a reader needs to see whether the records are of its own type.
    struct Field: Sendable, Hashable {
        var name: String
        var type: String
        var isOptional: Bool
        var isSecret: Bool
        var secretKeys: [String]
    }

    init(createdAt: Timestamp, adapter: String, stateCount: Int, collections: [Collection]) {
        self.createdAt = createdAt
        self.adapter = adapter
        self.stateCount = stateCount
        self.collections = collections
    }

    var line: [UInt8] {
        var object = JSONObject()
        object["format"] = .string(BackupFormat.name)
        object["version"] = .number(JSONNumber(BackupFormat.version))
        object["createdAt"] = .string(createdAt.description)
        object["adapter"] = .string(adapter)
        object["state"] = .number(JSONNumber(stateCount))
        object["collections"] = .array(collections.map(\.json))
        return BackupFormat.line(object)
    }

    /// Reads a header.
    ///
    /// - Throws: `corrupt` when the line does not begin a backup, `schemaMismatch` for one of a later version.
    init(_ line: UnsafeBufferPointer<UInt8>) throws {
        guard let object = try? JSON(parsing: line).object,
            object["format"]?.string.map({ TextOrder.equal($0, BackupFormat.name) }) == true,
            let version = object["version"]?.number?.int64
        else { throw Self.foreign }
        guard version == BackupFormat.version else {
            throw StorageError(
                .schemaMismatch,
                "the backup is of version \(version) of its format; this program reads version \(BackupFormat.version)",
                advice: "Restore it with the program that wrote it, or with a newer one than this"
            )
        }
        guard let createdAt = object["createdAt"]?.string.flatMap({ try? Timestamp(rfc3339: $0) }),
            let adapter = object["adapter"]?.string, let state = object["state"]?.count,
            let collections = object["collections"]?.array
        else { throw Self.incomplete }
        self.init(
            createdAt: createdAt,
            adapter: adapter,
            stateCount: state,
            collections: try collections.map(Collection.init)
        )
    }

    static var foreign: StorageError {
        StorageError(
            .corrupt,
            "the file is no backup: its first line does not say so",
            advice: "Name a file that the backup command wrote"
        )
    }

    fileprivate static var incomplete: StorageError {
        StorageError(.corrupt, "the header lacks a part, or has one of another type")
    }
}

extension BackupHeader.Collection {
    init(_ collection: CollectionSchema, records: Int) {
        self.init(
            name: collection.name,
            records: records,
            key: collection.key.map { collection.fields[$0].name },
            fields: collection.fields.map {
                BackupHeader.Field(
                    name: $0.name,
                    type: $0.type.rawValue,
                    isOptional: $0.isOptional,
                    isSecret: $0.isSecret,
                    secretKeys: $0.secretKeys
                )
            }
        )
    }

    fileprivate init(_ json: JSON) throws {
        guard let object = json.object, let name = object["name"]?.string, let records = object["records"]?.count,
            let key = object["key"]?.texts, let fields = object["fields"]?.array
        else { throw BackupHeader.incomplete }
        self.init(name: name, records: records, key: key, fields: try fields.map(BackupHeader.Field.init))
    }

    fileprivate var json: JSON {
        var object = JSONObject()
        object["name"] = .string(name)
        object["records"] = .number(JSONNumber(records))
        object["key"] = .array(key.map(JSON.string))
        object["fields"] = .array(fields.map(\.json))
        return .object(object)
    }

    /// Whether records of this description are records of a schema. Fields that the schema does not know are kept as
    /// unknown keys (REC-9), and optional ones that the backup does not know are nil.
    ///
    /// - Throws: `schemaMismatch` that names what differs.
    func check(_ schema: CollectionSchema) throws {
        func refusal(_ message: String, _ field: String? = nil) -> StorageError {
            StorageError(
                .schemaMismatch,
                message,
                advice: "Restore it with the program that wrote it, and bring the store up to date afterwards"
            ).inCollection(schema.name).inField(field)
        }
        guard TextOrder.equal(name, schema.name) else {
            throw refusal("the backup holds records of the collection \(StorageError.quoted(name))")
        }
        let keys = schema.key.map { schema.fields[$0].name }
        guard keys.count == key.count, zip(keys, key).allSatisfy(TextOrder.equal) else {
            throw refusal("the records of the backup have other identifier fields")
        }
        for field in schema.fields {
            let stored = fields.first { TextOrder.equal($0.name, field.name) }
            if let stored, stored.type != field.type.rawValue {
                throw refusal("the field is \(stored.type) in the backup and \(field.type.rawValue) here", field.name)
            }
            if stored == nil, !field.isOptional { throw refusal("the backup lacks a required field", field.name) }
        }
    }
}

extension BackupHeader.Field {
    fileprivate init(_ json: JSON) throws {
        guard let object = json.object, let name = object["name"]?.string, let type = object["type"]?.string else {
            throw BackupHeader.incomplete
        }
        self.init(
            name: name,
            type: type,
            isOptional: object["optional"] == .bool(true),
            isSecret: object["secret"] == .bool(true),
            secretKeys: object["secretKeys"]?.texts ?? []
        )
    }

    fileprivate var json: JSON {
        var object = JSONObject()
        object["name"] = .string(name)
        object["type"] = .string(type)
        if isOptional { object["optional"] = .bool(true) }
        if isSecret { object["secret"] = .bool(true) }
        if !secretKeys.isEmpty { object["secretKeys"] = .array(secretKeys.map(JSON.string)) }
        return .object(object)
    }
}

/// The last line, without which a file is not a whole backup.
struct BackupTrailer: Sendable, Hashable {
    var records: Int
    var stateCount: Int
    /// The bytes before this line.
    var byteCount: Int
    /// Their SHA-256, as 64 hexadecimal digits.
    var checksum: String

    /// What is said of a file whose bytes are others than those that were written.
    static let damage = "the backup is damaged: its checksum is not the one in its last line"

    var line: [UInt8] {
        var object = JSONObject()
        object["records"] = .number(JSONNumber(records))
        object["state"] = .number(JSONNumber(stateCount))
        object["bytes"] = .number(JSONNumber(byteCount))
        object["sha256"] = .string(checksum)
        return BackupFormat.line(object)
    }

    init(records: Int, stateCount: Int, byteCount: Int, checksum: String) {
        self.records = records
        self.stateCount = stateCount
        self.byteCount = byteCount
        self.checksum = checksum
    }

    /// Reads the line; nil unless it is, to the byte, what a backup is closed with.
    init?(_ line: [UInt8]) {
        guard let object = try? JSON(parsing: line).object, let records = object["records"]?.count,
            let state = object["state"]?.count, let bytes = object["bytes"]?.count,
            let checksum = object["sha256"]?.string
        else { return nil }
        self.init(records: records, stateCount: state, byteCount: bytes, checksum: checksum)
        guard self.line == line else { return nil }
    }
}

extension JSON {
    fileprivate var count: Int? {
        guard let value = number?.int64, value >= 0 else { return nil }
        return Int(value)
    }

    fileprivate var texts: [String]? {
        guard let elements = array else { return nil }
        let texts = elements.compactMap(\.string)
        return texts.count == elements.count ? texts : nil
    }
}
