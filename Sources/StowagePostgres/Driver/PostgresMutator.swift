#if Postgres
internal import Stowage
internal import StowageSQL

/// Applies mutations inside a transaction: as many as possible in one round trip, in their order.
///
/// An error leaves what came before it in place: whoever began the savepoint around it goes back (REC-6).
struct PostgresMutator {
    /// Statements in one round trip: what libpq and the server hold in memory at once.
    static let maximumQueue = 512
    /// From how many new records on a COPY is faster.
    static let copyThreshold = 256

    let transaction: PostgresTransaction
    let table: PostgresTable
    /// The collection as the call describes it: another type's nested values may know other keys (REC-9).
    let collection: CollectionSchema
    let returnsRows: Bool
    private var queue: [Entry] = []
    private(set) var outcomes: [MutationOutcome?] = []

    /// A statement that waits to be sent.
    struct Entry {
        var statement: PostgresStatement
        var purpose: Purpose
        /// The record's position in its batch, and its key, for errors.
        var index: Int?
        var key: Key?
    }

    enum Purpose {
        /// Nobody looks at the answer.
        case aside
        /// It is the whole of a mutation.
        case mutation(Mutation)
        /// It changes the one record that it names.
        case replacement
        /// The update that an upsert of a stored record has become.
        case merge
    }

    init(_ transaction: PostgresTransaction, _ table: PostgresTable, _ batch: WriteBatch) {
        self.transaction = transaction
        self.table = table
        collection = batch.collection
        returnsRows = batch.returnsRows
    }

    /// Applies a batch; an error names the index and the record of the first that failed.
    mutating func apply(_ mutations: [Mutation]) async throws -> [MutationOutcome] {
        outcomes = Array(repeating: nil, count: mutations.count)
        if let rows = Self.newRows(mutations), try await copy(rows) {
            return rows.map { _ in MutationOutcome(affected: 1, inserted: true) }
        }
        var index = 0
        while index < mutations.count {
            let mutation = mutations[index]
            switch mutation {
            case .replaceAll(let rows):
                try await flush()
                try await replaceAll(rows)
                outcomes[index] = MutationOutcome(affected: rows.count)
                index += 1
            case .upsert(let row) where table.mustMerge(row):
                try await flush()
                if mutations.count == 1, row.unknown == nil, try await upsertAtOnce(mutation) {
                    return outcomes.compactMap(\.self)
                }
                let rows = upserts(in: mutations[index...])
                try await merge(rows, from: index)
                index += rows.count
            default:
                try add(mutation, at: index)
                index += 1
            }
            if mustFlush { try await flush() }
        }
        try await flush()
        return outcomes.compactMap(\.self)
    }

    /// The rows of a batch that is nothing but new records.
    private static func newRows(_ mutations: [Mutation]) -> [Row]? {
        if mutations.count < copyThreshold { return nil }
        var rows: [Row] = []
        rows.reserveCapacity(mutations.count)
        for mutation in mutations {
            guard case .insert(let row) = mutation else { return nil }
            rows.append(row)
        }
        return rows
    }

    // MARK: The queue

    mutating func add(_ mutation: Mutation, at index: Int) throws {
        guard
            let statement = try located(
                index,
                table.key(of: mutation),
                {
                    try table.statement(for: mutation, returningRow: returnsRows)
                }
            )
        else { return }
        let isScan = PostgresTable.isScan(mutation) && transaction.isSerializable
        if isScan { add(PostgresSession.scansOn, .aside) }
        add(statement, .mutation(mutation), at: index, table.key(of: mutation))
        if isScan { add(PostgresSession.scansOff, .aside) }
    }

    mutating func add(_ statement: PostgresStatement, _ purpose: Purpose, at index: Int? = nil, _ key: Key? = nil) {
        queue.append(Entry(statement: statement, purpose: purpose, index: index, key: key))
    }

    /// Whether enough is queued.
    var mustFlush: Bool { queue.count >= Self.maximumQueue }

    /// Sends what is queued, and reads the answers.
    mutating func flush() async throws {
        if queue.isEmpty { return }
        let entries = queue
        queue = []
        let results: [PostgresResult]
        do {
            results = try await transaction.run(entries.map(\.statement))
        } catch let error as StorageError {
            let failed = error.batchIndex.flatMap { $0 < entries.count ? entries[$0] : nil }
            throw await named(error.atIndex(nil), failed)
        }
        for (entry, result) in zip(entries, results) {
            guard let index = entry.index else { continue }
            switch entry.purpose {
            case .aside: break
            case .mutation(let mutation):
                outcomes[index] = try table.outcome(of: mutation, from: result, returningRow: returnsRows)
            case .replacement:
                if result.affectedRows != 1 { throw Self.overtaken(entry) }
            case .merge:
                if result.affectedRows != 1 { throw Self.overtaken(entry) }
                outcomes[index] = MutationOutcome(affected: 1, inserted: false)
            }
        }
    }

