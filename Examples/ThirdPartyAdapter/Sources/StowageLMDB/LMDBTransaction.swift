internal import CLMDB
internal import Stowage

/// A transaction of LMDB: rows as JSON under their collection and key, and under each unique value the row's key.
///
/// Unchecked: its calls come one at a time, those of a writer on the writer's thread.
final class LMDBTransaction: KeyValueTransaction, @unchecked Sendable {
    let undo = UndoJournal()
    let thread: WorkerThread?
    private let environment: LMDBEnvironment
    private let deadline: Deadline
    private var place: Place?
    private var handle: OpaquePointer?

    init(_ environment: LMDBEnvironment, _ place: Place, _ context: OperationContext, _ flags: CInt) throws {
        thread = flags == MDB_RDONLY ? nil : environment.writer
        self.environment = environment
        self.place = place
        deadline = context.deadline
        try environment.check(mdb_txn_begin(environment.handle, nil, UInt32(flags), &handle))
    }

    // One that was begun after its caller had given up is dropped, on the writer's thread.
    deinit { mdb_txn_abort(handle) }

    func row(_ key: Key, in collection: CollectionSchema) async throws -> Row? {
        try row(collection.bytes(key), collection)
    }

    func put(_ row: Row, in collection: CollectionSchema) async throws {
        let key = collection.bytes(collection.key(of: row.values))
        try removeUniqueValues(key, collection)
        for value in collection.uniqueValues(of: row) { try set(value, key) }
        try set(key, row.bytes(of: collection))
    }

    func remove(_ key: Key, in collection: CollectionSchema) async throws {
        let key = collection.bytes(key)
        try removeUniqueValues(key, collection)
        try set(key, nil)
    }

    func scan(_ collection: CollectionSchema, rows: RowHandler) async throws {
        var (cursor, key, value): (OpaquePointer?, MDB_val, MDB_val) = (nil, MDB_val(), MDB_val())
        try check(mdb_cursor_open(handle, environment.database, &cursor))
        defer { mdb_cursor_close(cursor) }
        let prefix = collection.bytes(Key([]))
        var code = prefix.withValue { start in
            key = start.pointee
            return mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE)
        }
        var count = 0
        while code == 0, key.bytes.starts(with: prefix) {
            count += 1
            if count % 1024 == 0 { try deadline.check(waitingFor: "the end of a scan") }
            try rows(try row(of: value.bytes, collection))
            code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)
        }
        if code != MDB_NOTFOUND { try check(code) }
    }

    func holder(of values: [Value], in index: IndexSchema, of collection: CollectionSchema) async throws -> Key? {
        try get(index.bytes(values)).flatMap { try row(Array($0), collection) }.map { collection.key(of: $0.values) }
    }

    func commit() async throws {
        try await onThread {
            defer { end() }
            let code = mdb_txn_commit(handle)
            handle = nil
            do {
                try check(code)
            } catch let error as StorageError {
                if error.code == .storageFull { environment.failure = error }
                throw error
            }
        }
    }

    func rollBack() async { try? await onThread { end() } }

    private func end() {
        mdb_txn_abort(handle)
        handle = nil
        place = nil
    }

    // MARK: Collections

    /// Those that the store does not have yet; one that it has with other fields is a `schemaMismatch` (SCH-3).
    func collections(absentAmong collections: [CollectionSchema]) throws -> [CollectionSchema] {
        try collections.filter { collection in
            guard try get(collection.description[0].key) != nil else { return true }
            for (key, text, field) in collection.description where try get(key)?.elementsEqual(text.utf8) != true {
                throw StorageError(.schemaMismatch, "the store does not have this field, or has it otherwise")
                    .inCollection(collection.name).inField(field).at(.init(path: environment.path))
            }
            return false
        }
    }

    func add(_ collections: [CollectionSchema]) async throws {
        try await onThread {
            for collection in try self.collections(absentAmong: collections) {
                for (key, text, _) in collection.description { try set(key, Array(text.utf8)) }
            }
        }
    }

    // MARK: Bytes

    private func row(_ key: [UInt8], _ collection: CollectionSchema) throws -> Row? {
        try get(key).map { try row(of: $0, collection) }
    }

    private func row(of bytes: UnsafeRawBufferPointer, _ collection: CollectionSchema) throws -> Row {
        do {
            return try Row(bytes: bytes, of: collection)
        } catch let error as StorageError {
            throw error.at(.init(path: environment.path))
        }
    }

    private func removeUniqueValues(_ key: [UInt8], _ collection: CollectionSchema) throws {
        if collection.uniqueIndexes.isEmpty { return }
        guard let old = try row(key, collection) else { return }
        for value in collection.uniqueValues(of: old) { try set(value, nil) }
    }

    private func get(_ key: [UInt8]) throws -> UnsafeRawBufferPointer? {
        var value = MDB_val()
        let code = key.withValue { mdb_get(handle, environment.database, $0, &value) }
        if code == MDB_NOTFOUND { return nil }
        try check(code)
        return value.bytes
    }

    private func set(_ key: [UInt8], _ value: [UInt8]?) throws {
        let code = key.withValue { key in
            guard let value else { return mdb_del(handle, environment.database, key, nil) }
            return value.withValue { mdb_put(handle, environment.database, key, $0, 0) }
        }
        if value != nil || code != MDB_NOTFOUND { try check(code) }
    }

    private func check(_ code: CInt) throws {
        if code == MDB_MAP_FULL { environment.isFull = true }
        try environment.check(code)
    }
}

extension CollectionSchema {
    /// The bytes of a row's key; of an empty one, what all of the collection's keys begin with.
    fileprivate func bytes(_ key: Key) -> [UInt8] { Key([.text("row"), .text(name)] + key.values).bytes(atMost: 511) }

    fileprivate func uniqueValues(of row: Row) -> [[UInt8]] {
        uniqueIndexes.map { index in (index, index.fields.map { row.values[$0] }) }
            .filter { !$1.contains(where: \.isNull) }.map { $0.bytes($1) }
    }

    /// What the store keeps of the schema: the identifier, each field, each unique index.
    fileprivate var description: [(key: [UInt8], text: String, field: String)] {
        let identifier = key.map { fields[$0].name }.joined(separator: "\0")
        let parts =
            [("key", identifier, identifier)]
            + fields.map { ("field " + $0.name, "\($0.type) \($0.isOptional)", $0.name) }
            + uniqueIndexes.map { ("unique " + $0.name, "\($0.fields)", fields[$0.fields[0]].name) }
        return parts.map { (Key([.text("schema"), .text(name), .text($0)]).bytes(atMost: 511), $1, $2) }
    }
}

extension IndexSchema {
    fileprivate func bytes(_ values: [Value]) -> [UInt8] {
        Key([.text("unique"), .text(name)] + values).bytes(atMost: 511)
    }
}

extension [UInt8] {
    fileprivate func withValue<R>(_ body: (UnsafeMutablePointer<MDB_val>) -> R) -> R {
        withUnsafeBytes { bytes in
            var value = MDB_val(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            return body(&value)
        }
    }
}

extension MDB_val {
    fileprivate var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: mv_data, count: mv_size) }
}
