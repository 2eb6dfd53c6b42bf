internal import Synchronization

// What the core derives for a driver that only puts, gets, deletes and scans: writing.
extension KeyValueTransaction {
    /// Applies the mutations one by one, undoing them all when one fails (REC-6).
    public func write(_ batch: WriteBatch) async throws -> [MutationOutcome] {
        try await onThread {
            var outcomes: [MutationOutcome] = []
            outcomes.reserveCapacity(batch.mutations.count)
            try await savepoint()
            do {
                for (index, mutation) in batch.mutations.enumerated() {
                    do {
                        outcomes.append(try await apply(mutation, batch.collection, returning: batch.returnsRows))
                    } catch let error as StorageError {
                        throw error.atIndex(error.batchIndex ?? index).inCollection(batch.collection.name)
                    }
                }
            } catch {
                do {
                    try await rollBackToSavepoint()
                } catch let second {
                    // An engine that has failed cannot put back either: the first error says why. After an error that
                    // lets the caller go on, the second one stops it.
                    throw (error as? StorageError)?.leavesTransactionUsable == false ? error : second
                }
                throw error
            }
            try await releaseSavepoint()
            return outcomes
        }
    }

    /// Marks the journal.
    public func savepoint() async throws { undo.mark() }
    /// Forgets the mark.
    public func releaseSavepoint() async throws { undo.release() }
    /// Puts back what the journal holds since the mark.
    public func rollBackToSavepoint() async throws {
        try await onThread {
            for case .before(let collection, let key, let row) in undo.unwind() {
                if let row { try await put(row, in: collection) } else { try await remove(key, in: collection) }
            }
        }
    }

    private func apply(
        _ mutation: Mutation,
        _ collection: CollectionSchema,
        returning: Bool
    ) async throws -> MutationOutcome {
        switch mutation {
        case .insert(let row), .insertIfAbsent(let row):
            let key = collection.key(of: row.values)
            if try await self.row(key, in: collection) != nil {
                if case .insertIfAbsent = mutation { return MutationOutcome(affected: 0) }
                throw StorageError.recordExists(key)
            }
            try await store(row, key, over: nil, collection)
            return MutationOutcome(affected: 1, inserted: true)
        case .upsert(let row):
            return MutationOutcome(affected: 1, inserted: try await upsert(row, collection))
        case .update(let key, let assignments):
            guard let old = try await row(key, in: collection) else { return MutationOutcome(affected: 0) }
            let new = old.applying(assignments)
            if !assignments.isEmpty { try await store(new, key, over: old, collection) }
            return MutationOutcome(affected: 1, row: returning ? new : nil)
        case .delete(let key):
            guard let old = try await row(key, in: collection) else { return MutationOutcome(affected: 0) }
            try await drop(key, old, collection)
            return MutationOutcome(affected: 1)
        case .updateAll(let predicate, let assignments):
            let matching = try await keys(matching: predicate, collection)
            for key in matching {
                guard let old = try await row(key, in: collection) else { continue }
                if !assignments.isEmpty { try await store(old.applying(assignments), key, over: old, collection) }
            }
            return MutationOutcome(affected: matching.count)
        case .deleteAll(let predicate):
            let matching = try await keys(matching: predicate, collection)
            for key in matching {
                if let old = try await row(key, in: collection) { try await drop(key, old, collection) }
            }
            return MutationOutcome(affected: matching.count)
        case .replaceAll(let rows):
            try await replaceAll(rows, collection)
            return MutationOutcome(affected: rows.count)
        }
    }

    private func upsert(_ row: Row, _ collection: CollectionSchema) async throws -> Bool {
        let key = collection.key(of: row.values)
        let old = try await self.row(key, in: collection)
        try await store(try row.over(old, collection), key, over: old, collection)
        return old == nil
    }

    /// Puts a row after the check that no other record holds its unique values.
    private func store(_ row: Row, _ key: Key, over old: Row?, _ collection: CollectionSchema) async throws {
        for index in collection.uniqueIndexes {
            let values = index.fields.map { row.values[$0] }
            // Nil is not equal to nil (REC-8), and a record never stands in its own way.
            if values.contains(where: \.isNull) { continue }
            if let old, index.fields.map({ old.values[$0] }) == values { continue }
            if let holder = try await holder(of: values, in: index, of: collection), holder != key {
                throw StorageError.notUnique(key, index, collection)
            }
        }
        undo.note(collection, key, old)
        try await put(row, in: collection)
    }

    private func drop(_ key: Key, _ old: Row, _ collection: CollectionSchema) async throws {
        undo.note(collection, key, old)
        try await remove(key, in: collection)
    }

