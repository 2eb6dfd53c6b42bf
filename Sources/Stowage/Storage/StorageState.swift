/// The whole store as a value: its records, and the fields that belong to no single record.
///
/// ```swift
/// struct SessionState: StorageState {
///     var sessions: [SessionRecord] = []
///     var baseDir: String?
///
///     static var records: any WritableKeyPath<SessionState, [SessionRecord]> & Sendable { \.sessions }
///     static var fields: [Field<SessionState>] { Field("baseDir", \.baseDir) }
/// }
/// ```
///
/// The state's fields belong to the store, not to one record type: states of several types in one database see one
/// `baseDir`. What they do not name is kept (REC-9).
public protocol StorageState: Sendable {
    /// The type of the records.
    associatedtype Record: StorageRecord

    /// An empty store.
    init()

    /// Where the records are.
    static var records: any WritableKeyPath<Self, [Record]> & Sendable { get }

    /// The state's own fields.
    @FieldsBuilder<Self> static var fields: [Field<Self>] { get }
}

/// The state of a store that holds records and nothing else.
public struct RecordsOnly<Record: StorageRecord>: StorageState {
    /// The records.
    public var all: [Record]

    /// An empty store.
    public init() { all = [] }
    /// A store with these records.
    public init(_ records: [Record]) { all = records }

    /// Where the records are.
    public static var records: any WritableKeyPath<RecordsOnly, [Record]> & Sendable { \.all }
    /// None.
    public static var fields: [Field<RecordsOnly>] { [] }
}

extension StorageState {
    /// Checks the names of the state's fields (QRY-7).
    static func check() throws {
        try SchemaNames.check(fields: fields.map(\.name), of: "the state \(Self.self)")
        for field in fields where field.write == nil {
            throw SchemaNames.refusal("the field \(field.name) of \(Self.self) cannot be set: make it a `var`")
        }
    }

    /// The rows of the state collection that this value sets, and the names of those that it clears.
    func stateMutations() throws -> [Mutation] {
        try Self.fields.map { field in
            let value: Value
            do {
                value = try field.read(self)
            } catch let error as StorageError {
                throw error.inField(field.name)
            }
            if value.isNull { return .delete(Key(.text(field.name))) }
            return .upsert(Row(values: [.text(field.name), .json(FieldJSON.text(of: value))]))
        }
    }

    /// Takes a stored state field, if this type knows it.
    mutating func set(_ name: String, json: String) throws {
        guard let field = Self.fields.first(where: { TextOrder.equal($0.name, name) }) else { return }
        do {
            try field.write?(&self, FieldJSON.value(ofText: json, as: field.type))
        } catch let error as StorageError {
            throw error.inField(name).inCollection(CollectionSchema.state.name)
        }
    }
}
