/// A transaction of an engine that keeps bytes under bytes, in the order of the keys' bytes: LMDB, RocksDB, LevelDB.
///
/// The author gets, sets and scans bytes. The core keeps the records in them as ``Row/bytes(of:)``, under every value of a
/// unique index the key of its record (REC-8), and beside them what each collection looked like, so that a store which
/// does not fit is refused (SCH-3; ``StorageDriver/openCollections(_:access:context:)``).
public protocol ByteStoreTransaction: KeyValueTransaction {
    /// The most bytes that a key has; more than 200.
    static var maximumKeyBytes: Int { get }

    /// What the transaction was begun with.
    var context: OperationContext { get }

    /// The store's file, for errors; nil when it has none.
    var path: String? { get }

    /// The bytes under a key; nil when there are none.
    func bytes(under key: [UInt8]) throws -> [UInt8]?

    /// Puts bytes under a key, over any that are there; nil removes them, if they are there.
    func set(_ bytes: [UInt8]?, under key: [UInt8]) throws

    /// Hands over what stands under the keys that begin with a prefix, in any order; stops with the error that the handler
    /// throws. The handler uses the bytes during the call only, and sets nothing.
    func scan(prefix: [UInt8], _ handler: (UnsafeRawBufferPointer) throws -> Void) throws
}

extension ByteStoreTransaction {
    /// Reads what stands under the key.
    public func row(_ key: Key, in collection: CollectionSchema) async throws -> Row? {
        try row(under: place(of: key, collection), collection)
    }

    /// Stores the row, and its key under each of its unique values in place of the old ones.
    public func put(_ row: Row, in collection: CollectionSchema) async throws {
        let place = place(of: collection.key(of: row.values), collection)
        try removeUniqueValues(place, collection)
        for value in uniqueValues(of: row, collection) { try set(place, under: value) }
        try set(row.bytes(of: collection), under: place)
    }

    /// Removes the record with its unique values.
    public func remove(_ key: Key, in collection: CollectionSchema) async throws {
        let place = place(of: key, collection)
        try removeUniqueValues(place, collection)
        try set(nil, under: place)
    }

    /// Scans the collection, by the deadline of the transaction.
    public func scan(_ collection: CollectionSchema, rows: RowHandler) async throws {
        var count = 0
        try scan(prefix: place(of: Key([]), collection)) { bytes in
            count += 1
            if count % 1024 == 0 { try context.deadline.check(waitingFor: "the end of a scan") }
            try rows(try row(of: bytes, collection))
        }
    }

    /// Reads the key that stands under the values.
    public func holder(of values: [Value], in index: IndexSchema, of collection: CollectionSchema) async throws -> Key?
    {
        guard let place = try bytes(under: storedKey("unique", index.name, values)) else { return nil }
        return try row(under: place, collection).map { collection.key(of: $0.values) }
    }

    // MARK: Records

    private func row(under place: [UInt8], _ collection: CollectionSchema) throws -> Row? {
        try bytes(under: place)?.withUnsafeBytes { try row(of: $0, collection) }
    }

    private func row(of bytes: UnsafeRawBufferPointer, _ collection: CollectionSchema) throws -> Row {
        do {
            return try Row(bytes: bytes, of: collection)
        } catch let error as StorageError {
            // An offset within a record says nothing about the file.
            throw error.at(path.map { StorageError.Place(path: $0) })
        }
    }

    private func removeUniqueValues(_ place: [UInt8], _ collection: CollectionSchema) throws {
        guard !collection.uniqueIndexes.isEmpty, let old = try row(under: place, collection) else { return }
        for value in uniqueValues(of: old, collection) { try set(nil, under: value) }
    }

    /// Where the row's unique values stand: nil is not equal to nil, so it stands nowhere.
    private func uniqueValues(of row: Row, _ collection: CollectionSchema) -> [[UInt8]] {
        collection.uniqueIndexes.compactMap { index in
            let values = index.fields.map { row.values[$0] }
            return values.contains(where: \.isNull) ? nil : storedKey("unique", index.name, values)
        }
    }

