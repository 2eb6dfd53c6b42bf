internal import Synchronization

// One record at a time, by id.
extension DatabaseStorage {
    /// The record with this id; nil when there is none (REC-2).
    ///
    /// - Throws: `corrupt` when the stored record cannot be read, naming it and the field.
    public func get(_ id: Record.ID) async throws -> Record? {
        let handle = handle
        let keys = [try handle.schema.key(id)]
        return try await handle.schema.find { try await handle.route.get(keys, rows: $0) }
    }

    /// The records with these ids, in the order asked for; absent ones are left out, and each comes once.
    public func get(_ ids: some Sequence<Record.ID>) async throws -> [Record] {
        let schema = handle.schema
        var keys: [Key] = []
        var seen: Set<Key> = []
        for id in ids {
            let key = try schema.key(id)
            if seen.insert(key).inserted { keys.append(key) }
        }
        guard !keys.isEmpty else {
            try handle.route.touch()
            return []
        }
        let found = Mutex<[Key: Record]>([:])
        try await handle.route.get(keys) { row in
            let key = try schema.key(of: row)
            let record = try schema.record(of: row)
            found.withLock { $0[key] = record }
        }
        return found.withLock { found in keys.compactMap { found[$0] } }
    }

    /// The record with this id and its revision; nil when there is none (REC-7).
    public func getVersioned(_ id: Record.ID) async throws -> Versioned<Record>? {
        guard let row = try await handle.row(handle.schema.key(id)) else { return nil }
        return Versioned(
            record: try handle.schema.record(of: row),
            revision: try Revision(of: row, in: handle.collection)
        )
    }

    /// Whether a record with this id exists.
    public func exists(_ id: Record.ID) async throws -> Bool {
        let found = Counter()
        try await handle.route.get([handle.schema.key(id)]) { _ in found.add() }
        return found.value > 0
    }

    /// Stores a new record.
    ///
    /// - Returns: The record as it is stored, which is what a later ``get(_:)`` returns (REC-4): a `Date` is rounded to
    ///   the microsecond.
    /// - Throws: `alreadyExists` when the id is taken (REC-1), `constraint` for a unique value that is taken (REC-8),
    ///   `invalidValue` for a value that no backend keeps.
    @discardableResult
    public func create(_ record: Record) async throws -> Record {
        let row = try handle.schema.checkedRow(of: record)
        try await handle.writeOne(.insert(row))
        return try handle.schema.record(of: row)
    }

    /// Stores new records, all or none (REC-6). An empty batch succeeds and touches nothing.
    ///
    /// - Throws: as ``create(_:)``; the error names the index and the id of the first record that failed.
    public func createMany(_ records: some Sequence<Record>) async throws {
        try await handle.writeEach(records) { .insert($0) }
    }

    /// Inserts or replaces records as ``upsert(_:ifRevision:)`` does, all or none (REC-5, REC-6).
    ///
    /// - Throws: as ``createMany(_:)``, except `alreadyExists`.
    public func upsertMany(_ records: some Sequence<Record>) async throws {
        try await handle.writeEach(records) { .upsert($0) }
    }

    /// Stores a record unless its id is taken, in one atomic operation (REC-5).
    ///
    /// - Returns: Whether the record was stored; if not, the stored one is unchanged.
    /// - Throws: as ``create(_:)``, except `alreadyExists`.
    @discardableResult
    public func createIfAbsent(_ record: Record) async throws -> Bool {
        let row = try handle.schema.checkedRow(of: record)
        return try await handle.writeOne(.insertIfAbsent(row))?.inserted ?? false
    }

    /// Inserts a record or replaces the one that has its id, in one atomic operation (REC-5). What the schema does not
    /// know of a replaced record stays (REC-9).
    ///
    /// - Parameters:
    ///   - record: The record.
    ///   - revision: When given, the stored record must still have it (REC-7).
    /// - Returns: The record as it is stored (REC-4).
    /// - Throws: `conflict` when the revision differs or the record is gone; else as ``create(_:)``, except
    ///   `alreadyExists`.
    @discardableResult
    public func upsert(_ record: Record, ifRevision revision: Revision? = nil) async throws -> Record {
        let row = try handle.schema.checkedRow(of: record)
        try await handle.guarded(by: revision, handle.collection.key(of: row.values)) {
            try await $0.writeOne(.upsert(row))
        }
        return try handle.schema.record(of: row)
    }

