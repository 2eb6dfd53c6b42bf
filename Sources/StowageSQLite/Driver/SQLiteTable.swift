#if SQLite
internal import Stowage
internal import StowageSQL

/// A collection that was opened, with the texts of the statements that are asked for most.
final class SQLiteTable: Sendable {
    let table: SQLTable
    let reads: SQLQueryWriter
    let writes: SQLMutationWriter
    /// The first of the numbers that its statements have on every connection; a table of a moment has none.
    private let firstNumber: Int?
    let name: String
    let selectByKey: String
    let selectByKeyWithUnknown: String
    let exists: String
    let insert: String
    let insertIfAbsent: String
    let delete: String
    /// Sets all fields but the key's; nil when there are none.
    let updateData: String?
    let updateDataAndUnknown: String?
    /// Reads, by key, what an upsert has to merge: the nested fields, then the unknown members.
    let selectMerged: String
    let nestedFields: [Int]
    let dataFields: [Int]
    /// Reads the records with one value of a field in the order of the key, by the field's position: the query that is
    /// asked for most, so that its text is not written anew each time.
    private let selectByValue: [String?]
    /// For a table that was not there when a store was opened for reading: the table as it is once another program has
    /// made it.
    private let present: SQLiteTable?
    /// Where the fields lie: two collections that share them need no comparison field by field.
    private let fieldsAddress: UnsafeRawPointerBits

    var schema: CollectionSchema { table.schema }

    /// - Parameter firstNumber: The first of the numbers that its statements have on every connection; `nil` for a table
    ///   that is only queried and written by statements with a text.
    init(_ table: SQLTable, firstNumber: Int?) throws {
        let dialect = SQLiteDialect()
        self.table = table
        self.firstNumber = firstNumber
        reads = SQLQueryWriter(dialect, table)
        writes = SQLMutationWriter(dialect, table)
        name = try dialect.table(table.schema)
        selectByKey = try reads.selectByKey(includingUnknown: false)
        selectByKeyWithUnknown = try reads.selectByKey(includingUnknown: true)
        let condition = reads.keyCondition(from: 1)
        exists = "SELECT 1 FROM \(name)\(condition)"
        insert = try writes.insert()
        insertIfAbsent = try writes.insertIfAbsent()
        delete = try writes.delete()
        dataFields = table.dataFields
        nestedFields = dataFields.filter { table.schema.fields[$0].type == .json }
        let hasData = !dataFields.isEmpty
        updateData = hasData ? try writes.update(dataFields) : nil
        updateDataAndUnknown = table.keepsUnknown ? try writes.update(dataFields, alsoUnknown: true) : nil
        let merged =
            nestedFields.map { dialect.column(table.schema.fields[$0]) }
            + (table.keepsUnknown ? [dialect.quoted(SQLTable.unknownColumn)] : [])
        selectMerged = "SELECT \(merged.isEmpty ? "1" : merged.joined(separator: ", ")) FROM \(name)\(condition)"
        selectByValue = try Self.selectByValue(reads, table.schema)
        fieldsAddress = Self.address(of: table.schema)
        let next = firstNumber.map { $0 + Numbered.count + table.schema.fields.count }
        present = table.isAbsent ? try SQLiteTable(SQLTable(table.schema), firstNumber: next) : nil
    }

    /// How many numbers its statements take.
    var numberCount: Int { Numbered.count + schema.fields.count + (present?.numberCount ?? 0) }

    /// The table as a connection's snapshot has it: one that was absent may have been made since (TXN-4).
    func seen(by connection: SQLiteConnection) throws -> SQLiteTable {
        guard let present else { return self }
        return try connection.storedColumns(of: schema.name).isEmpty ? self : present
    }

    private static func selectByValue(_ reads: SQLQueryWriter, _ schema: CollectionSchema) throws -> [String?] {
        let order = schema.key.map { SortKey(schema.fields[$0].name) }
        return try schema.fields.map { field in
            // Types whose equality is one comparison with one parameter, the value itself.
            let sample: Value
            switch field.type {
            case .text: sample = .text("")
            case .int: sample = .int(0)
            case .bool: sample = .bool(false)
            default: return nil
            }
            let query = DriverQuery(.compare(field: field.name, .equal, sample), order: order)
            let statement = try reads.select(query)
            return statement.parameters == [.value(sample, field.type)] ? statement.text : nil
        }
    }

