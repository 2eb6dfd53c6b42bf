extension SchemaMigration {
    /// The migration as canonical JSON: what an engine without a language of its own takes as its text. Stores keep its
    /// checksum, so it never changes for an operation that exists.
    package var canonicalText: String {
        let object = JSON(
            ("number", JSON(number)),
            ("name", .string(name)),
            ("operations", .array(operations.map(\.json)))
        )
        return String(decoding: object.compact, as: UTF8.self)
    }
}

extension JSON {
    fileprivate init(_ members: (String, JSON?)...) {
        var object = JSONObject()
        for (key, value) in members { object[key] = value }
        self = .object(object)
    }

    fileprivate init(_ number: Int) { self = .number(JSONNumber(number)) }

    fileprivate init(_ texts: [String]) { self = .array(texts.map(JSON.string)) }
}

extension SchemaOperation {
    fileprivate var json: JSON {
        switch self {
        case .createCollection(let name, let fields, let namespace):
            JSON(
                ("createCollection", .string(name)),
                ("namespace", namespace.map(JSON.string)),
                ("fields", .array(fields.map(\.json)))
            )
        case .dropCollection(let name): JSON(("dropCollection", .string(name)))
        case .addField(let field, let name, let value):
            JSON(("addField", field.json), ("to", .string(name)), ("default", value.map(\.json)))
        case .renameField(let field, let name, let new):
            JSON(("renameField", .string(field)), ("of", .string(name)), ("to", .string(new)))
        case .dropField(let field, let name): JSON(("dropField", .string(field)), ("of", .string(name)))
        case .addIndex(let fields, let name, let isUnique):
            JSON(("addIndex", JSON(fields)), ("of", .string(name)), ("unique", isUnique ? .bool(true) : nil))
        case .dropIndex(let fields, let name, let isUnique):
            JSON(("dropIndex", JSON(fields)), ("of", .string(name)), ("unique", isUnique ? .bool(true) : nil))
        case .changeType(let field, let name, let type):
            JSON(("changeType", .string(field)), ("of", .string(name)), ("to", .string(type.rawValue)))
        case .makeOptional(let field, let name): JSON(("makeOptional", .string(field)), ("of", .string(name)))
        case .makeRequired(let field, let name, let value):
            JSON(("makeRequired", .string(field)), ("of", .string(name)), ("default", value.map(\.json)))
        case .sql(_, _, let transform): JSON(("sql", transform?.json ?? .null))
        case .transform(let transform): JSON(("transform", transform.json))
        }
    }
}

extension RecordTransform {
    fileprivate var json: JSON { JSON(("collection", .string(collection)), ("version", .string(version))) }
}

extension MigrationField {
    fileprivate var json: JSON {
        func flag(_ value: Bool) -> JSON? { value ? .bool(true) : nil }
        return JSON(
            ("name", .string(name)),
            ("type", .string(type.rawValue)),
            ("optional", flag(isOptional)),
            ("identifier", flag(isIdentifier)),
            ("indexed", flag(isIndexed)),
            ("unique", flag(isUnique))
        )
    }
}

extension Value {
    /// The value in the form of a JSON file; what the core writes always parses.
    fileprivate var json: JSON { (try? JSON(parsing: FieldJSON.text(of: self))) ?? .null }
}
