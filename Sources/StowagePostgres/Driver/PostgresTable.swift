#if Postgres
internal import Stowage
internal import StowageSQL
internal import Synchronization

/// A collection that was opened, with the texts of the statements that are asked for most.
final class PostgresTable: Sendable {
    let table: SQLTable
    let reads: SQLQueryWriter
    let writes: SQLMutationWriter
    /// The table's name in quotes, with its schema.
    let name: String
    /// The columns of each unique index by the index's name, which is also the name of the constraint that it keeps.
    let uniqueColumns: [ByteText: [String]]
    /// Whether another unique index may be checked before the key's, so that a record which breaks both needs a look.
    let mayMaskKey: Bool
    /// Which of the foreign columns hold numbers or truth values.
    let foreignLiterals: Set<Int>

    let selectByKey: String
    let selectByKeyWithUnknown: String
    /// Lookups by key that several tasks make at a time.
    let gatherByKey: PostgresGathering
    let gatherByKeyWithUnknown: PostgresGathering
    let selectByKeys: String
    let selectByKeysWithUnknown: String
    let exists: String
    let insert: String
    let insertIfAbsent: String
    let upsert: String
    let delete: String
    let deleteByKeys: String
    let copy: String
    let dataFields: [Int]
    let nestedFields: [Int]
    /// The first of the fields' storage: two collections that share it are the same, and comparing it is one load.
    private let fieldsAddress: UInt
    /// How many rows the last query without values answered.
    private let scanLength = Atomic(0)

    var schema: CollectionSchema { table.schema }

    init(
        _ table: SQLTable,
        uniqueColumns: [ByteText: [String]] = [:],
        mayMaskKey: Bool = false,
        foreignLiterals: Set<Int> = []
    ) throws {
        let dialect = PostgresDialect()
        self.table = table
        self.uniqueColumns = uniqueColumns
        self.mayMaskKey = mayMaskKey
        self.foreignLiterals = foreignLiterals
        reads = SQLQueryWriter(dialect, table)
        writes = SQLMutationWriter(dialect, table)
        name = dialect.table(table.schema)
        dataFields = table.dataFields
        nestedFields = dataFields.filter { table.schema.fields[$0].type == .json }
        selectByKey = try reads.selectByKey(includingUnknown: false)
        selectByKeyWithUnknown = try reads.selectByKey(includingUnknown: true)
        gatherByKey = try Self.gathering(reads, includingUnknown: false)
        gatherByKeyWithUnknown = try Self.gathering(reads, includingUnknown: true)
        let keys = Self.keysCondition(table.schema)
        selectByKeys = "SELECT \(reads.columns(includingUnknown: false)) FROM \(try reads.source())\(keys)"
        selectByKeysWithUnknown = "SELECT \(reads.columns(includingUnknown: true)) FROM \(try reads.source())\(keys)"
        exists = "SELECT 1 FROM \(name)\(reads.keyCondition(from: 1))"
        insert = try writes.insert()
        insertIfAbsent = try writes.insertIfAbsent()
        upsert = try writes.upsert()
        delete = try writes.delete()
        deleteByKeys = "DELETE FROM \(name)\(keys)"
        let written =
            table.schema.fields.map(dialect.column)
            + (table.keepsUnknown ? [dialect.quoted(SQLTable.unknownColumn)] : [])
        copy = "COPY \(name) (\(written.joined(separator: ", "))) FROM STDIN"
        fieldsAddress = Self.address(of: table.schema)
    }

    /// Answers many lookups by key, each with the plan that its own statement has: `OFFSET 0` keeps the planner from
    /// joining the table as a whole, which it might read from end to end.
    private static func gathering(_ reads: SQLQueryWriter, includingUnknown: Bool) throws -> PostgresGathering {
        let schema = reads.table.schema
        // Inside, columns go by their bare names, and the table by its own.
        let keys = reads.dialect.quoted(TextOrder.equal(schema.name, "keys") ? "ids" : "keys")
        let parts = schema.key.indices.map { "k\($0)" }
        let arrays = schema.key.indices.map { "(SELECT $\($0 + 1))" }.joined(separator: ", ")
        let condition = zip(schema.key, parts)
            .map { "\(reads.dialect.column(schema.fields[$0])) = \(keys).\($1)" }.joined(separator: " AND ")
        let columns = reads.columns(includingUnknown: includingUnknown)
        return PostgresGathering(
            """
            SELECT found.*, \(keys).position FROM unnest(\(arrays)) WITH ORDINALITY \
            AS \(keys) (\(parts.joined(separator: ", ")), position), \
            LATERAL (SELECT \(columns) FROM \(try reads.source()) WHERE \(condition) OFFSET 0) AS found
            """
        )
    }