    /// Sets the named fields of one record and no others, in one statement (REC-3).
    ///
    /// - Parameters:
    ///   - id: The record.
    ///   - revision: When given, the stored record must still have it (REC-7).
    ///   - changes: The new values, recorded: `{ $0.branch = "main"; $0.taskId = nil }`.
    /// - Returns: The record afterwards; nil when there is none, and nothing is created (REC-2).
    /// - Throws: `invalidArgument` for the id (REC-3), `constraint` and `invalidValue` as ``create(_:)``, `conflict`
    ///   when the revision differs or the record is gone.
    @discardableResult
    public func update(
        _ id: Record.ID,
        ifRevision revision: Revision? = nil,
        _ changes: (inout RecordChanges<Record>) -> Void
    ) async throws -> Record? {
        var recorded = RecordChanges<Record>()
        changes(&recorded)
        let key = try handle.schema.key(id)
        let mutation = Mutation.update(key, try recorded.checked(handle.schema))
        let outcome = try await handle.guarded(by: revision, key) { try await $0.writeOne(mutation, returnsRows: true) }
        return try outcome?.row.map { try handle.schema.record(of: $0) }
    }

    /// Removes one record, and all that was unknown of it.
    ///
    /// - Parameters:
    ///   - id: The record.
    ///   - revision: When given, the stored record must still have it (REC-7).
    /// - Returns: Whether there was one (REC-2).
    /// - Throws: `conflict` when the revision differs or the record is gone.
    @discardableResult
    public func delete(_ id: Record.ID, ifRevision revision: Revision? = nil) async throws -> Bool {
        let key = try handle.schema.key(id)
        let outcome = try await handle.guarded(by: revision, key) { try await $0.writeOne(.delete(key)) }
        return (outcome?.affected ?? 0) > 0
    }
}

extension StorageHandle {
    /// Writes one mutation a record; errors name the record's index, those of its values too.
    func writeEach(_ records: some Sequence<Record>, _ mutation: (Row) -> Mutation) async throws {
        var mutations: [Mutation] = []
        mutations.reserveCapacity(records.underestimatedCount)
        for record in records {
            do {
                mutations.append(mutation(try schema.checkedRow(of: record)))
            } catch let error as StorageError {
                throw error.atIndex(mutations.count)
            }
        }
        try await route.write(mutations)
    }

    /// Writes one mutation; there is no batch whose index an error could name.
    @discardableResult
    func writeOne(_ mutation: Mutation, returnsRows: Bool = false) async throws -> MutationOutcome? {
        do {
            return try await route.write([mutation], returnsRows: returnsRows).first
        } catch let error as StorageError {
            throw error.atIndex(nil)
        }
    }

    /// The stored row with this key, unknown members included.
    func row(_ key: Key) async throws -> Row? {
        let found = One<Row>()
        let collection = collection
        try await route.get([key], includingUnknown: true) { found.set(try $0.row(of: collection)) }
        return found.value
    }

    /// Runs a write, after the check that the stored record has a revision when one is given (REC-7).
    @discardableResult
    func guarded(
        by revision: Revision?,
        _ key: Key,
        _ write: (StorageHandle) async throws -> MutationOutcome?
    ) async throws -> MutationOutcome? {
        guard let revision else { return try await write(self) }
        return try await together(.readWrite) { handle in
            guard let row = try await handle.row(key) else {
                throw StorageError(.conflict, "the record is gone", isRetryable: false).forRecord(key.description)
                    .inCollection(collection.name)
            }
            guard try Revision(of: row, in: collection) == revision else {
                throw StorageError(
                    .conflict,
                    "the record has changed since it was read",
                    advice: "Read it again, and decide whether the change still applies",
                    isRetryable: false
                ).forRecord(key.description).inCollection(collection.name)
            }
            return try await write(handle)
        }
    }
}

extension RecordSchema {
    /// An id as drivers take it.
    func key(_ id: Record.ID) throws -> Key {
        do {
            return try id.storedKey()
        } catch let error as StorageError {
            throw error.inCollection(collection.name).inField(collection.fields[collection.key[0]].name)
        }
    }

    func key(of row: any RowReader) throws -> Key {
        Key(try collection.key.map { try row.value($0, as: collection.fields[$0].type) })
    }

    /// The row of a record; what cannot be stored names the record, when its id can be told.
    func checkedRow(of record: Record) throws -> Row {
        do {
            return try row(of: record)
        } catch let error as StorageError {
            let key = Key(collection.key.compactMap { try? fields[$0].read(record) })
            throw error.inCollection(collection.name).forRecord(key.values.isEmpty ? nil : key.description)
        }
    }
}

/// A place for the one value that a row handler finds.
final class One<Found: Sendable>: Sendable {
    private let place = Mutex<Found?>(nil)
    func set(_ value: Found) { place.withLock { $0 = value } }
    var value: Found? { place.withLock { $0 } }
}

/// A list that a row handler fills.
final class Gathered<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])
    func append(_ element: Element) { elements.withLock { $0.append(element) } }
    var all: [Element] { elements.withLock { $0 } }
}
