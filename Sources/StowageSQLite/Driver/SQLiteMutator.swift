#if SQLite
internal import CSQLite
internal import Stowage
internal import StowageSQL

/// Applies mutations on the writer's connection, inside a transaction that somebody else began.
///
/// An error leaves what came before it in place: whoever began the transaction rolls back (REC-6).
struct SQLiteMutator {
    let connection: SQLiteConnection
    let table: SQLiteTable
    /// The collection as the caller describes it: two record types may share a table, and each knows other keys of a
    /// nested value (REC-9).
    let schema: CollectionSchema

    init(_ connection: SQLiteConnection, _ table: SQLiteTable, for collection: CollectionSchema) {
        self.connection = connection
        self.table = table
        schema = collection
    }

    /// Applies a batch in order; an error names the index and the record of the first that failed.
    func apply(_ batch: WriteBatch) throws -> [MutationOutcome] {
        var outcomes: [MutationOutcome] = []
        outcomes.reserveCapacity(batch.mutations.count)
        for (index, mutation) in batch.mutations.enumerated() {
            do {
                // SQLite asks by itself while it works; what is done in Swift between two statements asks here.
                try connection.checkInterrupt()
                outcomes.append(try apply(mutation, returningRow: batch.returnsRows))
            } catch {
                let portable = table.storageError(error, on: connection)
                guard let portable = portable as? StorageError else { throw portable }
                throw portable.batchIndex == nil
                    ? portable.atIndex(index).forRecord(portable.recordID ?? key(of: mutation)?.description) : portable
            }
        }
        return outcomes
    }

    private func key(of mutation: Mutation) -> Key? {
        switch mutation {
        case .insert(let row), .insertIfAbsent(let row), .upsert(let row): schema.key(of: row.values)
        case .update(let key, _), .delete(let key): key
        case .updateAll, .deleteAll, .replaceAll: nil
        }
    }

    private func apply(_ mutation: Mutation, returningRow: Bool) throws -> MutationOutcome {
        switch mutation {
        case .insert(let row):
            try insert(row)
            return MutationOutcome(affected: 1, inserted: true)
        case .insertIfAbsent(let row): return try insertIfAbsent(row)
        case .upsert(let row): return MutationOutcome(affected: 1, inserted: try upsert(row))
        case .update(let key, let assignments): return try update(key, assignments, returningRow: returningRow)
        case .delete(let key):
            return MutationOutcome(affected: try run(table.delete, key.values))
        case .updateAll(let predicate, let assignments):
            if assignments.isEmpty { return MutationOutcome(affected: try connection.count(predicate, in: table)) }
            return MutationOutcome(affected: try run(try table.writes.updateAll(predicate, assignments)))
        case .deleteAll(let predicate): return MutationOutcome(affected: try run(try table.writes.deleteAll(predicate)))
        case .replaceAll(let rows): return MutationOutcome(affected: try replaceAll(rows))
        }
    }

    /// Runs a statement; returns how many rows it changed.
    func run(_ sql: String, _ values: [Value]) throws -> Int {
        try connection.with(sql) { statement in
            try statement.bind(values)
            try statement.run()
            return connection.changes
        }
    }

    private func run(_ sql: SQLStatement) throws -> Int {
        try connection.with(sql.text) { statement in
            try statement.bind(sql.parameters)
            try statement.run()
            return connection.changes
        }
    }

    /// Whether a record with this key is stored.
    func exists(_ key: Key) throws -> Bool {
        try connection.with(table.exists) { statement in
            try statement.bind(key.values)
            return try statement.step()
        }
    }

    // MARK: Insert

    private func bind(_ row: Row, to statement: SQLiteStatement) throws {
        try statement.bind(row.values)
        if table.table.keepsUnknown {
            try statement.bind(row.unknown.map(Value.json) ?? .null, at: Int32(row.values.count + 1))
        }
    }

    private func insert(_ row: Row) throws {
        do {
            let statement = try connection.numbered(table.number(.insert), table.insert)
            defer { statement.reset() }
            try bind(row, to: statement)
            try statement.run()
            if connection.changes == 0 { throw SQLiteFailure(code: SQLITE_CONSTRAINT, systemError: 0, detail: "") }
        } catch let failure as SQLiteFailure where failure.code == SQLiteFailure.unique {
            // The record may break both the key and an index, and SQLite names either: the key comes first.
            guard try exists(schema.key(of: row.values)) else { throw failure }
            throw SQLiteFailure(code: SQLiteFailure.primaryKey, systemError: 0, detail: "")
        }
    }