    private func keys(matching predicate: QueryPredicate, _ collection: CollectionSchema) async throws -> [Key] {
        let evaluator = try Evaluator(predicate, for: collection)
        let found = Mutex<[Key]>([])
        try await scan(collection) { row in
            guard try evaluator.matches(row) else { return }
            let key = Key(try collection.key.map { try row.value($0, as: collection.fields[$0].type) })
            found.withLock { $0.append(key) }
        }
        return found.withLock { $0 }.sorted { $0.compare($1) == .ascending }
    }

    /// Removes what is not among the new rows and puts the others, each carrying on what was unknown of the record of its
    /// key. Rows whose unique values change go first, so that these may change places.
    private func replaceAll(_ rows: [Row], _ collection: CollectionSchema) async throws {
        var new: [(key: Key, row: Row, old: Row?)] = []
        new.reserveCapacity(rows.count)
        let seen = try Self.checkedKeys(of: rows, collection)
        for row in rows {
            let key = collection.key(of: row.values)
            let old = try await self.row(key, in: collection)
            new.append((key, try row.over(old, collection), old))
        }
        for key in try await keys(matching: .all, collection) where !seen.contains(key) {
            if let old = try await row(key, in: collection) { try await drop(key, old, collection) }
        }
        for (index, entry) in new.enumerated() {
            guard let old = entry.old, collection.movesUniqueValues(from: old, to: entry.row) else { continue }
            try await drop(entry.key, old, collection)
            new[index].old = nil
        }
        for entry in new {
            if let old = entry.old, old.isIdentical(to: entry.row) { continue }
            try await store(entry.row, entry.key, over: entry.old, collection)
        }
    }

    /// The keys of rows that are to be all there is: the first row that clashes with one before it is named, whatever
    /// the store holds now (REC-6, REC-8).
    private static func checkedKeys(of rows: [Row], _ collection: CollectionSchema) throws -> Set<Key> {
        var seen: Set<Key> = []
        var held = [Set<[Value]>](repeating: [], count: collection.uniqueIndexes.count)
        for (position, row) in rows.enumerated() {
            let key = collection.key(of: row.values)
            guard seen.insert(key).inserted else { throw StorageError.recordExists(key).atIndex(position) }
            for (number, index) in collection.uniqueIndexes.enumerated() {
                let values = index.fields.map { row.values[$0] }
                if values.contains(where: \.isNull) { continue }
                guard held[number].insert(values).inserted else {
                    throw StorageError.notUnique(key, index, collection).atIndex(position)
                }
            }
        }
        return seen
    }
}

extension CollectionSchema {
    fileprivate func movesUniqueValues(from old: Row, to new: Row) -> Bool {
        uniqueIndexes.contains { index in index.fields.contains { old.values[$0] != new.values[$0] } }
    }
}

extension Row {
    /// Whether the rows are the same to the bit, unknown members included.
    package func isIdentical(to other: Row) -> Bool {
        zip(values, other.values).allSatisfy { $0.isIdentical(to: $1) }
            && TextOrder.equal(unknown ?? "", other.unknown ?? "")
    }

    /// The row with some fields set.
    package func applying(_ assignments: [Assignment]) -> Row {
        var copy = self
        for assignment in assignments { copy.values[assignment.field] = assignment.value }
        return copy
    }

    /// The row as it is stored over an older one: what the schema does not know of the old one stays (REC-9).
    package func over(_ old: Row?, _ collection: CollectionSchema) throws -> Row {
        guard let old else { return self }
        var copy = self
        copy.unknown = try UnknownMembers.laying(unknown, over: old.unknown)
        for (position, field) in collection.fields.enumerated() {
            guard let keeping = field.keepingUnknown, case .json(let new) = values[position],
                case .json(let text) = old.values[position], !TextOrder.equal(new, text)
            else { continue }
            copy.values[position] = .json(try keeping(text, new))
        }
        return copy
    }
}

extension StorageError {
    /// The refusal of a second record with one id (REC-1).
    package static func recordExists(_ key: Key) -> StorageError {
        StorageError(.alreadyExists, "a record with this id exists").forRecord(key.description)
    }

    /// The refusal of a second record with one unique value (REC-8).
    package static func notUnique(_ key: Key, _ index: IndexSchema, _ collection: CollectionSchema) -> StorageError {
        StorageError(.constraint, "another record holds this value of a unique field")
            .forRecord(key.description)
            .inField(index.fields.map { collection.fields[$0].name }.joined(separator: ", "))
            .from(BackendCode("unique", constraint: index.name))
    }
}