    private func place(of key: Key, _ collection: CollectionSchema) -> [UInt8] {
        storedKey("row", collection.name, key.values)
    }

    private func storedKey(_ kind: String, _ name: String, _ values: [Value]) -> [UInt8] {
        Key([.text(kind), .text(name)] + values).bytes(atMost: Self.maximumKeyBytes)
    }

    // MARK: Collections

    /// Those that the store does not have.
    ///
    /// - Throws: `schemaMismatch` for one that it has with another identifier, without a field, with a field of another
    ///   type, or without a unique index (SCH-3).
    func absent(among collections: [CollectionSchema]) throws -> [CollectionSchema] {
        try collections.filter { collection in
            let parts = description(of: collection)
            guard try bytes(under: parts[0].key) != nil else { return true }
            for part in parts where try bytes(under: part.key) != Array(part.text.utf8) {
                throw StorageError(
                    .schemaMismatch,
                    "the store does not have this field, or has it with another type or use",
                    advice: "Open it with the record type that made it, export it, and import it into a new store"
                ).inCollection(collection.name).inField(part.field).at(path.map { StorageError.Place(path: $0) })
            }
            return false
        }
    }

    func add(_ collections: [CollectionSchema]) async throws {
        try await onThread {
            for part in try absent(among: collections).flatMap(description) {
                try set(Array(part.text.utf8), under: part.key)
            }
        }
    }

    /// What the store keeps of a schema: the identifier, each field, each unique index.
    private func description(of collection: CollectionSchema) -> [(key: [UInt8], text: String, field: String)] {
        let identifier = collection.key.map { collection.fields[$0].name }
        var parts = [("key", identifier.joined(separator: "\0"), identifier[0])]
        for field in collection.fields {
            parts.append(
                ("field \(field.name)", "\(field.type) \(field.isOptional ? "optional" : "required")", field.name)
            )
        }
        for index in collection.uniqueIndexes {
            let names = index.fields.map { collection.fields[$0].name }
            parts.append(("unique \(index.name)", names.joined(separator: "\0"), names[0]))
        }
        return parts.map { (storedKey("schema", collection.name, [.text($0.0)]), $0.1, $0.2) }
    }
}

extension StorageDriver {
    /// What a driver's ``open(_:access:context:)`` ends with when its transactions are ``ByteStoreTransaction``s: checks
    /// that the store has the collections as they are described, and adds those that it does not have.
    ///
    /// - Throws: `schemaMismatch` for a collection that the store has otherwise (SCH-3), `notFound` for one that it does
    ///   not have when it is opened for reading alone; what the transactions throw.
    public func openCollections(
        _ collections: [CollectionSchema],
        access: StorageAccess,
        context: OperationContext
    ) async throws {
        let absent = try await ended(.readOnly, context) { try $0.absent(among: collections) }
        guard let first = absent.first else { return }
        if access == .readOnly {
            throw StorageError(.notFound, "the collection does not exist").inCollection(first.name)
        }
        var pause = Backoff()
        while true {
            do {
                return try await ended(.readWrite, context) { try await $0.add(absent) }
            } catch let error as StorageError where error.code == .conflict && error.isRetryable {
                try await pause.wait(until: context.deadline, after: error)
            }
        }
    }

    private func ended<T>(
        _ mode: TransactionMode,
        _ context: OperationContext,
        _ body: (any ByteStoreTransaction) async throws -> T
    ) async throws -> T {
        let transaction = try await begin(mode, context: context)
        do {
            guard let bytes = transaction as? any ByteStoreTransaction else {
                throw StorageError(.unsupported, "the transactions of this driver keep no bytes")
            }
            let result = try await body(bytes)
            if mode == .readWrite { try await transaction.commit() } else { await transaction.rollBack() }
            return result
        } catch {
            await transaction.rollBack()
            throw error
        }
    }
}