    /// The record was there a moment ago: possible only where snapshots are not kept.
    private static func overtaken(_ entry: Entry) -> StorageError {
        StorageError(.conflict, "another writer changed the record in the meantime", advice: "Try again")
            .atIndex(entry.index).forRecord(entry.key?.description)
    }

    // MARK: Errors

    /// Runs a part that concerns one record.
    func located<Answer>(_ index: Int?, _ key: Key?, _ body: () throws -> Answer) throws -> Answer {
        do {
            return try body()
        } catch let error as StorageError {
            throw error.inCollection(table.schema.name).atIndex(index).forRecord(error.recordID ?? key?.description)
        }
    }

    /// An error with the record that it concerns.
    private func named(_ error: StorageError, _ entry: Entry?) async -> StorageError {
        guard let entry else { return error.inCollection(table.schema.name) }
        var portable = table.recordError(error)
        if portable.code == .constraint, let key = entry.key, case .mutation(.insert) = entry.purpose,
            await transaction.existsAfterFailure(key, in: table)
        {
            portable = table.alreadyExists(portable.backend)
        }
        return portable.atIndex(entry.index).forRecord(entry.key?.description)
    }

    // MARK: Upserts

    /// Tries an upsert without reading first; whether it was done.
    private mutating func upsertAtOnce(_ mutation: Mutation) async throws -> Bool {
        try add(mutation, at: 0)
        try await flush()
        return outcomes[0] != nil
    }

    /// The upserts at the beginning of a list, as long as their keys differ.
    private func upserts(in mutations: ArraySlice<Mutation>) -> [Row] {
        var rows: [Row] = []
        var seen = Set<Key>()
        for mutation in mutations.prefix(4096) {
            guard case .upsert(let row) = mutation, seen.insert(table.schema.key(of: row.values)).inserted else {
                break
            }
            rows.append(row)
        }
        return rows
    }

    /// Upserts rows over what is stored, which is read first.
    private mutating func merge(_ rows: [Row], from first: Int) async throws {
        let keys = rows.map { table.schema.key(of: $0.values) }
        let stored = try await stored(keys)
        for (offset, row) in rows.enumerated() {
            let (index, key) = (first + offset, keys[offset])
            if let old = stored[key] {
                let merged = try located(index, key) { try row.merged(over: old, collection) }
                add(try table.replacement(merged), .merge, at: index, key)
            } else {
                try add(.upsert(row), at: index)
            }
            if mustFlush { try await flush() }
        }
        try await flush()
        if let held = outcomes[first..<(first + rows.count)].firstIndex(where: { $0 == nil }) {
            throw StorageError(.conflict, "another writer stored the record in the meantime", advice: "Try again")
                .inCollection(table.schema.name).atIndex(held).forRecord(keys[held - first].description)
        }
    }

    /// The stored rows with these keys, with their unknown members and without foreign columns.
    private func stored(_ keys: [Key]) async throws -> [Key: Row] {
        let sql = table.selectStoredByKeys(locking: transaction.context.isolation == .readCommitted)
        let results = try await transaction.run([PostgresStatement(sql, PostgresParameters(keys, of: table.schema))])
        return try results.first?.storedRows(of: table) ?? [:]
    }
}

extension PostgresResult {
    /// The rows of ``PostgresTable/selectStored(where:locking:)`` by their keys.
    func storedRows(of table: PostgresTable) throws -> [Key: Row] {
        if rowCount == 0 { return [:] }
        var rows: [Key: Row] = [:]
        rows.reserveCapacity(rowCount)
        let reader = try PostgresRowReader(types, of: try table.withoutForeignColumns(), includingUnknown: true)
        try withExtendedLifetime(self) {
            try forEachRow { stored in
                reader.load(stored)
                let row = try reader.row(of: table.schema)
                rows[table.schema.key(of: row.values)] = row
            }
        }
        return rows
    }
}

extension Row {
    /// This row with what it must keep of the stored one (REC-9).
    func merged(over old: Row, _ collection: CollectionSchema) throws -> Row {
        var row = self
        for (position, field) in collection.fields.enumerated() where field.type == .json {
            guard let keep = field.keepingUnknown, case .json(let new) = values[position],
                case .json(let old) = old.values[position]
            else { continue }
            row.values[position] = .json(try keep(old, new))
        }
        row.unknown = try UnknownMembers.laying(unknown, over: old.unknown)
        return row
    }
}

extension PostgresTable {
    /// Sets all fields of a stored record, and its unknown members; foreign columns are not touched.
    func replacement(_ row: Row) throws -> PostgresStatement {
        let key = schema.key(of: row.values)
        // A table of nothing but keys: there is nothing to set.
        if dataFields.isEmpty, !table.keepsUnknown {
            return PostgresStatement(exists, PostgresParameters(key, of: schema))
        }
        var parameters = PostgresParameters()
        for position in dataFields { parameters.append(row.values[position], as: schema.fields[position].type) }
        if table.keepsUnknown { parameters.append(unknown: row.unknown) }
        parameters.append(key, of: schema)
        return PostgresStatement(try writes.update(dataFields, alsoUnknown: table.keepsUnknown), parameters)
    }
}
#endif