    /// ` WHERE` over keys that are bound as parallel arrays: one text for any number of keys.
    private static func keysCondition(_ schema: CollectionSchema) -> String {
        let dialect = PostgresDialect()
        func array(_ part: Int) -> String {
            schema.fields[schema.key[part]].type == .decimal ? "CAST($\(part + 1) AS numeric[])" : "$\(part + 1)"
        }
        if schema.key.count == 1 { return " WHERE \(dialect.column(schema.fields[schema.key[0]])) = ANY(\(array(0)))" }
        let columns = schema.key.map { dialect.column(schema.fields[$0]) }.joined(separator: ", ")
        let arrays = schema.key.indices.map(array).joined(separator: ", ")
        return " WHERE (\(columns)) IN (SELECT * FROM unnest(\(arrays)))"
    }

    /// Reads what an upsert may have to keep: whole rows and their unknown members, without the foreign columns.
    func selectStored(where condition: String = "", locking: Bool) -> String {
        let own = SQLQueryWriter(reads.dialect, SQLTable(schema, keepsUnknown: table.keepsUnknown))
        return "SELECT \(own.columns(includingUnknown: true)) FROM \(name)\(condition)" + (locking ? " FOR UPDATE" : "")
    }

    /// The same, of the rows with some keys.
    func selectStoredByKeys(locking: Bool) -> String {
        selectStored(where: Self.keysCondition(schema), locking: locking)
    }

    /// This table without its foreign columns, for reading what ``selectStored(where:locking:)`` answers.
    func withoutForeignColumns() throws -> PostgresTable {
        try PostgresTable(SQLTable(schema, keepsUnknown: table.keepsUnknown))
    }

    // MARK: Long scans

    /// Whether a query without values will probably answer many rows, going by the last one.
    var hasLongScans: Bool { scanLength.load(ordering: .relaxed) >= 2_000 }

    /// Remembers how many rows a query without values answered.
    func noteScan(_ count: Int) { scanLength.store(count, ordering: .relaxed) }

    /// The table as it is now: one that was absent when a store was opened for reading may have been made since (TXN-4).
    ///
    /// - Parameter run: Runs a statement where the table is to be read.
    func seen(by run: (PostgresStatement) async throws -> PostgresResult?) async throws -> PostgresTable {
        guard table.isAbsent else { return self }
        let look = PostgresStatement("SELECT to_regclass($1) IS NULL", [.text(name)], isPrepared: false)
        if try await run(look)?.row(0).bool(0) != false { return self }
        return try PostgresTable(SQLTable(schema))
    }

    /// Whether a call's collection is this one: the same fields at the same positions.
    func describes(_ collection: CollectionSchema) -> Bool {
        if Self.address(of: collection) == fieldsAddress, TextOrder.equal(collection.name, schema.name) {
            return collection.namespace == schema.namespace
        }
        guard TextOrder.equal(collection.name, schema.name), collection.namespace == schema.namespace else {
            return false
        }
        return collection.key == schema.key && collection.indexes == schema.indexes
            && collection.fields.elementsEqual(schema.fields) { left, right in
                TextOrder.equal(left.name, right.name) && left.type == right.type && left.isOptional == right.isOptional
            }
    }

    /// An address as a number: it is compared, never followed, and cannot be reused while this table holds the fields.
    private static func address(of schema: CollectionSchema) -> UInt {
        schema.fields.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    }

    // MARK: Constraints

    /// What a server's error means for a record of this table.
    func recordError(_ error: StorageError) -> StorageError {
        guard error.backend?.code == "23505" else { return error.inCollection(schema.name) }
        let columns = error.backend?.constraint.flatMap { uniqueColumns[ByteText($0)] } ?? []
        if Set(columns.map(ByteText.init)) == Set(schema.key.map { ByteText(schema.fields[$0].name) }) {
            return alreadyExists(error.backend)
        }
        return notUnique(field: columns.isEmpty ? nil : columns.joined(separator: ", "), error.backend)
    }

    func alreadyExists(_ backend: StorageError.BackendCode?) -> StorageError {
        StorageError(.alreadyExists, "a record with this id exists").inCollection(schema.name).from(backend)
    }

    func notUnique(field: String?, _ backend: StorageError.BackendCode?) -> StorageError {
        StorageError(.constraint, "another record holds this unique value")
            .inCollection(schema.name).inField(field).from(backend)
    }
}
#endif
