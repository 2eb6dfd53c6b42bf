#if Postgres
internal import FoundationEssentials
internal import Stowage
internal import StowageSQL

/// Stored values as parameters.
extension PostgresParameters {
    /// The values of a statement.
    init(_ parameters: [SQLParameter]) {
        self.init()
        for parameter in parameters {
            switch parameter {
            case .value(let value, let type): append(value, as: type)
            case .array(let values, let type): append(all: values, as: type)
            }
        }
    }

    /// The values of a key.
    init(_ key: Key, of schema: CollectionSchema) {
        self.init()
        append(key, of: schema)
    }

    /// A row's values in schema order, then its unknown members when the table keeps them.
    init(_ row: Row, of table: SQLTable) {
        self.init()
        for (field, value) in zip(table.schema.fields, row.values) { append(value, as: field.type) }
        if table.keepsUnknown { append(unknown: row.unknown) }
    }

    /// Keys as parallel arrays, one for each part.
    init(_ keys: [Key], of schema: CollectionSchema) {
        self.init()
        for (part, position) in schema.key.enumerated() {
            append(all: keys.map { $0.values[part] }, as: schema.fields[position].type)
        }
    }

    mutating func append(_ key: Key, of schema: CollectionSchema) {
        for (value, position) in zip(key.values, schema.key) { append(value, as: schema.fields[position].type) }
    }

    mutating func append(unknown: String?) { append(unknown.map(PostgresParameter.text) ?? .null(.text)) }

    /// One value. A null is sent with its type, so that the statement is prepared once.
    mutating func append(_ value: Value, as type: FieldType) { append(PostgresParameter(value, type)) }

    /// A list. Decimal numbers go as text, which the statement casts.
    mutating func append(all values: [Value], as type: FieldType) {
        switch type {
        case .text, .decimal: append(.textArray(values.map(\.boundText)))
        default: append(.array(PostgresType(type), values.map { PostgresParameter($0, type) }))
        }
    }
}

extension Value {
    /// The text of a text or of a decimal number.
    fileprivate var boundText: String {
        switch self {
        case .text(let text): text
        case .decimal(let number): SQLDecimal.text(of: number)
        default: ""
        }
    }
}

extension PostgresParameter {
    init(_ value: Value, _ type: FieldType) {
        switch value {
        case .null: self = .null(PostgresType(type))
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int8(value)
        case .double(let value): self = .float8(value)
        case .text(let value): self = .text(value)
        case .data(let value): self = .bytea([UInt8](value))
        case .uuid(let value): self = .uuid(withUnsafeBytes(of: value.uuid) { [UInt8]($0) })
        case .time(let value): self = .timestamptz(value.microseconds)
        case .decimal(let value): self = .numeric(SQLDecimal.text(of: value))
        case .json(let value): self = .json(value)
        }
    }
}

extension PostgresType {
    /// The type of a field's parameters.
    init(_ type: FieldType) {
        switch type {
        case .bool: self = .bool
        case .int: self = .int8
        case .double: self = .float8
        case .text: self = .text
        case .data: self = .bytea
        case .uuid: self = .uuid
        case .time: self = .timestamptz
        case .decimal: self = .numeric
        case .json: self = .json
        }
    }

    static let varchar = PostgresType(oid: 1043)

    /// Whether a column of this type holds a field without loss.
    func holds(_ type: FieldType) -> Bool {
        switch type {
        case .int: self == .int8 || self == .int4 || self == .int2
        case .text: self == .text || self == .varchar
        // Not jsonb, which rewrites numbers and reorders keys (REC-9).
        case .json: self == .json || self == .text
        default: self == PostgresType(type)
        }
    }
}
#endif