    /// The statement and its one parameter, when a query asks for the records with one value of a field.
    func selectByValue(_ query: DriverQuery) -> (number: Int, text: String, value: Value)? {
        guard let firstNumber, case .compare(let field, .equal, let value) = query.predicate, query.limit == nil,
            query.offset == 0, !query.includesUnknown, query.order.count == schema.key.count
        else { return nil }
        for (key, position) in zip(query.order, schema.key) {
            guard key.direction == .ascending, key.nils == nil,
                TextOrder.equal(key.field, schema.fields[position].name)
            else { return nil }
        }
        guard let position = schema.position(of: field), schema.fields[position].type == value.fieldType else {
            return nil
        }
        return selectByValue[position].map { (firstNumber + Numbered.count + position, $0, value) }
    }

    /// Whether a call's collection is this one: the same fields at the same positions.
    func describes(_ collection: CollectionSchema) -> Bool {
        guard TextOrder.equal(collection.name, schema.name), collection.namespace == nil else { return false }
        if Self.address(of: collection) == fieldsAddress, collection.key == schema.key { return true }
        return collection.key == schema.key && collection.indexes == schema.indexes
            && collection.fields.elementsEqual(schema.fields) { left, right in
                TextOrder.equal(left.name, right.name) && left.type == right.type && left.isOptional == right.isOptional
            }
    }

    /// An address as a number: it is compared, never followed, and cannot be reused while this table holds the fields.
    typealias UnsafeRawPointerBits = UInt

    private static func address(of schema: CollectionSchema) -> UnsafeRawPointerBits {
        schema.fields.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    }

    /// The number of one of this table's statements on every connection.
    func number(_ statement: Numbered) -> Int {
        guard let firstNumber else { preconditionFailure("this table's statements have no numbers") }
        return firstNumber + statement.rawValue
    }

    /// Statements with numbers; after them come those that select by the value of a field, in the order of the fields.
    enum Numbered: Int {
        case selectByKey
        case selectByKeyWithUnknown
        case insert
        static let count = 3
    }

    // MARK: Constraints

    /// What a broken constraint means for this table; the other failures as they are.
    ///
    /// SQLite names the columns as `UNIQUE constraint failed: t.a, t.b`, unquoted. Since names may hold dots and
    /// commas, the message is not parsed but compared with what it would be for each index.
    func storageError(_ error: any Error, on connection: SQLiteConnection) -> any Error {
        guard let failure = error as? SQLiteFailure, failure.isConstraint else {
            guard let error = connection.storageError(error) as? StorageError else { return error }
            return error.inCollection(schema.name)
        }
        func named(_ fields: [Int]) -> String {
            fields.map { "\(schema.name).\(schema.fields[$0].name)" }.joined(separator: ", ")
        }
        func ends(_ text: String) -> Bool { failure.detail.utf8.reversed().starts(with: (": " + text).utf8.reversed()) }
        let base = StorageError(.constraint, "a constraint of the table refuses the record").inCollection(schema.name)
        switch failure.code {
        case SQLiteFailure.primaryKey, SQLiteFailure.rowID: return alreadyExists(failure)
        case SQLiteFailure.unique:
            if ends(named(schema.key)) { return alreadyExists(failure) }
            let index = schema.uniqueIndexes.first { ends(named($0.fields)) }
            return StorageError(.constraint, "another record holds this unique value")
                .inCollection(schema.name)
                .inField(index.map { $0.fields.map { schema.fields[$0].name }.joined(separator: ", ") })
                .from(StorageError.BackendCode(failure.name, constraint: index?.name))
        case SQLiteFailure.notNull:
            let field = schema.fields.indices.first { ends(named([$0])) }
            let foreign = table.foreignColumns.first { ends("\(schema.name).\($0)") }
            return base.inField(field.map { schema.fields[$0].name } ?? foreign)
                .from(StorageError.BackendCode(failure.name, constraint: "NOT NULL"))
        default: return base.from(StorageError.BackendCode(failure.name))
        }
    }

    private func alreadyExists(_ failure: SQLiteFailure) -> StorageError {
        StorageError(.alreadyExists, "a record with this id exists").inCollection(schema.name)
            .from(StorageError.BackendCode(failure.name))
    }
}

extension SQLiteFailure {
    /// Whether the record is refused, not the statement.
    var isConstraint: Bool { primaryCode == Self.primaryKey & 0xff }
}
#endif