    private func insertIfAbsent(_ row: Row) throws -> MutationOutcome {
        do {
            let affected = try connection.with(table.insertIfAbsent) { statement in
                try bind(row, to: statement)
                try statement.run()
                return connection.changes
            }
            return MutationOutcome(affected: affected, inserted: affected > 0)
        } catch let failure as SQLiteFailure where failure.code == SQLiteFailure.unique {
            guard try exists(schema.key(of: row.values)) else { throw failure }
            return MutationOutcome(affected: 0, inserted: false)
        }
    }

    // MARK: Upsert

    /// Inserts or replaces a record; whether it is new.
    ///
    /// The writer holds the lock, so two statements are as atomic as `ON CONFLICT`, and they tell which it was.
    func upsert(_ row: Row) throws -> Bool {
        let key = schema.key(of: row.values)
        guard let (row, changesUnknown) = try merged(row, key) else {
            try insert(row)
            return true
        }
        guard let sql = changesUnknown ? table.updateDataAndUnknown : table.updateData else { return false }
        try connection.with(sql) { statement in
            var number: Int32 = 1
            for field in table.dataFields {
                try statement.bind(row.values[field], at: number)
                number += 1
            }
            if changesUnknown {
                try statement.bind(row.unknown.map(Value.json) ?? .null, at: number)
                number += 1
            }
            try statement.bind(key.values, from: number)
            try statement.run()
        }
        return false
    }

    /// The row with what the stored record keeps (REC-9), and whether its unknown members change; nil when there is
    /// no such record.
    private func merged(_ row: Row, _ key: Key) throws -> (Row, changesUnknown: Bool)? {
        try connection.with(table.selectMerged) { statement in
            try statement.bind(key.values)
            guard try statement.step() else { return nil }
            var row = row
            for (column, position) in table.nestedFields.enumerated() {
                let field = schema.fields[position]
                guard let keep = field.keepingUnknown, case .json(let new) = row.values[position],
                    let old = try statement.validText(Int32(column), of: field.name)
                else { continue }
                row.values[position] = .json(try keep(old, new))
            }
            guard table.table.keepsUnknown, let new = row.unknown else { return (row, false) }
            if let old = try statement.validText(Int32(table.nestedFields.count), of: SQLTable.unknownColumn) {
                guard let both = SQLJSON.overlay(new, on: old) else {
                    throw StorageError(.corrupt, "the unknown members of a record are not a JSON object")
                }
                row.unknown = both
            }
            return (row, true)
        }
    }

    // MARK: Update

    private func update(_ key: Key, _ assignments: [Assignment], returningRow: Bool) throws -> MutationOutcome {
        if assignments.isEmpty {
            guard try exists(key) else { return MutationOutcome(affected: 0) }
            return MutationOutcome(affected: 1, row: returningRow ? try stored(key) : nil)
        }
        let sql = try table.writes.update(assignments.map(\.field))
        let affected = try run(sql, assignments.map(\.value) + key.values)
        return MutationOutcome(affected: affected, row: returningRow && affected > 0 ? try stored(key) : nil)
    }

    private func stored(_ key: Key) throws -> Row? {
        try connection.with(table.selectByKeyWithUnknown) { statement in
            try statement.bind(key.values)
            guard try statement.step() else { return nil }
            return try SQLiteRow(statement, of: table.table, includingUnknown: true).row(of: schema)
        }
    }
}

extension SQLiteStatement {
    /// A stored text that will be written back; nil for null.
    ///
    /// - Throws: `corrupt` for bytes that are not UTF-8, which must not be repaired in silence (DUR-4).
    func validText(_ column: Int32, of field: String) throws -> String? {
        guard let start = sqlite3_column_text(handle, column) else { return nil }
        let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
        guard let text = UTF8Text.string(bytes) else {
            throw StorageError(.corrupt, "a stored text is not UTF-8").inField(field)
        }
        return text
    }

    /// A text of the current row; nil for null.
    func text(_ column: Int32) -> String? {
        guard let start = sqlite3_column_text(handle, column) else { return nil }
        let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
        return String(decoding: bytes, as: UTF8.self)
    }
}
#endif
